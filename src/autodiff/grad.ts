import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { isFloat, typeText } from "../ir/type.ts";
import { fullLike } from "../ops/broadcast.ts";
import { vjp } from "./vjp.ts";

/**
 * The gradients of a loss by each of `wrt`, with their types. Made of ops, so they can be differentiated again.
 * Fails with "gradient" unless the loss is one float.
 */
export function grad(loss: Value, wrt: readonly Value[]): Value[] {
  if (!isFloat(loss.type.dtype) || loss.type.shape.length > 0) {
    fail("gradient", `a loss must be one float, found ${typeText(loss.type)}`, {
      hint: "reduce it with mean or sum",
    });
  }
  return vjp([loss], [fullLike(1, loss)], wrt);
}
