import type { Value } from "../../ir/graph.ts";
import { isBatch, sameShape, type Dim } from "../../ir/type.ts";
import { broadcastTo, reshape, shaped, spread } from "../../ops/broadcast.ts";
import { add } from "../../ops/elementwise.ts";
import { concat, pad, reverse, slice, transpose } from "../../ops/movement.ts";
import { rule, type Rule, type RuleOptions } from "../rule.ts";
import { dimsOf, inputOf, numbersOf, permutationOf } from "../values.ts";

const any = (...types: readonly string[]): RuleOptions => ({
  class: "exact",
  types,
  anyAttrs: true,
  anyDtype: true,
});

/** The value that was matched is of x's shape, and so the op did nothing. */
const unlessChanged = (x: Value, y: Value): Value | null =>
  sameShape(x.type.shape, y.type.shape) ? x : null;
const isRising = (numbers: readonly number[]): boolean => numbers.every((number, k) => number === k);
const areAll = (numbers: readonly number[], value: number): boolean =>
  numbers.every((number) => number === value);
/** The sum of a fixed number and an extent; null where that is no dim. */
const plus = (a: number, b: Dim): Dim | null => (a === 0 ? b : isBatch(b) ? null : a + b);

/** slice(slice x): positions of the outer slice in terms of x. */
function sliceOfSlice(x: Value, inner: Value, outer: Value): Value | null {
  const [start, strides] = [numbersOf(inner, "start"), numbersOf(inner, "strides")];
  const [from, to, by] = [numbersOf(outer, "start"), dimsOf(outer, "limit"), numbersOf(outer, "strides")];
  const limit = to.map((dim, k) => {
    if (strides[k] === 1) return plus(start[k], dim);
    // The last position read, plus one, so that the limit stays inside x.
    return isBatch(dim) ? null : start[k] + (dim - 1) * strides[k] + 1;
  });
  if (!limit.every((dim) => dim !== null)) return null;
  return slice(x, {
    start: from.map((first, k) => start[k] + first * strides[k]),
    limit,
    strides: by.map((step, k) => step * strides[k]),
  });
}

/** slice(concat): the one part that holds everything the slice reads. */
function sliceOfConcat(concatenated: Value, sliced: Value): Value | null {
  const axis = concatenated.node.attrs["axis"] as number;
  const [start, limit] = [numbersOf(sliced, "start"), dimsOf(sliced, "limit")];
  const to = limit[axis];
  let before = 0;
  for (const part of concatenated.node.inputs) {
    const extent = part.type.shape[axis];
    if (isBatch(extent) || isBatch(to)) return null;
    if (start[axis] >= before && to <= before + extent) {
      const shift = (dim: Dim, k: number): Dim => (k === axis ? (dim as number) - before : dim);
      return slice(part, {
        start: start.map((from, k) => (k === axis ? from - before : from)),
        limit: limit.map(shift),
        strides: numbersOf(sliced, "strides"),
      });
    }
    before += extent;
  }
  return null;
}

/** pad x + pad y of neighbouring parts of one axis: both in one run, padded by what neither of them fills. */
function joinedPads(x: Value, y: Value, sum: Value): Value | null {
  const [a, b] = sum.node.inputs.map(({ node }) => ({
    low: node.attrs["low"] as readonly number[],
    high: node.attrs["high"] as readonly number[],
    value: node.attrs["value"] as number,
  }));
  const { shape } = sum.type;
  const padded = shape.flatMap((_, k) => (a.low[k] + a.high[k] + b.low[k] + b.high[k] > 0 ? [k] : []));
  const [axis] = padded;
  if (padded.length !== 1 || isBatch(shape[axis]) || a.value !== 0 || b.value !== 0) return null;
  const extent = ({ type }: Value): number => type.shape[axis] as number;
  const xFirst = a.low[axis] + extent(x) === b.low[axis];
  if (!xFirst && b.low[axis] + extent(y) !== a.low[axis]) return null;
  const [low, high] = [xFirst ? a.low : b.low, xFirst ? b.high : a.high];
  const both = concat(xFirst ? [x, y] : [y, x], { axis });
  return areAll([...low, ...high], 0) ? both : pad(both, { low, high, value: 0 });
}

/** A reshape moves nothing where all elements are the same one. */
const isSingle = (x: Value): boolean =>
  areAll(
    x.type.shape.map((dim) => (isBatch(dim) ? 0 : dim)),
    1,
  );

/** Movements that cancel, meet, or do nothing: exact but for the sign of a zero that was added to zero, for every element type. */
export const movement: readonly Rule[] = [
  rule("reshape x to its own shape = x", (x) => reshape(x, { shape: [2, 3] }), unlessChanged, any("f32[2,3]")),
  rule("reshape(reshape x) = reshape x", (x) => reshape(reshape(x, { shape: [6] }), { shape: [3, 2] }), (x, y) => shaped(x, y.type.shape), any("f32[2,3]")),
  rule("broadcast x to its own shape = x", (x) => broadcastTo(x, { shape: [2, 3] }), unlessChanged, any("f32[2,3]")),
  rule("broadcast(broadcast x) = broadcast x", (x) => broadcastTo(broadcastTo(x, { shape: [2, 3] }), { shape: [4, 2, 3] }), (x, y) => broadcastTo(x, { shape: y.type.shape }), any("f32[3]")),
  rule("reshape(broadcast of one) = broadcast", (x) => reshape(broadcastTo(x, { shape: [2, 3] }), { shape: [6] }), (x, y) => (isSingle(x) ? spread(shaped(x, []), y.type.shape) : null), any("f32[1]")),
  rule("transpose(broadcast of one) = broadcast", (x) => transpose(broadcastTo(x, { shape: [2, 3] }), { permutation: [1, 0] }), (x, y) => (isSingle(x) ? spread(shaped(x, []), y.type.shape) : null), any("f32[1]")),
  rule("slice(broadcast of one) = broadcast", (x) => slice(broadcastTo(x, { shape: [4] }), { start: [1], limit: [3], strides: [1] }), (x, y) => (isSingle(x) ? spread(shaped(x, []), y.type.shape) : null), any("f32[1]")),
  rule("broadcast(reshape of one) = broadcast", (x) => broadcastTo(reshape(x, { shape: [1, 1] }), { shape: [2, 3] }), (x, y) => (isSingle(x) && x.type.shape.length <= inputOf(y).type.shape.length ? spread(x, y.type.shape) : null), any("f32[1]")),

  rule("transpose to the same order = x", (x) => transpose(x, { permutation: [0, 1] }), (x, y) => (isRising(permutationOf(y)) ? x : null), any("f32[2,3]")),
  rule("transpose(transpose x) = transpose x", (x) => transpose(transpose(x, { permutation: [1, 2, 0] }), { permutation: [0, 2, 1] }), (x, y) => {
    const inner = permutationOf(inputOf(y));
    const permutation = permutationOf(y).map((k) => inner[k]);
    return isRising(permutation) ? x : transpose(x, { permutation });
  }, any("f32[2,3,4]")),

  rule("slice of everything = x", (x) => slice(x, { start: [0, 0], limit: [2, 3], strides: [1, 1] }), (x, y) => (areAll(numbersOf(y, "strides"), 1) ? unlessChanged(x, y) : null), any("f32[2,3]")),
  rule("slice(slice x) = slice x", (x) => slice(slice(x, { start: [1], limit: [10], strides: [2] }), { start: [1], limit: [4], strides: [2] }), (x, y) => sliceOfSlice(x, inputOf(y), y), any("f32[12]")),
  rule("slice(pad x) = x", (x) => slice(pad(x, { low: [1, 0], high: [2, 1], value: 0 }), { start: [1, 0], limit: [3, 3], strides: [1, 1] }), (x, y) => {
    const low = numbersOf(inputOf(y), "low");
    const whole = numbersOf(y, "start").every((from, k) => from === low[k]) && areAll(numbersOf(y, "strides"), 1);
    return whole ? unlessChanged(x, y) : null;
  }, any("f32[2,3]")),
  rule("slice(concat[x, y]) = slice of one", (x, y) => slice(concat([x, y], { axis: 0 }), { start: [3, 0], limit: [5, 2], strides: [1, 1] }), (_x, _y, z) => sliceOfConcat(inputOf(z), z), any("f32[2,3]", "f32[4,3]")),
  rule("slice(concat[x, y, z]) = slice of one", (x, y, z) => slice(concat([x, y, z], { axis: 0 }), { start: [2], limit: [5], strides: [1] }), (_x, _y, _z, w) => sliceOfConcat(inputOf(w), w), any("f32[2]", "f32[3]", "f32[1]")),
  rule("slice(concat[w, x, y, z]) = slice of one", (w, x, y, z) => slice(concat([w, x, y, z], { axis: 0 }), { start: [2], limit: [5], strides: [1] }), (_w, _x, _y, _z, v) => sliceOfConcat(inputOf(v), v), any("f32[2]", "f32[3]", "f32[1]", "f32[1]")),
  rule("pad by nothing = x", (x) => pad(x, { low: [0, 0], high: [0, 0], value: 0 }), (x, y) => (areAll(numbersOf(y, "low"), 0) && areAll(numbersOf(y, "high"), 0) ? x : null), any("f32[2,3]")),
  rule("pad x + pad y = pad(concat[x, y]) of neighbours", (x, y) => add(pad(x, { low: [0, 0], high: [4, 0], value: 0 }), pad(y, { low: [2, 0], high: [1, 0], value: 0 })), joinedPads, { class: "finite", types: ["f32[2,3]", "f32[3,3]"], anyAttrs: true }),
  rule("concat of one = x", (x) => concat([x], { axis: 0 }), (x) => x, any("f32[2,3]")),
  rule("reverse(reverse x) = x", (x) => reverse(reverse(x, { axes: [1] }), { axes: [1] }), (x, y) => (String(numbersOf(y, "axes")) === String(numbersOf(inputOf(y), "axes")) ? x : null), any("f32[2,3]")),
  rule("reverse along no axis = x", (x) => reverse(x, { axes: [] }), (x, y) => (numbersOf(y, "axes").length === 0 ? x : null), any("f32[2,3]")),
]; // prettier-ignore
