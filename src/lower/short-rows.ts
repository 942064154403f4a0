import { exactText } from "../base/exact.ts";
import { indexAdd, indexConstant, rangeOf, type Axis, type Index } from "../ir/index.ts";
import { l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { mapBlocks } from "../ir/loop-walk.ts";
import { indexExpr } from "./values.ts";

const vector = 4;

/**
 * The loop over a row that counts up to `upTo`, as two: one that computes and one that stores zeros. In lanes the first
 * ends with a whole vector, and what fills none at the end of the row is computed as ever.
 */
export function shortLoops(
  { name, extent }: Axis,
  upTo: Index,
  lanes: readonly string[],
  body: readonly LoopStmt[],
  zeros: readonly LoopStmt[],
): LoopStmt[] {
  const size = extent as number;
  const step = lanes.includes(name) ? vector : 1;
  const whole = size - (size % step);
  const beyond = indexAdd(upTo, indexConstant(step));
  const [, most] = rangeOf(beyond);
  const last = indexExpr(beyond);
  const rounded = step === 1 ? last : l.op("sub", [last, l.op("rem", [last, l.number(step)])]);
  const end = most - (most % step) > whole ? l.op("minimum", [rounded, l.number(whole)]) : rounded;
  return [
    l.for(name, l.number(0), end, 1, body),
    ...(zeros.length > 0 ? [l.for(name, end, l.number(whole), 1, zeros)] : []),
    ...(whole < size ? [l.for(name, l.number(whole), l.number(size), 1, body)] : []),
  ];
}

/** Whether an index is surely a number of whole vectors. */
export function isWhole(x: LoopExpr): boolean {
  if (x.kind === "number") return x.value % vector === 0;
  if (x.kind !== "op") return false;
  const [a, b] = x.args;
  if (x.op === "mul") return isWhole(b);
  if (x.op === "minimum") return isWhole(a) && isWhole(b);
  if (x.op !== "sub" || b.kind !== "op" || b.op !== "rem") return false;
  return isWhole(b.args[1]) && exactText(a) === exactText(b.args[0]);
}

/** Computes once where loops of a block end, and says why they do. */
export function nameEnds(
  body: readonly LoopStmt[],
  fresh: (hint: string) => string,
  why: string,
): LoopStmt[] {
  const names = new Map<string, LoopExpr>();
  return body.flatMap((stmt) => {
    const own = mapBlocks(stmt, (block) => nameEnds(block, fresh, why));
    if (own.kind !== "for") return [own];
    const named: LoopStmt[] = [];
    const nameOf = (x: LoopExpr): LoopExpr => {
      if (x.kind !== "op" || (x.op !== "minimum" && x.op !== "sub")) return x;
      const key = exactText(x);
      const known = names.get(key);
      if (known) return known;
      const name = fresh("end");
      names.set(key, l.local(name));
      named.push({ kind: "note", text: why }, l.const(name, x));
      return l.local(name);
    };
    const [from, to] = [nameOf(own.from), nameOf(own.to)];
    return [...named, { ...own, from, to }];
  });
}
