import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { isBatch, sizeOf, typeText } from "../ir/type.ts";
import { shaped } from "../ops/broadcast.ts";
import { constantTensor } from "../ops/leaves.ts";
import { concat } from "../ops/movement.ts";
import { vjp } from "./vjp.ts";

/** One vjp is built for every element of y, so a Jacobian with more rows is not what anybody wants. */
const mostRows = 1024;

/**
 * All derivatives of y by x, with shape [...y, ...x]; row by row, from one vjp per element of y.
 * Fails with "gradient" where y or x has the batch dimension or y has more than 1024 elements.
 */
export function jacobian(y: Value, x: Value): Value {
  if ([...y.type.shape, ...x.type.shape].some(isBatch)) {
    fail("gradient", `a Jacobian needs fixed shapes, found ${typeText(y.type)} by ${typeText(x.type)}`);
  }
  const size = sizeOf(y.type.shape);
  if (size > mostRows) {
    fail("gradient", `a Jacobian has at most ${mostRows} rows, found ${size} for ${typeText(y.type)}`, {
      hint: "use vjp or jvp for the products you need",
    });
  }
  const rows = Array.from({ length: size }, (_, row) => {
    const values = Array.from({ length: size }, (_, k) => (k === row ? 1 : 0));
    const [gradient] = vjp([y], [constantTensor({ values, ...y.type })], [x]);
    return shaped(gradient, [1, ...x.type.shape]);
  });
  return shaped(concat(rows, { axis: 0 }), [...y.type.shape, ...x.type.shape]);
}
