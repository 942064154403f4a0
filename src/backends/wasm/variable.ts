import type { Lanes, LocalType } from "../../ir/loop.ts";
import type { Local } from "./encode/code.ts";
import type { ValueType } from "./encode/opcodes.ts";
import type { Linear, Source } from "./linear.ts";

/** A local, counter or scalar parameter of the loop level, and where it is kept. */
export interface Variable extends Source {
  readonly type: LocalType;
  readonly lanes: Lanes;
  /** Where its value is; null for a counter, and for what is kept as a form or as four copies only. */
  readonly local: Local | null;
  /** Four copies of a scalar. */
  readonly copies: Local | null;
  /** What an index is worth. */
  readonly form: Linear | null;
}

export const valueTypeOf = (type: LocalType, lanes: Lanes): ValueType => {
  if (lanes === 4) return "v128";
  return type === "f64" || type === "f32" ? type : "i32";
};
