import type { LoopExpr } from "../ir/loop.ts";

/**
 * Text that two expressions share exactly when they compute the same value. `version` numbers the states of an
 * array or a local, so that a load before a store and one after it differ.
 */
export function exprKey(x: LoopExpr, version: (name: string) => number | "" = () => ""): string {
  switch (x.kind) {
    case "number":
      return `${Object.is(x.value, -0) ? "-0" : x.value}${x.type}${x.lanes}`;
    case "local":
      return `$${x.name}@${version(x.name)}`;
    case "load":
      return `${x.array}@${version(x.array)}[${exprKey(x.index, version)}]${x.lanes}`;
    case "op":
    case "call":
      return `${x.kind === "op" ? x.op : `${x.name}()`}:${x.type}${x.lanes}(${x.args.map((arg) => exprKey(arg, version)).join(",")})`;
    case "choose":
      return `?(${exprKey(x.test, version)},${exprKey(x.yes, version)},${exprKey(x.no, version)})`;
  }
}
