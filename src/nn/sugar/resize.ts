import type { Value } from "../../ir/graph.ts";
import { isBatch, typeText } from "../../ir/type.ts";
import * as contract from "../../ops/contract.ts";
import { spread, shaped } from "../../ops/broadcast.ts";
import { constantTensor } from "../../ops/leaves.ts";
import { checkCount, checkOptions, shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { needFloat } from "./operand.ts";

/** How elements between the given ones are found: as the nearest one, or linearly along each axis. */
export type Interpolation = "nearest" | "bilinear";
export interface ResizeOptions {
  /** The new extent of every axis of space. */
  readonly size: readonly number[];
  /** "bilinear" by default. */
  readonly interpolation?: Interpolation;
}

/**
 * Images at another size: x [n, ...space, channels] gives [n, ...size, channels], for any number of axes of space.
 * Elements are squares with their centres in the middle, as in Keras, `tf.image.resize` and PyTorch's
 * `interpolate(align_corners=False)`: output i lies at (i + ½)·from/to − ½ of the input. "nearest" takes the
 * element there (PyTorch's "nearest-exact"), "bilinear" mixes the two on either side of it, along each axis in
 * turn, and repeats the border. Nothing is smoothed before shrinking.
 */
export const resize = (x: Value, options: ResizeOptions): Value =>
  here(() => {
    checkOptions("resize", options, ["size", "interpolation"]);
    const value = needFloat("resize", x);
    const { shape } = value.type;
    const { size, interpolation = "bilinear" } = options;
    if (shape.length < 3 || shape.slice(1).some(isBatch))
      refuse("shape", `resize expects [n, ...space, channels] with only the first axis a batch, found ${typeText(value.type)}`);
    if (!Array.isArray(size) || size.length !== shape.length - 2)
      refuse("option", `size of resize must have ${shape.length - 2} entries for ${typeText(value.type)}, found ${Array.isArray(size) ? size.length : shown(size)}`);
    const weigh = weights[interpolation] ?? refuse("option", `interpolation of resize cannot be ${shown(interpolation)}`, `it may be "nearest" or "bilinear"`);
    return size.reduce<Value>((part, extent, k) => {
      const to = checkCount("a size of resize", extent);
      return along(part, k + 1, to, weigh);
    }, value);
  }); // prettier-ignore

/** The weights of the input's elements for an output at `place`, by position; positions beyond the border are moved to it. */
type Weigh = (place: number) => readonly (readonly [position: number, weight: number])[];
const weights: { readonly [name in Interpolation]: Weigh } = {
  nearest: (place) => [[Math.floor(place + 0.5), 1]],
  bilinear: (place) => {
    const low = Math.floor(place);
    return [[low, low + 1 - place], [low + 1, place - low]];
  },
}; // prettier-ignore

/** One axis: a product with the matrix of weights, whose gradient is the product with its transpose. */
function along(x: Value, axis: number, to: number, weigh: Weigh): Value {
  const { shape, dtype } = x.type;
  const from = shape[axis] as number;
  if (from === to) return x;
  const table = Array.from({ length: to * from }, () => 0);
  for (let i = 0; i < to; i++) {
    for (const [position, weight] of weigh(((i + 0.5) * from) / to - 0.5))
      table[i * from + Math.min(Math.max(position, 0), from - 1)] += weight;
  }
  const before = (shape.slice(1, axis) as number[]).reduce((product, extent) => product * extent, 1);
  const after = (shape.slice(axis + 1) as number[]).reduce((product, extent) => product * extent, 1);
  const matrix = constantTensor({ values: table, dtype, shape: [to, from] });
  const product = contract.matmul(
    spread(matrix, [shape[0], before, to, from]),
    shaped(x, [shape[0], before, from, after]),
    { transposeA: false, transposeB: false },
  );
  return shaped(product, shape.with(axis, to));
}
