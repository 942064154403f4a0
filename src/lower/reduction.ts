import { l, type Lanes, type LocalType, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { someExpr } from "../ir/loop-walk.ts";

export type ReductionOp = "add" | "mul" | "maximum" | "minimum";

/** A statement that joins one more term to what a local has gathered: `sum = sum + term`. */
export interface Reduction {
  readonly op: ReductionOp;
  readonly type: LocalType;
  readonly term: LoopExpr;
}

const ops: ReadonlySet<string> = new Set<ReductionOp>(["add", "mul", "maximum", "minimum"]);

/** What a statement reduces into the local that it sets; undefined where it does anything else. */
export function reductionOf(stmt: LoopStmt & { readonly kind: "set" }): Reduction | undefined {
  const { name, value } = stmt;
  if (value.kind !== "op" || !ops.has(value.op)) return undefined;
  const [acc, term] = value.args;
  if (acc.kind !== "local" || acc.name !== name || reads(term, name)) return undefined;
  return { op: value.op as ReductionOp, type: value.type, term };
}

/** What a reduction starts from: it changes no term, but that 0 + x is 0 where x is −0. */
export function identityOf(op: ReductionOp, type: LocalType, lanes: Lanes = 1): LoopExpr {
  const low = type === "i32" ? -2147483648 : type === "u32" ? 0 : -Infinity;
  const high = type === "i32" ? 2147483647 : type === "u32" ? 4294967295 : Infinity;
  return l.number({ add: 0, mul: 1, maximum: low, minimum: high }[op], type, lanes);
}

/** Whether joining a term to this leaves the term as it is, to the bit. */
export const isNeutral = (op: string, x: LoopExpr): boolean =>
  x.kind === "number" &&
  (op === "mul" || op === "maximum" || op === "minimum") &&
  (x.type === "f64" || x.type === "f32" || x.type === "i32") &&
  Object.is((identityOf(op, x.type) as typeof x).value, x.value);

/** Whether an expression reads a local. */
export const reads = (x: LoopExpr, name: string): boolean =>
  someExpr(x, (inner) => inner.kind === "local" && inner.name === name);
