import type { Value } from "../../ir/graph.ts";
import { dtypes, type DType } from "../../ir/type.ts";
import * as compare from "../../ops/compare.ts";
import * as ops from "../../ops/elementwise.ts";
import * as special from "../../ops/special.ts";
import { suggest } from "../../base/suggest.ts";
import { builtType, here, refuse } from "../context.ts";
import { matched, operand, stretched, broadcastShape, type Operand } from "./operand.ts";

const unary =
  (name: string, strict: (x: Value) => Value) =>
  (x: Operand): Value =>
    here(() => strict(operand(name, x)));

const binary =
  (name: string, strict: (a: Value, b: Value) => Value) =>
  (a: Operand, b: Operand): Value =>
    here(() => {
      const [x, y] = matched(name, [a, b]);
      return strict(x, y);
    });

/** −x, element by element. */
export const neg = unary("neg", ops.neg);
/** |x|; its gradient at 0 is 0. */
export const abs = unary("abs", ops.abs);
/** −1, 0 or 1. */
export const sign = unary("sign", ops.sign);
/** x². */
export const square = unary("square", ops.square);
/** √x; its gradient at 0 is ∞. */
export const sqrt = unary("sqrt", ops.sqrt);
/** 1/√x. */
export const rsqrt = unary("rsqrt", ops.rsqrt);
/** 1/x. */
export const reciprocal = unary("reciprocal", ops.reciprocal);
/** eˣ. */
export const exp = unary("exp", ops.exp);
/** The natural logarithm. */
export const log = unary("log", ops.log);
/** log(1 + x), accurate near 0. */
export const log1p = unary("log1p", ops.log1p);
/** eˣ − 1, accurate near 0. */
export const expm1 = unary("expm1", ops.expm1);
/** 1 / (1 + e⁻ˣ). */
export const sigmoid = unary("sigmoid", ops.sigmoid);
/** The hyperbolic tangent. */
export const tanh = unary("tanh", ops.tanh);
/** The sine of x in radians. */
export const sin = unary("sin", special.sin);
/** The cosine of x in radians. */
export const cos = unary("cos", special.cos);
/** The error function 2/√π · ∫₀ˣ e^(−t²) dt. */
export const erf = unary("erf", special.erf);
/** log(1 + eˣ), finite wherever x is. */
export const softplus = unary("softplus", special.softplus);
/** log σ(x), finite wherever x is. */
export const logSigmoid = unary("logSigmoid", special.logSigmoid);
/** max(x, 0); its gradient at 0 is 0. */
export const relu = unary("relu", ops.relu);
/** The largest whole number that is not above x. */
export const floor = unary("floor", ops.floor);
/** x itself, with a gradient of zero. */
export const stopGradient = unary("stopGradient", compare.stopGradient);

/** a + b, with NumPy broadcasting. */
export const add = binary("add", ops.add);
/** a − b, with NumPy broadcasting. */
export const sub = binary("sub", ops.sub);
/** a · b element by element, with NumPy broadcasting. */
export const mul = binary("mul", ops.mul);
/** a / b, with NumPy broadcasting. */
export const div = binary("div", ops.div);
/** The larger of a and b; at ties each gets half of the gradient. */
export const maximum = binary("maximum", ops.maximum);
/** The smaller of a and b; at ties each gets half of the gradient. */
export const minimum = binary("minimum", ops.minimum);
/** a to the power b; 0⁰ is 1. */
export const pow = binary("pow", ops.pow);

/** a = b. */
export const equal = binary("equal", compare.equal);
/** a ≠ b. */
export const notEqual = binary("notEqual", compare.notEqual);
/** a < b. */
export const less = binary("less", compare.less);
/** a ≤ b. */
export const lessEqual = binary("lessEqual", compare.lessEqual);
/** a > b. */
export const greater = binary("greater", compare.greater);
/** a ≥ b. */
export const greaterEqual = binary("greaterEqual", compare.greaterEqual);
/** True where both are. */
export const logicalAnd = binary("logicalAnd", compare.logicalAnd);
/** True where either is. */
export const logicalOr = binary("logicalOr", compare.logicalOr);
/** True where x is not. */
export const logicalNot = unary("logicalNot", compare.logicalNot);
/** True where x is NaN, the only number that differs from itself. */
export const isNaN = (x: Value): Value => notEqual(x, x);

/** Element by element a where the condition holds, else b; all three broadcast. */
export const where = (condition: Value, a: Operand, b: Operand): Value =>
  here(() => {
    const test = operand("where", condition);
    const [x, y] = matched("where", [a, b]);
    const shape = broadcastShape("where", [test.type.shape, x.type.shape]);
    return compare.where(stretched(test, shape), stretched(x, shape), stretched(y, shape));
  });

/** x between low and high. NaN stays NaN, and the gradient is 1 at the bounds themselves. */
export const clip = (x: Operand, low: Operand, high: Operand): Value =>
  here(() => {
    const [value, least, most] = matched("clip", [x, low, high]);
    // A bound is taken only strictly beyond it, so that at the bound the value itself carries the gradient.
    return where(less(value, least), least, where(less(most, value), most, value));
  });

/** x as another dtype; in a float64 build "f32" means f64. */
export const cast = (x: Operand, dtype: DType): Value =>
  here(() => {
    if (!dtypes.includes(dtype))
      refuse("dtype", `cast: no dtype "${String(dtype)}"`, suggest(String(dtype), dtypes));
    const value = operand("cast", x);
    const to = builtType(dtype);
    return value.type.dtype === to ? value : compare.cast(value, { dtype: to });
  });
