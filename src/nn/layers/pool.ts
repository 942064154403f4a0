import type { Value } from "../../ir/graph.ts";
import { sum, spread } from "../../ops/broadcast.ts";
import { div } from "../../ops/elementwise.ts";
import { constant, constantTensor } from "../../ops/leaves.ts";
import { maxPool, type Pool } from "../../ops/pool.ts";
import { padSpace } from "../../ops/space.ts";
import { slidingWindows } from "../../ops/windows.ts";
import { documented, type Documented } from "../about.ts";
import { checkOptions } from "../check.ts";
import { refuse } from "../context.ts";
import { inLayer } from "../param.ts";
import { checkWindows, paddingOf, perAxis, spaceText, spatial, type Padding, type PerAxis } from "./space.ts"; // prettier-ignore

export interface PoolOptions {
  /** The window; 2 by default. */
  readonly poolSize?: PerAxis;
  /** How far the window moves; poolSize by default, so that windows do not overlap. */
  readonly strides?: PerAxis;
  /** "valid" by default. */
  readonly padding?: Exclude<Padding, "causal">;
  readonly name?: string;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether zeros of the padding count as elements; false by default, as in Keras, while PyTorch says true. */
  readonly countIncludePad?: boolean;
}

const known: readonly string[] = ["poolSize", "strides", "padding", "name"];

function windowsFor(name: string, x: Value, space: readonly number[], options: PoolOptions): Pool {
  const rank = space.length;
  const window = perAxis(`poolSize of ${name}`, options.poolSize ?? 2, rank);
  const strides = perAxis(`strides of ${name}`, options.strides ?? window, rank);
  const axes = space.map((extent, k) => ({ extent, span: window[k], stride: strides[k] }));
  const { low, high } = paddingOf(name, options.padding ?? "valid", axes);
  const still = window.map(() => 1);
  checkWindows(name, x, space, { window, stride: strides, dilation: still, low, high });
  return { window, strides, dilation: still, low, high };
}

/** Refuses windows that lie in the padding alone: they have no largest element, and no mean. */
function checkFilled(name: string, space: readonly number[], { window, strides, low, high }: Pool): void {
  for (const [k, extent] of space.entries()) {
    const last = Math.floor((extent + low[k] + high[k] - window[k]) / strides[k]) * strides[k] - low[k];
    if (low[k] < window[k] && last < extent) continue;
    refuse("option", `${name}: padding of ${low[k]} and ${high[k]} along axis ${k + 1} leaves a window of ${window[k]} without any of the ${extent} elements`, "padding must be smaller than the window");
  }
} // prettier-ignore

const shapesOf = (rank: number): string =>
  `[n, ${spaceText(rank)}, channels] → [n, positions …, channels], ⌊(extent + padding − poolSize) / strides⌋ + 1 positions an axis`;
const defaults = { poolSize: 2, strides: "poolSize", padding: "valid" };

function maxPoolOf(name: string, rank: number): Documented<(x: Value, options?: PoolOptions) => Value> {
  return documented(
    {
      kind: "layer",
      doc: "The largest element of every window; padding is never the largest, NaN always is, and the gradient goes to the first of equals.",
      formula: "y[p] = maxₖ x[strides·p + k − padding]",
      shapes: shapesOf(rank),
      defaults,
      keras: `MaxPooling${rank}D`,
      pytorch: `MaxPool${rank}d`,
      onnx: "MaxPool",
    },
    (x: Value, options: PoolOptions = {}) =>
      inLayer(name, options?.name, () => {
        checkOptions(name, options, known);
        const { value, space } = spatial(name, x, rank);
        const pool = windowsFor(name, value, space, options);
        checkFilled(name, space, pool);
        return maxPool(value, pool);
      }),
  );
}

/** How many elements of the input, not of the padding, every window holds. */
function counts(
  space: readonly number[],
  { window, strides, low, high }: Pool,
): { counts: number[]; shape: number[] } {
  const along = space.map((extent, k) =>
    Array.from({ length: Math.floor((extent + low[k] + high[k] - window[k]) / strides[k]) + 1 }, (_, p) => {
      const start = p * strides[k] - low[k];
      return Math.min(start + window[k], extent) - Math.max(start, 0);
    }),
  );
  const outer = along.reduce(
    (table, axis) => table.flatMap((count) => axis.map((more) => count * more)),
    [1],
  );
  return { counts: outer, shape: along.map(({ length }) => length) };
}

function avgPoolOf(name: string, rank: number): Documented<(x: Value, options?: AvgPoolOptions) => Value> {
  return documented(
    {
      kind: "layer",
      doc: "The mean of every window. Zeros of the padding are not counted, unless countIncludePad says so.",
      formula: "y[p] = Σₖ x[strides·p + k − padding] / count[p]",
      shapes: shapesOf(rank),
      defaults: { ...defaults, countIncludePad: false },
      keras: `AveragePooling${rank}D`,
      pytorch: `AvgPool${rank}d (whose count_include_pad is true by default)`,
      onnx: "AveragePool",
    },
    (x: Value, options: AvgPoolOptions = {}) =>
      inLayer(name, options?.name, () => {
        checkOptions(name, options, [...known, "countIncludePad"]);
        const { value, space } = spatial(name, x, rank);
        const pool = windowsFor(name, value, space, options);
        const windows = slidingWindows(padSpace(value, pool.low, pool.high), pool);
        const total = sum(windows, { axes: pool.window.map((_, k) => 1 + rank + k) });
        const { dtype, shape } = total.type;
        const whole = pool.window.reduce((product, extent) => product * extent, 1);
        const padded = [...pool.low, ...pool.high].some((count) => count > 0);
        if (!padded || options.countIncludePad)
          return div(total, spread(constant({ value: whole, dtype, shape: [] }), shape));
        checkFilled(name, space, pool);
        const held = counts(space, pool);
        const table = constantTensor({ values: held.counts, dtype, shape: [...held.shape, 1] });
        return div(total, spread(table, shape));
      }),
  );
}

/** The largest of every window along time: x [n, steps, channels]. */
export const maxPool1d = maxPoolOf("maxPool1d", 1);
/** The largest of every window of images: x [n, height, width, channels]. */
export const maxPool2d = maxPoolOf("maxPool2d", 2);
/** The largest of every window of volumes: x [n, depth, height, width, channels]. */
export const maxPool3d = maxPoolOf("maxPool3d", 3);
/** The mean of every window along time: x [n, steps, channels]. */
export const avgPool1d = avgPoolOf("avgPool1d", 1);
/** The mean of every window of images: x [n, height, width, channels]. */
export const avgPool2d = avgPoolOf("avgPool2d", 2);
/** The mean of every window of volumes: x [n, depth, height, width, channels]. */
export const avgPool3d = avgPoolOf("avgPool3d", 3);
