import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { op, type Op } from "../ir/op.ts";
import { dimText, maxOf, sameDim, sizeOf, tensorType, typeText, type Shape } from "../ir/type.ts";
import { transpose } from "./movement.ts";
import { eachCoordinate, read, tabulate } from "./naive.ts";
import { rows } from "./samples.ts";
import { need, needWithin } from "./types.ts";

/** Axes that run together in both operands (batch), and axes that are summed over (contract), pair by pair. */
export type DotAxes = {
  readonly batchA: readonly number[];
  readonly batchB: readonly number[];
  readonly contractA: readonly number[];
  readonly contractB: readonly number[];
};

/** The axes of an operand that are neither batch nor contracted, in order. */
const freeAxes = (shape: Shape, ...used: readonly (readonly number[])[]): number[] =>
  shape.map((_, k) => k).filter((k) => !used.flat().includes(k));

function checkAxes(text: string, shape: Shape, axes: readonly number[], side: string): void {
  const wrong = axes.find((axis) => !Number.isInteger(axis) || axis < 0 || axis >= shape.length);
  if (wrong !== undefined) fail("axis", `${text}: ${side} has no axis ${String(wrong)}`);
  if (new Set(axes).size < axes.length)
    fail("axis", `${text}: axes of ${side} are named twice: [${axes.join(",")}]`);
}

/** The gradient of one operand: g contracted with the other's free axes, its axes put back into their order. */
function gradientOf(
  g: Value,
  other: Value,
  own: {
    readonly batch: readonly number[];
    readonly contract: readonly number[];
    readonly free: readonly number[];
  },
  its: {
    readonly batch: readonly number[];
    readonly contract: readonly number[];
    readonly free: readonly number[];
  },
  freeOfOther: readonly number[],
): Value {
  // The other operand's contracted axes as the product lists them, in the names of the own ones.
  const rest = [...its.contract]
    .sort((a, b) => a - b)
    .map((axis) => own.contract[its.contract.indexOf(axis)]);
  const ordered = (made: readonly number[]): boolean => made.every((axis, k) => axis === k);
  const batchG = own.batch.map((_, k) => k);
  // Either factor may come first; where one way puts the axes into their order, nothing is transposed.
  if (ordered([...own.batch, ...rest, ...own.free])) {
    const axes = { batchA: its.batch, batchB: batchG, contractA: its.free, contractB: freeOfOther };
    return dotGeneral(other, g, axes);
  }
  const axes = { batchA: batchG, batchB: its.batch, contractA: freeOfOther, contractB: its.free };
  const product = dotGeneral(g, other, axes);
  const made = [...own.batch, ...own.free, ...rest];
  return ordered(made)
    ? product
    : transpose(product, { permutation: made.map((_, axis) => made.indexOf(axis)) });
}

/** Both operands' axes by use. */
const usesOf = (a: Shape, b: Shape, { batchA, batchB, contractA, contractB }: DotAxes) => ({
  left: { batch: batchA, contract: contractA, free: freeAxes(a, batchA, contractA) },
  right: { batch: batchB, contract: contractB, free: freeAxes(b, batchB, contractB) },
});

type Dot = (a: Value, b: Value, attrs: DotAxes) => Value;
export const dotGeneral: Op<Dot> = op<Dot, "a" | "b", DotAxes>("dotGeneral", {
  doc: "The general product: sums a·b over paired contracted axes, for every place of the paired batch axes, the free axes of a and those of b, in that order.",
  inputs: ["a", "b"],
  names: { stablehlo: "dot_general", numpy: "einsum" },
  type: ({ a, b }, attrs) => {
    need("dotGeneral", "float", a, "a");
    const text = `dotGeneral: ${typeText(a)} by ${typeText(b)}`;
    if (a.dtype !== b.dtype) fail("dtype", `${text}: both must have one element type`);
    const { left, right } = usesOf(a.shape, b.shape, attrs);
    checkAxes(text, a.shape, [...left.batch, ...left.contract], "a");
    checkAxes(text, b.shape, [...right.batch, ...right.contract], "b");
    for (const use of ["batch", "contract"] as const) {
      if (left[use].length !== right[use].length)
        fail("axis", `${text}: ${use} axes come in pairs, found [${left[use].join(",")}] and [${right[use].join(",")}]`); // prettier-ignore
      for (const [k, axis] of left[use].entries()) {
        const [p, q] = [a.shape[axis], b.shape[right[use][k]]];
        if (!sameDim(p, q))
          fail("shape", `${text}: ${use} axes ${axis} of a and ${right[use][k]} of b differ: ${dimText(p)} and ${dimText(q)}`); // prettier-ignore
      }
    }
    const shape = [
      ...left.batch.map((k) => a.shape[k]),
      ...left.free.map((k) => a.shape[k]),
      ...right.free.map((k) => b.shape[k]),
    ];
    sizeOf(shape, "dotGeneral: the product");
    return tensorType(a.dtype, shape);
  },
  vjp: {
    a: ({ a, b, g, attrs }) => {
      const { left, right } = usesOf(a.type.shape, b.type.shape, attrs);
      const first = left.batch.length + left.free.length;
      return gradientOf(
        g,
        b,
        left,
        right,
        right.free.map((_, k) => first + k),
      );
    },
    b: ({ a, b, g, attrs }) => {
      const { left, right } = usesOf(a.type.shape, b.type.shape, attrs);
      return gradientOf(
        g,
        a,
        right,
        left,
        left.free.map((_, k) => left.batch.length + k),
      );
    },
  },
  lift: ({ a, b, types, attrs: { batchA, batchB, contractA, contractB } }) => {
    needWithin("dotGeneral", types[0], contractA);
    const [batch, further] = [[batchA, batchB], [contractA, contractB]].map((pair) => pair.map((axes) => axes.map((axis) => axis + 1))); // prettier-ignore
    return dotGeneral(a, b, { batchA: [0, ...batch[0]], batchB: [0, ...batch[1]], contractA: further[0], contractB: further[1] }); // prettier-ignore
  },
  work: ({ attrs, types: [a] }) => attrs.contractA.reduce((work, axis) => work * maxOf(a.shape[axis]), 2),
  lower: {
    kind: "template",
    template: "matmul",
    operands: {
      depth: ({ attrs, types: [a] }) => attrs.contractA.map((axis) => a.shape[axis]),
      read: ({ a, b }, at, depth, { attrs, types }) => {
        const { left, right } = usesOf(types[0].shape, types[1].shape, attrs);
        const place = ({ batch, contract, free }: typeof left, freeFrom: number) => {
          const index = new Map([
            ...batch.map((axis, k) => [axis, at[k]] as const),
            ...contract.map((axis, k) => [axis, depth[k]] as const),
            ...free.map((axis, k) => [axis, at[freeFrom + k]] as const),
          ]);
          return [...index.keys()].sort((p, q) => p - q).map((axis) => index.get(axis)!);
        };
        const first = left.batch.length;
        return [a(...place(left, first)), b(...place(right, first + left.free.length))];
      },
    },
  },
  eval: ({ a, b }, { batchA, batchB, contractA, contractB }, { shapes }) => {
    const freeA = freeAxes(a.shape, batchA, contractA);
    const freeB = freeAxes(b.shape, batchB, contractB);
    const summed = contractA.map((axis) => a.shape[axis]);
    return tabulate(a.dtype, shapes[0], (at) => {
      const atA = a.shape.map(() => 0);
      const atB = b.shape.map(() => 0);
      batchA.forEach((axis, k) => (atA[axis] = at[k]));
      batchB.forEach((axis, k) => (atB[axis] = at[k]));
      freeA.forEach((axis, k) => (atA[axis] = at[batchA.length + k]));
      freeB.forEach((axis, k) => (atB[axis] = at[batchA.length + freeA.length + k]));
      let total = 0;
      eachCoordinate(summed, (depth) => {
        contractA.forEach((axis, k) => (atA[axis] = depth[k]));
        contractB.forEach((axis, k) => (atB[axis] = depth[k]));
        total += read(a, atA) * read(b, atB);
      });
      return total;
    });
  },
  samples: rows<DotAxes>(
    ["f32[2,3]", "f32[3,4]", { batchA: [], batchB: [], contractA: [1], contractB: [0] }],
    ["f64[2,3,4]", "f64[4,3,5]", { batchA: [], batchB: [], contractA: [1, 2], contractB: [1, 0] }],
    ["f32[2,3,4]", "f32[5,4,2]", { batchA: [0], batchB: [2], contractA: [2], contractB: [1] }],
    ["f32[3]", "f32[2]", { batchA: [], batchB: [], contractA: [], contractB: [] }],
    ["f32[4]", "f32[4]", { batchA: [], batchB: [], contractA: [0], contractB: [0] }],
    ["f32[3,n,2]", "f32[3,n,4]", { batchA: [], batchB: [], contractA: [0, 1], contractB: [0, 1] }],
    ["f32[n,2,3]", "f32[n,4,3]", { batchA: [0], batchB: [0], contractA: [2], contractB: [2] }],
    ["f32[1,1,3]", "f32[3,1]", { batchA: [], batchB: [], contractA: [2], contractB: [0] }],
    ["f64[2,2]", "@0", { batchA: [0], batchB: [1], contractA: [1], contractB: [0] }],
    ["f32[3,2,5,7]", "f32[7,3,6,5]", { batchA: [0], batchB: [1], contractA: [3, 2], contractB: [0, 3] }],
  ), // prettier-ignore
});
