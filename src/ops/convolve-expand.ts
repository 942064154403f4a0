import type { Value } from "../ir/graph.ts";
import type { Shape } from "../ir/type.ts";
import { affineEinsum, affineView } from "./affine.ts";
import { shaped } from "./broadcast.ts";
import { contiguous } from "./marks.ts";
import { dilate, pad } from "./slice.ts";
import { backwards, cutSpace, letters, padSpace } from "./space.ts";
import { form } from "./subscripts.ts";

/** How kernels move: one number for each axis of space. */
export type Moves = {
  readonly strides: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
};
/** With the extents of the space that a data gradient fills. */
export type DataMoves = Moves & { readonly space: readonly number[] };
/** With the window of the kernel that a filter gradient fills. */
export type FilterMoves = Moves & { readonly window: readonly number[] };

// A convolution as one sum of products over a padded buffer: operands are views, nothing is unfolded, and no loop
// tests whether it is outside. Groups are an axis of their own where there are several.

const text = (...forms: readonly (readonly string[])[]): string => forms.flat().join(",");
/** Letters and extents of channels that may be in groups. */
const grouped = (groups: number, letter: string, size: number): { names: string[]; dims: number[] } =>
  groups === 1 ? { names: [letter], dims: [size] } : { names: ["g", letter], dims: [groups, size / groups] };
const inGroups = (x: Value, groups: number): Value =>
  groups === 1
    ? x
    : shaped(x, [...x.type.shape.slice(0, -1), groups, (x.type.shape.at(-1) as number) / groups]);
const lettersFor = (rank: number) => ({
  at: letters.at.slice(0, rank),
  tap: letters.tap.slice(0, rank),
  phase: letters.phase.slice(0, rank),
});
const dims = (shape: Shape): number[] => [...shape] as number[];

const positions = ({ strides, dilation }: Moves, at: readonly string[], tap: readonly string[]): string[] =>
  at.map((letter, k) => form(0, [strides[k], letter], [dilation[k], tap[k]]));
const outputs = (space: readonly number[], window: readonly number[], moves: Moves): number[] =>
  space.map((extent, k) => {
    const span = (window[k] - 1) * moves.dilation[k] + 1;
    return Math.floor((extent + moves.low[k] + moves.high[k] - span) / moves.strides[k]) + 1;
  });

export function forwardOf(x: Value, kernel: Value, moves: Moves): Value {
  const { groups, low, high } = moves;
  const { at, tap } = lettersFor(low.length);
  const [window, [inner, outer]] = [dims(kernel.type.shape.slice(0, -2)), dims(kernel.type.shape.slice(-2))];
  const counts = outputs(dims(x.type.shape.slice(1, -1)), window, moves);
  const c = grouped(groups, "c", inner * groups);
  const o = grouped(groups, "o", outer);
  const product = affineEinsum(inGroups(padSpace(x, low, high), groups), inGroups(kernel, groups), {
    subscripts: `${text(["n"], positions(moves, at, tap), c.names)}; ${text(tap, ["c"], o.names)} -> ${text(["n"], at, o.names)}`,
    shape: [x.type.shape[0], ...counts, ...o.dims],
    depth: [...window, inner],
  });
  return shaped(product, [x.type.shape[0], ...counts, outer]);
}

export function filterGradientOf(x: Value, g: Value, moves: FilterMoves): Value {
  const { groups, low, high, window } = moves;
  const { at, tap } = lettersFor(low.length);
  const [channels, outer] = [x.type.shape.at(-1) as number, g.type.shape.at(-1) as number];
  const c = grouped(groups, "c", channels);
  const o = grouped(groups, "o", outer);
  const product = affineEinsum(inGroups(padSpace(x, low, high), groups), inGroups(g, groups), {
    subscripts: `${text(["n"], positions(moves, at, tap), c.names)}; ${text(["n"], at, o.names)} -> ${text(tap, ["c"], o.names)}`,
    shape: [...window, channels / groups, ...o.dims],
    depth: g.type.shape.slice(0, -1),
  });
  return shaped(product, [...window, channels / groups, outer]);
}

/**
 * The sum over the windows that cover an element: a convolution with the kernel read from its end. With strides the
 * elements fall into phases, and each phase meets its own part of the kernel, so that no zeros are put between the
 * elements of g. The kernel is small and read at every position, so it is written out in the order of the sum.
 */
export function dataGradientOf(g: Value, kernel: Value, moves: DataMoves): Value {
  const { groups, low, space, strides, dilation } = moves;
  const { at, tap, phase } = lettersFor(low.length);
  const axes = space.map((extent, k) => {
    const axis = {
      window: kernel.type.shape[k] as number,
      stride: strides[k],
      dilation: dilation[k],
      low: low[k],
    };
    return backwards(extent, g.type.shape[1 + k] as number, axis);
  });
  const inner = kernel.type.shape.at(-2) as number;
  const c = grouped(groups, "c", inner * groups);
  const o = grouped(groups, "o", g.type.shape.at(-1) as number);
  const drawn = axes.reduce((part, { holes }, k) => dilate(part, k, holes), kernel);
  const missing = axes.map(({ phases, taps }, k) =>
    Math.max(0, phases * taps - (drawn.type.shape[k] as number)),
  );
  const none = missing.map(() => 0);
  const filled = missing.some((count) => count > 0)
    ? pad(drawn, { low: [...none, 0, 0], high: [...missing, 0, 0], value: 0 })
    : drawn;
  const taps = axes.map((axis) => axis.taps);
  const counts = axes.map((axis) => axis.phases);
  // Tap j from the end of phase p is element p + phases·(taps − 1 − j) of the kernel.
  const ends = axes.map((axis, k) =>
    form(axis.phases * (axis.taps - 1), [1, phase[k]], [-axis.phases, tap[k]]),
  );
  const packed = contiguous(
    affineView(inGroups(filled, groups), {
      subscripts: `${text(ends, ["c"], o.names)} -> ${text(phase, tap, o.names, ["c"])}`,
      shape: [...counts, ...taps, ...o.dims, inner],
    }),
  );
  const from = axes.map(({ offset, step, taps: all }, k) =>
    form(offset - step * (all - 1), [1, at[k]], [step, tap[k]]),
  );
  const padded = padSpace(g, axes.map(({ lead }) => lead), axes.map(({ tail }) => tail)); // prettier-ignore
  const product = affineEinsum(inGroups(padded, groups), packed, {
    subscripts: `${text(["n"], from, o.names)}; ${text(phase, tap, o.names, ["c"])} -> ${text(
      ["n"],
      at.flatMap((letter, k) => [letter, phase[k]]),
      c.names,
    )}`,
    shape: [g.type.shape[0], ...axes.flatMap(({ count, phases }) => [count, phases]), ...c.dims],
    depth: [...taps, o.dims.at(-1) as number],
  });
  const whole = axes.map(({ count, phases }) => count * phases);
  return cutSpace(shaped(product, [g.type.shape[0], ...whole, inner * groups]), axes.map(({ start }) => start), space); // prettier-ignore
}
