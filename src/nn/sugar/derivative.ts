import * as autodiff from "../../autodiff/index.ts";
import type { Value } from "../../ir/graph.ts";
import { isBatch, isFloat, sameType, typeText } from "../../ir/type.ts";
import { here, refuse } from "../context.ts";
import { checkValue } from "./operand.ts";

function floatValue(what: string, x: unknown): Value {
  const value = checkValue(what, x);
  if (!isFloat(value.type.dtype))
    refuse("dtype", `${what} differentiates floats, found ${typeText(value.type)}`);
  return value;
}

function scalarLoss(what: string, x: unknown): Value {
  const loss = floatValue(what, x);
  if (loss.type.shape.length > 0) {
    refuse(
      "shape",
      `${what} takes a loss that is one number, found ${typeText(loss.type)}`,
      "reduce it with mean or sum, or use vjp with a cotangent",
    );
  }
  return loss;
}

function alike(what: string, x: Value, v: unknown): Value {
  const value = checkValue(what, v);
  if (!sameType(x.type, value.type)) {
    refuse("shape", `${what}: the vector must be like ${typeText(x.type)}, found ${typeText(value.type)}`);
  }
  return value;
}

/** ∂loss/∂x for a loss that is one number; zeros where it does not depend on x. A list of x gives a list. */
export function grad(loss: Value, wrt: Value): Value;
export function grad(loss: Value, wrt: readonly Value[]): Value[];
export function grad(loss: Value, wrt: Value | readonly Value[]): Value | Value[];
export function grad(loss: Value, wrt: Value | readonly Value[]): Value | Value[] {
  return here(() => {
    const y = scalarLoss("grad", loss);
    const found = autodiff.grad(
      y,
      [wrt].flat().map((x) => floatValue("grad", x)),
    );
    return Array.isArray(wrt) ? found : found[0];
  });
}

/** v·∂y/∂x, of x's shape, for a cotangent v of y's shape. A list of x gives a list. */
export function vjp(y: Value, x: Value, v: Value): Value;
export function vjp(y: Value, x: readonly Value[], v: Value): Value[];
export function vjp(y: Value, x: Value | readonly Value[], v: Value): Value | Value[] {
  return here(() => {
    const output = floatValue("vjp", y);
    const wrt = [x].flat().map((value) => floatValue("vjp", value));
    const found = autodiff.vjp([output], [alike("vjp", output, v)], wrt);
    return Array.isArray(x) ? found : found[0];
  });
}

/** ∂y/∂x·v, of y's shape, for a tangent v of x's shape. */
export const jvp = (y: Value, x: Value, v: Value): Value =>
  here(() => autodiff.jvp(floatValue("jvp", y), floatValue("jvp", x), alike("jvp", x, v)));

/** The Hessian of a loss times v, of x's shape. */
export const hvp = (loss: Value, x: Value, v: Value): Value =>
  here(() => autodiff.hvp(scalarLoss("hvp", loss), floatValue("hvp", x), alike("hvp", x, v)));

/** All of ∂y/∂x, of y's shape followed by x's; for static shapes only. */
export const jacobian = (y: Value, x: Value): Value =>
  here(() => {
    const [output, input] = [floatValue("jacobian", y), floatValue("jacobian", x)];
    if ([...output.type.shape, ...input.type.shape].some(isBatch)) {
      refuse(
        "shape",
        `jacobian takes static shapes, found ${typeText(output.type)} by ${typeText(input.type)}`,
        "use vjp or jvp over a batch",
      );
    }
    return autodiff.jacobian(output, input);
  });

/** All second derivatives of a loss by x, of x's shape twice; for static shapes only. */
export const hessian = (loss: Value, x: Value): Value =>
  here(() => jacobian(grad(scalarLoss("hessian", loss), floatValue("hessian", x)), x));
