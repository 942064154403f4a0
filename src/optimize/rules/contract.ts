import type { Value } from "../../ir/graph.ts";
import { sizeOf } from "../../ir/type.ts";
import { broadcastTo, spread } from "../../ops/broadcast.ts";
import { matmul } from "../../ops/contract.ts";
import { mul } from "../../ops/elementwise.ts";
import { transpose } from "../../ops/movement.ts";
import { rule, type Rule, type RuleOptions } from "../rule.ts";
import { inputOf, permutationOf } from "../values.ts";

const plain = { transposeA: false, transposeB: false };
const flagsOf = ({ node }: Value): { transposeA: boolean; transposeB: boolean } => ({
  transposeA: node.attrs["transposeA"] === true,
  transposeB: node.attrs["transposeB"] === true,
});

/** True where a transpose swaps the last two axes and nothing else. */
const isSwap = (transposed: Value): boolean => {
  const permutation = permutationOf(transposed);
  const last = permutation.length - 1;
  return permutation.every((from, k) => from === (k < last - 1 ? k : 2 * last - 1 - k));
};

const smaller = (a: Value, b: Value): boolean => sizeOf(a.type.shape) < sizeOf(b.type.shape);
const swap = { permutation: [1, 0] };
const options = (types: readonly string[], kind: RuleOptions["class"]): RuleOptions => ({
  class: kind,
  types,
  anyAttrs: true,
  domain: [-9, 9],
});

/** Matrix products: transposes become flags, scalars move to the smaller side. */
export const contract: readonly Rule[] = [
  rule(
    "xᵀ@y by a flag",
    (x, y) => matmul(transpose(x, swap), y, plain),
    (x, y, z) => (isSwap(inputOf(z)) ? matmul(x, y, { ...flagsOf(z), transposeA: !flagsOf(z).transposeA }) : null),
    options(["f32[4,3]", "f32[4,2]"], "exact"),
  ),
  rule(
    "x@yᵀ by a flag",
    (x, y) => matmul(x, transpose(y, swap), plain),
    (x, y, z) => (isSwap(inputOf(z, 1)) ? matmul(x, y, { ...flagsOf(z), transposeB: !flagsOf(z).transposeB }) : null),
    options(["f32[3,4]", "f32[2,4]"], "exact"),
  ),
  rule(
    "(x@y)ᵀ = yᵀ@xᵀ",
    (x, y) => transpose(matmul(x, y, plain), swap),
    (x, y, z) => {
      const { transposeA, transposeB } = flagsOf(inputOf(z));
      return isSwap(z) ? matmul(y, x, { transposeA: !transposeB, transposeB: !transposeA }) : null;
    },
    { ...options(["f32[3,4]", "f32[4,2]"], "exact"), single: true },
  ),
  rule(
    "(x·s)@y = (x@y)·s",
    (x, s, y) => matmul(mul(x, broadcastTo(s, { shape: [3, 8] })), y, plain),
    (x, s, y, z) => (s.type.shape.length === 0 && smaller(z, x) ? mul(matmul(x, y, flagsOf(z)), spread(s, z.type.shape)) : null),
    { ...options(["f32[3,8]", "f32[]", "f32[8,2]"], "rounding"), single: true },
  ),
  rule(
    "x@(y·s) = (x@y)·s",
    (x, y, s) => matmul(x, mul(y, broadcastTo(s, { shape: [8, 3] })), plain),
    (x, y, s, z) => (s.type.shape.length === 0 && smaller(z, y) ? mul(matmul(x, y, flagsOf(z)), spread(s, z.type.shape)) : null),
    { ...options(["f32[2,8]", "f32[8,3]", "f32[]"], "rounding"), single: true },
  ),
]; // prettier-ignore
