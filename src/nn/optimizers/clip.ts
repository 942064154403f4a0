import type { Value } from "../../ir/graph.ts";
import type { OptimizerSpec } from "../../ir/program.ts";
import { add, cast, clip, div, maximum, mul, neg, sqrt, square } from "../sugar/elementwise.ts";
import { broadcastTo } from "../sugar/movement.ts";
import { sum } from "../sugar/reduce.ts";

interface Gradients {
  readonly gradients: Value;
  readonly scalars: { readonly [name: string]: Value };
}

/** ‖x‖² in float64, so that the squares of large f32 numbers do not overflow. */
export const squaredNorm = (x: Value): Value => sum(square(cast(x, "f64")));

/** What brings a gradient of some norm down to at most `most`: exactly 1 up to there. */
const factorOf = (most: Value, norm: Value): Value => div(most, maximum(norm, most));

/**
 * The gradients of all blocks within the optimizer's bound. `clipValue` bounds each element, `clipNorm` the norm of
 * each parameter's gradient (each a block of its own), `globalClipNorm` the norm of all gradients together. Up to the bound gradients stay
 * what they are, bit by bit. A gradient that is not a number stays one: it then makes the parameters NaN, as
 * without clipping, and is not hidden. An infinite norm makes finite gradients 0 and infinite ones NaN.
 */
export function clipped({ clip: kind }: OptimizerSpec, blocks: readonly Gradients[]): Value[] {
  const spread = (scalar: Value, { type: { dtype, shape } }: Value): Value =>
    broadcastTo(cast(scalar, dtype), shape);
  if (kind === undefined) return blocks.map(({ gradients }) => gradients);
  const norms = blocks.map(({ gradients }) => squaredNorm(gradients));
  const all = sqrt(norms.reduce((a, b) => add(a, b)));
  return blocks.map(({ gradients, scalars }, k) => {
    const most = scalars[kind];
    if (kind === "clipValue") return clip(gradients, spread(neg(most), gradients), spread(most, gradients));
    return mul(gradients, spread(factorOf(most, kind === "clipNorm" ? sqrt(norms[k]) : all), gradients));
  });
}
