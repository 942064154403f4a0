import { suggest } from "../../base/suggest.ts";
import type { Value } from "../../ir/graph.ts";
import { isFloat, typeText } from "../../ir/type.ts";
import { isValue, shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { relu, sigmoid, tanh } from "../sugar/elementwise.ts";
import { checkValue } from "../sugar/operand.ts";
import { logSoftmax, softmax } from "../sugar/reduce.ts";

const named = {
  linear: (x: Value): Value => x,
  relu,
  sigmoid,
  tanh,
  softmax: (x: Value): Value => softmax(x),
  logSoftmax: (x: Value): Value => logSoftmax(x),
} as const;

export type ActivationName = keyof typeof named;
/** The name of an activation, or any function of a value. */
export type Activation = ActivationName | ((x: Value) => Value);

const activations: ReadonlyMap<string, (x: Value) => Value> = new Map(Object.entries(named));

/** Applies an activation by name or as a function: `activation(x, "relu")`. */
export const activation = (x: Value, kind: Activation): Value =>
  here(() => {
    const value = checkValue("activation", x);
    if (!isFloat(value.type.dtype)) {
      refuse("dtype", `activation takes floats, found ${typeText(value.type)}`, `use cast(x, "f32")`);
    }
    const apply: unknown = typeof kind === "string" ? activations.get(kind) : kind;
    if (typeof apply !== "function") {
      const hint = typeof kind === "string" ? suggest(kind, activations.keys()) : "give a name or a function";
      return refuse("option", `there is no activation ${shown(kind)}`, hint);
    }
    const result: unknown = apply(value);
    return isValue(result)
      ? result
      : refuse("value", `the activation function gave ${shown(result)}, not a value`);
  });
