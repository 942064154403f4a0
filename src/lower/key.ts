import type { LoopExpr } from "../ir/loop.ts";

/**
 * Numbers that two expressions share exactly when they compute the same value. `version` numbers the states of an
 * array or a local, so that a load before a store and one after it differ. Each part of an expression is looked at
 * once: what it is made of stands for itself by its number, however deep it is.
 */
export class Keys {
  private readonly numbers = new Map<string, number>();
  private known = new Map<LoopExpr, number>();
  private readonly version: (name: string) => number | "";

  constructor(version: (name: string) => number | "" = () => "") {
    this.version = version;
  }

  /** To be called after a version has changed; what is the same then still has its number. */
  changed(): void {
    this.known = new Map();
  }

  of(x: LoopExpr): number {
    const known = this.known.get(x);
    if (known !== undefined) return known;
    const text = this.text(x);
    const number = this.numbers.get(text) ?? this.numbers.size;
    this.numbers.set(text, number);
    this.known.set(x, number);
    return number;
  }

  private list(args: readonly LoopExpr[]): string {
    let text = "";
    for (let k = 0; k < args.length; k++) text += `${k > 0 ? "," : ""}${this.of(args[k])}`;
    return text;
  }

  private text(x: LoopExpr): string {
    switch (x.kind) {
      case "number":
        return `${Object.is(x.value, -0) ? "-0" : x.value}${x.type}${x.lanes}`;
      case "local":
        return `$${x.name}@${this.version(x.name)}`;
      case "load":
        return `${x.array}@${this.version(x.array)}[${this.of(x.index)}]${x.lanes}${x.part ? `/${x.part}` : ""}`;
      case "op":
      case "call":
        return `${x.kind === "op" ? x.op : `${x.name}()`}:${x.type}${x.lanes}(${this.list(x.args)})`;
      case "choose":
        return `?(${this.of(x.test)},${this.of(x.yes)},${this.of(x.no)})`;
    }
  }
}
