import {
  cast,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
  where,
} from "../../ops/compare.ts";
import { full } from "../../ops/broadcast.ts";
import { div } from "../../ops/elementwise.ts";
import type { Value } from "../../ir/graph.ts";
import type { DType } from "../../ir/type.ts";
import { rule, type Rule, type RuleOptions } from "../rule.ts";
import { inputOf, like } from "../values.ts";

const bools: RuleOptions = { class: "exact", types: ["bool[]", "bool[]"] };
const choice: RuleOptions = { class: "exact", types: ["bool[]", "f32[]", "f32[]", "f32[]"], anyDtype: true };

/** A constant condition of x's shape. */
const truth = (x: Value, value: number): Value => full(value, { dtype: "bool", shape: x.type.shape });

/** Element types whose every value the other type holds. */
const holds: Readonly<Record<DType, readonly DType[]>> = {
  bool: ["bool", "i32", "u32", "f32", "f64"],
  i32: ["i32", "f64"],
  u32: ["u32", "f64"],
  f32: ["f32", "f64"],
  f64: ["f64"],
};

/** Conditions, choices and conversions. Not here, because of NaN: ¬(a < b) = b ≤ a, and x = x is true. */
export const logic: readonly Rule[] = [
  rule("¬¬x = x", (x) => logicalNot(logicalNot(x)), (x) => x, bools),
  rule("x ∧ x = x", (x) => logicalAnd(x, x), (x) => x, bools),
  rule("x ∨ x = x", (x) => logicalOr(x, x), (x) => x, bools),
  rule("x ∧ true = x", (x) => logicalAnd(x, like(x, 1)), (x) => x, bools),
  rule("x ∧ false = false", (x) => logicalAnd(x, like(x, 0)), (x) => like(x, 0), bools),
  rule("x ∨ false = x", (x) => logicalOr(x, like(x, 0)), (x) => x, bools),
  rule("x ∨ true = true", (x) => logicalOr(x, like(x, 1)), (x) => like(x, 1), bools),
  rule("¬(x = y) is x ≠ y", (x, y) => logicalNot(equal(x, y)), (x, y) => notEqual(x, y), { class: "exact", anyDtype: true }),
  rule("¬(x ≠ y) is x = y", (x, y) => logicalNot(notEqual(x, y)), (x, y) => equal(x, y), { class: "exact", anyDtype: true }),
  rule("x > y is y < x", (x, y) => greater(x, y), (x, y) => less(y, x), { class: "exact", anyDtype: true }),
  rule("x ≥ y is y ≤ x", (x, y) => greaterEqual(x, y), (x, y) => lessEqual(y, x), { class: "exact", anyDtype: true }),

  rule("where(c, x, x) = x", (c, x) => where(c, x, x), (_, x) => x, choice),
  rule("where(¬c, x, y) = where(c, y, x)", (c, x, y) => where(logicalNot(c), x, y), (c, x, y) => where(c, y, x), choice),
  rule("where(true, x, y) = x", (x, y) => where(truth(x, 1), x, y), (x) => x, { ...choice, types: ["f32[]", "f32[]"] }),
  rule("where(false, x, y) = y", (x, y) => where(truth(x, 0), x, y), (_, y) => y, { ...choice, types: ["f32[]", "f32[]"] }),
  rule("where(c, where(c, x, y), z) = where(c, x, z)", (c, x, y, z) => where(c, where(c, x, y), z), (c, x, _, z) => where(c, x, z), choice),
  rule("where(c, x, where(c, y, z)) = where(c, x, z)", (c, x, y, z) => where(c, x, where(c, y, z)), (c, x, _, z) => where(c, x, z), choice),
  // Gradients are made by now, so nothing needs a divisor for the branch that is not taken any more.
  rule("where(c, x, y / where(c, u, z)) = where(c, x, y / z)", (c, x, y, u, z) => where(c, x, div(y, where(c, u, z))), (c, x, y, _, z) => where(c, x, div(y, z)), { ...choice, types: ["bool[]", "f32[]", "f32[]", "f32[]", "f32[]"], anyDtype: false }),
  rule("where(c, 1, 0) = cast c", (c) => where(c, like(cast(c, { dtype: "f32" }), 1), like(cast(c, { dtype: "f32" }), 0)), (c, y) => cast(c, { dtype: y.type.dtype }), choice),

  rule("cast x to its own type = x", (x) => cast(x, { dtype: x.type.dtype }), (x, y) => (x.type.dtype === y.type.dtype ? x : null), { class: "exact", anyAttrs: true, anyDtype: true }),
  rule("cast(cast x) = cast x", (x) => cast(cast(x, { dtype: "f32" }), { dtype: "i32" }), (x, y) => (holds[x.type.dtype].includes(inputOf(y).type.dtype) ? cast(x, { dtype: y.type.dtype }) : null), { class: "exact", types: ["bool[]"], anyAttrs: true, anyDtype: true }),
  rule("cast(b) ≠ 0 is b", (b) => notEqual(cast(b, { dtype: "f32" }), like(cast(b, { dtype: "f32" }), 0)), (b) => (b.type.dtype === "bool" ? b : null), { class: "exact", types: ["bool[]"], anyAttrs: true }),
]; // prettier-ignore
