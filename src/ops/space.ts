import { fail } from "../base/errors.ts";
import { fewFirstHint } from "../ir/channels.ts";
import type { Value } from "../ir/graph.ts";
import { isBatch, shapeText, typeText, type Shape, type TensorType } from "../ir/type.ts";
import { narrow, pad } from "./slice.ts";

// Tensors with space: [n, ...space, channels], with any number of axes of space. A window moves over the padded
// space by strides, and its elements may lie further apart than one (dilation).

/** How windows lie in one axis of space. */
export interface AxisWindows {
  /** Elements of a window. */
  readonly window: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before and after. */
  readonly low: number;
  readonly high: number;
}

/** From how far to how far a window reaches. */
const spanOf = ({ window, dilation }: Pick<AxisWindows, "window" | "dilation">): number =>
  (window - 1) * dilation + 1;
/** How many windows fit into an axis. */
const windowsIn = (extent: number, axis: AxisWindows): number =>
  Math.floor((extent + axis.low + axis.high - spanOf(axis)) / axis.stride) + 1;

/** The axes of space, which must be of fixed extent, as the channels must. */
export function spaceOf(name: string, what: string, { shape }: TensorType): number[] {
  const inner = shape.slice(1);
  if (shape.length < 3 || inner.some(isBatch))
    fail("shape", `${name}: ${what} must be [rows, ...space, channels] with fixed space and channels, found ${shapeText(shape)}`); // prettier-ignore
  return inner.slice(0, -1) as number[];
}

/** Lists of one number for each axis of space, checked, as one record for each axis. */
export function axesOfSpace(
  name: string,
  space: readonly number[],
  lists: { readonly [list in keyof AxisWindows]: readonly number[] },
): AxisWindows[] {
  for (const [list, numbers] of Object.entries(lists)) {
    if (numbers.length !== space.length)
      fail("shape", `${name}: ${list} must have ${space.length} entries, one for each axis of space, found ${numbers.length}`); // prettier-ignore
    const least = list === "low" || list === "high" ? 0 : 1;
    if (numbers.some((number) => !Number.isInteger(number) || number < least))
      fail(
        "shape",
        `${name}: ${list} must be whole numbers of at least ${least}, found [${numbers.join(",")}]`,
      );
  }
  const { window, stride, dilation, low, high } = lists;
  return space.map((_, k) => ({
    window: window[k], stride: stride[k], dilation: dilation[k], low: low[k], high: high[k],
  })); // prettier-ignore
}

/** What is wrong with windows that do not fit into an axis even once. */
export function misfit(
  x: TensorType,
  space: readonly number[],
  axes: readonly AxisWindows[],
): string | undefined {
  const extents = axes.map((axis, k) => space[k] + axis.low + axis.high);
  const k = axes.findIndex((axis, at) => extents[at] < spanOf(axis));
  if (k < 0) return undefined;
  const { window, dilation, low, high } = axes[k];
  const apart = dilation > 1 ? ` (${window} elements, ${dilation} apart)` : "";
  const padded = extents[k] > space[k] ? ` with its padding of ${low} and ${high}` : "";
  return `a window spans ${spanOf(axes[k])}${apart} along axis ${k + 1} of ${typeText(x)}, which has only ${extents[k]}${padded}`;
}

/** The numbers of windows in every axis; refuses windows that do not fit even once. */
export function countWindows(
  name: string,
  x: TensorType,
  space: readonly number[],
  axes: readonly AxisWindows[],
): number[] {
  const fault = misfit(x, space, axes);
  if (fault) fail("shape", `${name}: ${fault}`, { hint: fewFirstHint(x.shape) });
  return axes.map((axis, k) => windowsIn(space[k], axis));
}

/** Pads the axes of space; itself where nothing is added. */
export function padSpace(x: Value, low: readonly number[], high: readonly number[], value = 0): Value {
  if ([...low, ...high].every((count) => count === 0)) return x;
  const rest = x.type.shape.slice(1 + low.length).map(() => 0);
  return pad(x, { low: [0, ...low, ...rest], high: [0, ...high, ...rest], value });
}

/** A box out of the axes of space; itself where that is everything. */
export const cutSpace = (x: Value, start: readonly number[], extents: readonly number[]): Value =>
  extents.reduce<Value>(
    (part, extent, k) =>
      part.type.shape[k + 1] === extent ? part : narrow(part, k + 1, start[k], start[k] + extent),
    x,
  );

/**
 * One axis walked backwards: which windows cover an element. Positions of the padded axis are stride·q + phase;
 * the elements of a window that meet a phase are its taps, `stride` apart in the window, and tap j belongs to
 * window q − step·j. With strides, a dilated window is looked at as a dense one with holes.
 */
export interface AxisBack {
  readonly phases: number;
  readonly taps: number;
  readonly step: number;
  /** How far the window's elements are drawn apart first. */
  readonly holes: number;
  /** Windows that are missing before and after. */
  readonly lead: number;
  readonly tail: number;
  /** The position, among the windows with `lead`, of tap 0 for q = 0. */
  readonly offset: number;
  /** How many q are needed, and where the axis starts in stride·q + phase. */
  readonly count: number;
  readonly start: number;
}

export function backwards(extent: number, out: number, axis: Omit<AxisWindows, "high">): AxisBack {
  const { window, stride, dilation, low } = axis;
  const [holes, step] = stride > 1 ? [dilation, 1] : [1, dilation];
  const taps = Math.ceil(((window - 1) * holes + 1) / stride);
  const first = Math.floor(low / stride);
  const count = Math.ceil((low + extent) / stride) - first;
  const lead = Math.max(0, step * (taps - 1) - first);
  const tail = Math.max(0, first + count - out);
  return { phases: stride, taps, step, holes, lead, tail, offset: first + lead, count, start: low - first * stride }; // prettier-ignore
}

/** Letters for subscripts: positions, elements of a window, and phases of each axis of space. */
export const letters = {
  at: ["y", "x", "z", "w"],
  tap: ["i", "j", "k", "l"],
  phase: ["p", "q", "r", "s"],
} as const;
/** No tensor has more axes of space. */
export const mostSpace = letters.at.length;

export const shapeOf = (first: Shape[number], ...rest: readonly (readonly Shape[number][])[]): Shape => [
  first,
  ...rest.flat(),
];
