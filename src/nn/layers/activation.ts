import { suggest } from "../../base/suggest.ts";
import type { Value } from "../../ir/graph.ts";
import {
  celu, elu, exponential, gelu, glu, hardShrink, hardSigmoid, hardSwish, hardTanh, leakyRelu, linear, mish, relu6, selu,
  silu, softShrink, softsign, tanhShrink,
} from "../activations/index.ts"; // prettier-ignore
import { documented } from "../about.ts";
import { isValue, shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { logSigmoid, relu, sigmoid, softplus, tanh } from "../sugar/elementwise.ts";
import { needFloat } from "../sugar/operand.ts";
import { logSoftmax, softmax } from "../sugar/reduce.ts";

/** The activations that options take by name. */
export const namedActivations = {
  linear,
  relu: documented({ kind: "activation", doc: "The rectifier; its gradient at 0 is 0.", formula: "max(x, 0)", keras: "relu", pytorch: "ReLU", onnx: "Relu" }, relu),
  leakyRelu,
  relu6,
  elu,
  celu,
  selu,
  gelu,
  glu,
  silu,
  mish,
  sigmoid: documented({ kind: "activation", doc: "The logistic function.", formula: "1 / (1 + e⁻ˣ)", keras: "sigmoid", pytorch: "Sigmoid", onnx: "Sigmoid" }, sigmoid),
  logSigmoid: documented({ kind: "activation", doc: "The logarithm of the sigmoid.", formula: "−log(1 + e⁻ˣ)", keras: "log_sigmoid", pytorch: "LogSigmoid", onnx: null }, logSigmoid),
  hardSigmoid,
  hardSwish,
  tanh: documented({ kind: "activation", doc: "The hyperbolic tangent.", formula: "tanh x", keras: "tanh", pytorch: "Tanh", onnx: "Tanh" }, tanh),
  hardTanh,
  tanhShrink,
  hardShrink,
  softShrink,
  softsign,
  softplus: documented({ kind: "activation", doc: "A smooth rectifier.", formula: "log(1 + eˣ)", keras: "softplus", pytorch: "Softplus", onnx: "Softplus" }, softplus),
  exponential,
  softmax: documented({ kind: "activation", doc: "Positive shares of 1 along the last axis.", formula: "eˣ / Σ eˣ", keras: "softmax", pytorch: "Softmax", onnx: "Softmax" }, (x: Value): Value => softmax(x)),
  logSoftmax: documented({ kind: "activation", doc: "The logarithm of softmax along the last axis.", formula: "x − log Σ eˣ", keras: "log_softmax", pytorch: "LogSoftmax", onnx: "LogSoftmax" }, (x: Value): Value => logSoftmax(x)),
} as const; // prettier-ignore

/** The names under which activations may be given to layers. */
export type ActivationName = keyof typeof namedActivations;
/** The name of an activation, or any function of a value. */
export type Activation = ActivationName | ((x: Value) => Value);

/** Names in Keras and PyTorch that are nothing like those here, though others come close. */
const elsewhere = new Map([
  ["swish", "silu"],
  ["hard_silu", "hardSwish"],
  ["identity", "linear"],
]);

const byName: ReadonlyMap<string, (x: Value) => Value> = new Map(Object.entries(namedActivations));

/** Applies an activation by name or as a function: `activation(x, "relu")`. */
export const activation = documented(
  {
    kind: "layer",
    doc: "An activation by name, or any function of a value.",
    shapes: "[…] → […]",
    keras: "Activation",
    pytorch: null,
  },
  (x: Value, kind: Activation): Value =>
    here(() => {
      const value = needFloat("activation", x);
      const apply: unknown = typeof kind === "string" ? byName.get(kind) : kind;
      if (typeof apply !== "function") {
        const other = typeof kind === "string" ? elsewhere.get(kind) : undefined;
        const close = typeof kind === "string" ? suggest(kind, byName.keys()) : "give a name or a function";
        const hint = other === undefined ? close : `it is called "${other}" here`;
        return refuse("option", `there is no activation ${shown(kind)}`, hint);
      }
      const result: unknown = apply(value);
      return isValue(result)
        ? result
        : refuse("value", `the activation function gave ${shown(result)}, not a value`);
    }),
);
