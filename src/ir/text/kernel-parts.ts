import { indexText } from "../index.ts";
import type { KernelExpr } from "../kernel.ts";

/** A part of a formula; parts that read alike are one. */
interface Part {
  readonly head: string;
  readonly args: readonly Part[];
  /** Where it stands: in how many places of other parts. */
  uses: number;
  /** What it is called, once a line of its own has said what it is. */
  name?: string;
}

/** What stands twice is told once where it is longer than this. */
const short = 24;
/** A formula wider than this is told in pieces. */
const widest = 120;

/**
 * A formula with the lines that say, before it, what its shared and its longest parts are.
 * @param fresh the next name for a part
 */
export function formulaText(
  expr: KernelExpr,
  fresh: () => string,
): { readonly before: readonly string[]; readonly text: string } {
  const before: string[] = [];
  const named = (part: Part, text: string): string => {
    part.name = fresh();
    before.push(`${part.name} = ${text}`);
    return part.name;
  };
  const textOf = (part: Part): string => {
    if (part.name !== undefined || part.args.length === 0) return part.name ?? part.head;
    const texts = part.args.map(textOf);
    const whole = (): string => `${part.head}(${texts.join(", ")})`;
    while (whole().length > widest) {
      const lengths = texts.map((text, k) => (part.args[k].args.length > 0 ? text.length : 0));
      const longest = lengths.indexOf(Math.max(...lengths));
      if (lengths[longest] <= short) break;
      texts[longest] = named(part.args[longest], texts[longest]);
    }
    return part.uses > 1 && whole().length > short ? named(part, whole()) : whole();
  };
  return { before, text: textOf(partOf(expr, new Map())) };
}

function partOf(expr: KernelExpr, known: Map<string, { readonly part: Part; readonly id: number }>): Part {
  const intern = (one: KernelExpr): { readonly part: Part; readonly id: number } => {
    const args = argsOf(one).map(intern);
    const head = headOf(one);
    const key = `${head}(${args.map(({ id }) => id).join()})`;
    const found = known.get(key);
    if (found) return found;
    const made = { part: { head, args: args.map(({ part }) => part), uses: 0 }, id: known.size };
    for (const { part } of args) part.uses++;
    known.set(key, made);
    return made;
  };
  return intern(expr).part;
}

const argsOf = (expr: KernelExpr): readonly KernelExpr[] =>
  expr.kind === "op" ? expr.args : expr.kind === "guard" ? [expr.test, expr.yes, expr.no] : [];

function headOf(expr: KernelExpr): string {
  switch (expr.kind) {
    case "const":
      return Object.is(expr.value, -0) ? "-0" : String(expr.value);
    case "local":
      return expr.name;
    case "load":
      return `${expr.buffer.name}[${expr.at.map(indexText).join(", ")}]`;
    case "index":
      return `(${indexText(expr.index)})`;
    case "size":
      return expr.times === 1 ? "n" : `${expr.times}*n`;
    case "guard":
      return "guard";
    case "op":
      return expr.op === "cast" ? expr.dtype : expr.op;
  }
}
