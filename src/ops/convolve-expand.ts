import type { Value } from "../ir/graph.ts";
import type { Shape } from "../ir/type.ts";
import { affineEinsum } from "./affine.ts";
import { shaped } from "./broadcast.ts";
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
 * The sum over the windows that cover an element. Without strides it is a convolution with the kernel read from
 * its end; with strides the elements fall into phases, and each phase meets its own part of the kernel, so that no
 * zeros are put between the elements of g.
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
  const drawn = axes.reduce((part, { holes }, k) => dilate(part, k, holes), kernel);
  const missing = axes.map(({ phases, taps }, k) =>
    Math.max(0, phases * taps - (drawn.type.shape[k] as number)),
  );
  const none = missing.map(() => 0);
  const filled = missing.some((count) => count > 0)
    ? pad(drawn, { low: [...none, 0, 0], high: [...missing, 0, 0], value: 0 })
    : drawn;
  const padded = padSpace(g, axes.map(({ lead }) => lead), axes.map(({ tail }) => tail)); // prettier-ignore
  const inner = kernel.type.shape.at(-2) as number;
  const c = grouped(groups, "c", inner * groups);
  const o = grouped(groups, "o", g.type.shape.at(-1) as number);
  // A stride of 1 has one phase, which needs no letter.
  const phases = axes.map(({ phases: count }, k) => (count > 1 ? { letter: phase[k], count } : undefined));
  const from = axes.map(({ offset, step }, k) => form(offset, [1, at[k]], [-step, tap[k]]));
  const within = axes.map(({ phases: count }, k) => form(0, [count > 1 ? 1 : 0, phase[k]], [count, tap[k]]));
  const named = at.flatMap((letter, k) => [letter, ...(phases[k] ? [phases[k].letter] : [])]);
  const extents = axes.flatMap(({ count }, k) => [count, ...(phases[k] ? [phases[k].count] : [])]);
  const product = affineEinsum(inGroups(padded, groups), inGroups(filled, groups), {
    subscripts: `${text(["n"], from, o.names)}; ${text(within, ["c"], o.names)} -> ${text(["n"], named, c.names)}`,
    shape: [g.type.shape[0], ...extents, ...c.dims],
    depth: [...axes.map(({ taps }) => taps), o.dims.at(-1) as number],
  });
  const whole = axes.map(({ count, phases: each }) => count * each);
  return cutSpace(shaped(product, [g.type.shape[0], ...whole, inner * groups]), axes.map(({ start }) => start), space); // prettier-ignore
}
