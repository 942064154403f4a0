import {
  abs,
  add,
  div,
  exp,
  expm1,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  reciprocal,
  rsqrt,
  sigmoid,
  sqrt,
  sub,
} from "../../ops/elementwise.ts";
import { logSoftmax, logSumExp, softmax } from "../../ops/fused.ts";
import { sum } from "../../ops/broadcast.ts";
import { rule, type Rule } from "../rule.ts";
import { axesOf, inputOf, like } from "../values.ts";
import type { Value } from "../../ir/graph.ts";

const one = (x: Value): Value => like(x, 1);
/** log(1 + exp(−|x|)), which never overflows. */
const tail = (x: Value): Value => log1p(exp(neg(abs(x))));
const isTail = ({ node }: Value): boolean => node.op === "neg" && node.inputs[0].node.op === "abs";

/** x − max x, whose exponentials are safe already: what logSumExp itself expands to. */
const isShifted = ({ node }: Value): boolean =>
  node.op === "sub" && unmoved(node.inputs[1]).node.op === "max";
const unmoved = (x: Value): Value =>
  x.node.op === "broadcastTo" || x.node.op === "reshape" ? unmoved(x.node.inputs[0]) : x;

/** Formulas that overflow or cancel, and the ones that do not. All change rounding: that is their purpose. */
export const stability: readonly Rule[] = [
  rule("log(softmax x) = logSoftmax x", (x) => log(softmax(x, { axis: 1 })), (x, y) => logSoftmax(x, { axis: inputOf(y).node.attrs["axis"] as number }), { class: "rounding", types: ["f32[3,4]"], anyAttrs: true, composite: true, domain: [-9, 9] }),
  rule("exp(logSoftmax x) = softmax x", (x) => exp(logSoftmax(x, { axis: 1 })), (x, y) => softmax(x, { axis: inputOf(y).node.attrs["axis"] as number }), { class: "rounding", types: ["f32[3,4]"], anyAttrs: true, composite: true, domain: [-9, 9] }),
  rule("log(Σ exp x) = logSumExp x", (x) => log(sum(exp(x), { axes: [1] })), (x, y) => (isShifted(x) ? null : logSumExp(x, { axes: axesOf(inputOf(y)) })), { class: "rounding", types: ["f32[3,4]"], anyAttrs: true, composite: true, domain: [-9, 9] }),
  rule("1/(1 + exp(−x)) = sigmoid x", (x) => reciprocal(add(exp(neg(x)), one(x))), (x) => sigmoid(x), { class: "rounding", domain: [-30, 30] }),
  rule("exp(x)/(1 + exp x) = sigmoid x", (x) => div(exp(x), add(exp(x), one(x))), (x) => sigmoid(x), { class: "rounding", domain: [-30, 30] }),
  rule("1 − sigmoid x = sigmoid(−x)", (x) => sub(one(x), sigmoid(x)), (x) => sigmoid(neg(x)), { class: "rounding", single: true, domain: [-9, 9] }),
  rule("log(sigmoid x) = min(x, 0) − log1p(exp(−|x|))", (x) => log(sigmoid(x)), (x) => sub(minimum(x, like(x, 0)), tail(x)), { class: "rounding", domain: [-9, 9] }),
  rule("log1p(exp x) = max(x, 0) + log1p(exp(−|x|))", (x) => log1p(exp(x)), (x) => (isTail(x) ? null : add(maximum(x, like(x, 0)), tail(x))), { class: "rounding", domain: [-30, 30] }),
  rule("log(1 − sigmoid x) = min(−x, 0) − log1p(exp(−|x|))", (x) => log(sub(one(x), sigmoid(x))), (x) => sub(minimum(neg(x), like(x, 0)), tail(x)), { class: "rounding", domain: [-9, 9] }),
  rule("log(1 + x) = log1p x", (x) => log(add(x, one(x))), (x) => log1p(x), { class: "rounding", domain: [0.1, 100] }),
  rule("log(1 − x) = log1p(−x)", (x) => log(sub(one(x), x)), (x) => log1p(neg(x)), { class: "rounding", domain: [-100, -0.1] }),
  rule("exp(x) − 1 = expm1 x", (x) => sub(exp(x), one(x)), (x) => expm1(x), { class: "rounding", domain: [0.1, 9] }),
  rule("exp(x) + (−1) = expm1 x", (x) => add(exp(x), like(x, -1)), (x) => expm1(x), { class: "rounding", domain: [0.1, 9] }),
  rule("log √x = ½·log x", (x) => log(sqrt(x)), (x) => mul(log(x), like(x, 0.5)), { class: "rounding", domain: [0.1, 9] }),
  rule("log(rsqrt x) = −½·log x", (x) => log(rsqrt(x)), (x) => mul(log(x), like(x, -0.5)), { class: "rounding", domain: [0.1, 9] }),
]; // prettier-ignore
