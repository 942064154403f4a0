import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { sameType, typeText } from "../ir/type.ts";
import { mul } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";
import { placeholder } from "../ops/leaves.ts";
import { grad } from "./grad.ts";
import { needLinear, withoutCotangent } from "./linear.ts";
import { vjp } from "./vjp.ts";

/**
 * The derivative of y along a direction v of x (J·v). A vjp is linear in its cotangent u, so its own vjp by u is
 * J·v whatever u is; u is a placeholder that the result does not contain.
 * Fails with "gradient" where a gradient on the way is not linear in its cotangent.
 */
export function jvp(y: Value, x: Value, v: Value): Value {
  needDirection(x, v);
  const u = placeholder({ token: `${y.node.id}.${y.index}`, dtype: y.type.dtype, shape: y.type.shape });
  const [pulled] = vjp([y], [u], [x]);
  needLinear(pulled, u);
  const [pushed] = vjp([pulled], [v], [u]);
  return withoutCotangent(pushed, pulled, u);
}

/** The Hessian of a loss by x times a direction v: the gradient of ⟨gradient, v⟩. */
export function hvp(loss: Value, x: Value, v: Value): Value {
  needDirection(x, v);
  const [gradient] = grad(loss, [x]);
  const along = mul(gradient, v);
  return grad(sum(along, { axes: along.type.shape.map((_, k) => k) }), [x])[0];
}

function needDirection(x: Value, v: Value): void {
  if (sameType(x.type, v.type)) return;
  fail("gradient", `a direction must be ${typeText(x.type)}, found ${typeText(v.type)}`);
}
