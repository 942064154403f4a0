import { fewFirstHint } from "../../ir/channels.ts";
import type { Value } from "../../ir/graph.ts";
import { isBatch, typeText, type Dim } from "../../ir/type.ts";
import { axesOfSpace, misfit } from "../../ops/space.ts";
import { shown } from "../check.ts";
import { refuse } from "../context.ts";
import { needFloat } from "../sugar/operand.ts";

// What layers over space share: [n, ...space, channels], where space is time, height and width, or a volume.

/** One number for every axis of space, or one for each. */
export type PerAxis = number | readonly number[];
/**
 * "valid" adds nothing. "same" adds zeros so that the output has ⌈extent / stride⌉ positions, the odd zero at the
 * end, as in Keras. "causal" (one axis only) adds them all before. A number adds as many on both sides of every
 * axis; a list has an entry for each axis, a number or [before, after].
 */
export type Padding = "valid" | "same" | "causal" | number | readonly (number | readonly [number, number])[];

const spaces = ["", "steps", "height, width", "depth, height, width", "…"];

/** A float value [n, ...space, channels] of the right rank, with its parts. */
export function spatial(what: string, x: Value, rank: number) {
  const value = needFloat(what, x);
  const { shape } = value.type;
  const inner = shape.slice(1);
  if (shape.length !== rank + 2 || inner.some(isBatch)) {
    return refuse(
      "shape",
      `${what} expects [n, ${spaces[rank]}, channels] with only the first axis a batch, found ${typeText(value.type)}`,
      shape.length < rank + 2 ? `use reshape(x, [n, ${spaces[rank]}, channels])` : undefined,
    );
  }
  const space = inner.slice(0, -1) as number[];
  return { value, rows: shape[0] as Dim, space, channels: inner[rank] as number };
}

/** A list of one whole number for each axis. */
export function perAxis(what: string, given: unknown, rank: number, least = 1): number[] {
  const list: unknown[] = Array.isArray(given) ? given : Array.from({ length: rank }, () => given);
  const fits =
    list.length === rank && list.every((entry) => Number.isInteger(entry) && (entry as number) >= least);
  if (fits) return list as number[];
  const one = least === 1 ? "a positive integer" : `a whole number of at least ${least}`;
  const found = Array.isArray(given) ? `[${given.map(shown).join(", ")}]` : shown(given);
  return refuse(
    "option",
    `${what} must be ${one}${rank > 1 ? `, or a list of ${rank} of them` : ""}, found ${found}`,
  );
}

/** How much is added or taken away on both sides of each axis: a number, or a list of numbers and pairs. */
export function bothSides(what: string, given: unknown, rank: number): { low: number[]; high: number[] } {
  const list: unknown[] = Array.isArray(given) ? given : Array.from({ length: rank }, () => given);
  if (list.length !== rank)
    refuse("option", `${what} must have an entry for each of ${rank} axes, found ${list.length}`);
  const pairs = list.map((entry) => (Array.isArray(entry) ? (entry as unknown[]) : [entry, entry]));
  const whole = (side: unknown): boolean => Number.isInteger(side) && (side as number) >= 0;
  const odd = pairs.findIndex((pair) => pair.length !== 2 || !pair.every(whole));
  if (odd >= 0) {
    const found = `[${pairs[odd].map(shown).join(", ")}]`;
    refuse(
      "option",
      `${what} must be whole numbers of at least 0, or [before, after], found ${Array.isArray(list[odd]) ? found : shown(list[odd])} for axis ${odd + 1}`,
    );
  }
  const sides = pairs as [number, number][];
  return { low: sides.map(([before]) => before), high: sides.map(([, after]) => after) };
}

/** The padding of each axis in numbers. */
export function paddingOf(
  what: string,
  padding: unknown,
  axes: readonly { readonly extent: number; readonly span: number; readonly stride: number }[],
): { low: number[]; high: number[] } {
  const none = axes.map(() => 0);
  if (padding === "valid") return { low: none, high: none };
  if (padding === "same") {
    const total = axes.map(({ extent, span, stride }) =>
      Math.max((Math.ceil(extent / stride) - 1) * stride + span - extent, 0),
    );
    const low = total.map((count) => Math.floor(count / 2));
    return { low, high: total.map((count, k) => count - low[k]) };
  }
  if (padding === "causal" && axes.length === 1) return { low: [axes[0].span - 1], high: none };
  if (typeof padding === "string") {
    const names = axes.length === 1 ? '"valid", "same", "causal"' : '"valid", "same"';
    refuse(
      "option",
      `padding of ${what} cannot be ${shown(padding)}`,
      `it may be ${names}, a number, or a list`,
    );
  }
  return bothSides(`padding of ${what}`, padding, axes.length);
}

/** How a window moves over space. */
export interface MoveOptions {
  /** How far it moves; 1 by default. */
  readonly strides?: PerAxis;
  /** "valid" by default. */
  readonly padding?: Padding;
  /** How far its elements are apart; 1 by default. Keras calls it dilation_rate. */
  readonly dilation?: PerAxis;
}

/**
 * Refuses windows that do not fit into x even once: under the name that was called, not that of the op which a layer is
 * made of.
 */
export function checkWindows(
  what: string,
  { type }: Value,
  space: readonly number[],
  lists: Parameters<typeof axesOfSpace>[2],
): void {
  const fault = misfit(type, space, axesOfSpace(what, space, lists));
  if (fault) refuse("shape", `${what}: ${fault}`, fewFirstHint(type.shape));
}

/** How a window moves over each axis of x's space, in numbers. */
export function movesOver(
  what: string,
  { value, space }: { readonly value: Value; readonly space: readonly number[] },
  window: readonly number[],
  options: MoveOptions,
) {
  const strides = perAxis(`strides of ${what}`, options.strides ?? 1, space.length);
  const dilation = perAxis(`dilation of ${what}`, options.dilation ?? 1, space.length);
  const axes = space.map((extent, k) => ({
    extent,
    span: (window[k] - 1) * dilation[k] + 1,
    stride: strides[k],
  }));
  const moves = { strides, dilation, ...paddingOf(what, options.padding ?? "valid", axes) };
  checkWindows(what, value, space, { window, stride: strides, dilation, low: moves.low, high: moves.high });
  return moves;
}

/** The letters that shapes of this many axes of space are written with in the reference. */
export const spaceText = (rank: number): string => spaces[rank];
