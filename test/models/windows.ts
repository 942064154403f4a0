import type { Value } from "gradc";
import { dimsOf, sizeOf, type Draw } from "./draw.ts";

/** A window and how it moves over the space of x, such that at least one position is left. */
export interface Moves {
  readonly size: number[];
  readonly strides: number[];
  readonly dilation: number[];
  readonly padding: "valid" | "same" | [number, number][];
}

export const spaceOf = (x: Value): number[] => dimsOf(x).slice(0, -1);
export const channelsOf = (x: Value): number => dimsOf(x).at(-1)!;

export function movesFor(x: Value, d: Draw, { dilated = true }: { readonly dilated?: boolean } = {}): Moves {
  const size: number[] = [];
  const strides: number[] = [];
  const dilation: number[] = [];
  const sides: [number, number][] = [];
  // Strides and dilations beside one another are refused by nothing, but rare in practice: mostly one of them.
  const [far, wide] = d.pick([[1, 1], [3, 1], [1, 2], [2, 2]]); // prettier-ignore
  for (const extent of spaceOf(x)) {
    const step = dilated ? d.int(1, wide) : 1;
    const most = Math.floor((extent - 1) / step) + 1;
    const window = d.int(1, Math.min(most, d.large ? 5 : 4));
    size.push(window);
    dilation.push(step);
    strides.push(d.int(1, far));
    // A window of a pool may not lie in the padding alone.
    sides.push([d.int(0, Math.min(2, window - 1)), d.int(0, Math.min(1, window - 1))]);
  }
  return { size, strides, dilation, padding: d.pick(["valid", "same", "same", sides] as const) };
}

/** How many filters fit, were the space of x to stay as it is. */
export const filtersFor = (x: Value, d: Draw, growth = 1): number =>
  d.width(Math.max(1, Math.min(d.large ? 48 : 8, Math.floor(d.room / (growth * sizeOf(spaceOf(x)))))));
