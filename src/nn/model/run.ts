import { fail } from "../../base/errors.ts";
import { suggest } from "../../base/suggest.ts";
import { builder } from "../../ir/builder.ts";
import type { Value } from "../../ir/graph.ts";
import type { OptimizerSpec } from "../../ir/program.ts";
import { tensorType, typeText } from "../../ir/type.ts";
import { leaf } from "../../ops/leaves.ts";
import { isValue, shown } from "../check.ts";
import {
  builtType,
  floatType,
  isOwnError,
  newRun,
  originOf,
  type ModelBuilder,
  type Run,
} from "../context.ts";
import { isMetric, type Metric } from "../metrics/metric.ts";
import { isOptimizer } from "../optimizers/optimizer.ts";
import { add } from "../sugar/elementwise.ts";
import { checkValue } from "../sugar/operand.ts";
import { preparedFeatures } from "../table.ts";
import type { Built, Model } from "./define.ts";

/** What one run of build gave, checked. */
export interface Ran {
  readonly run: Run;
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
  /** With the penalties of regularisers. */
  readonly loss: Value | null;
  readonly metrics: ReadonlyMap<string, Metric | Value>;
  readonly optimizer: OptimizerSpec | null;
}

/** Runs the build function once in a mode. Call it with the builder in force. */
export function runBuild(model: Model, own: ModelBuilder, training: boolean): Ran {
  const { name, inputs: declared, build } = model.declaration;
  own.run = newRun(training);
  const inputs = new Map<string, Value>();
  // Without a prototype an input may be called anything, __proto__ included.
  const given = Object.create(null) as Record<string, Value>;
  for (const [input, { dtype, shape, features, source = model.line }] of Object.entries(declared)) {
    const value = own.within({ layer: "", source }, () =>
      leaf("input", input, tensorType(builtType(dtype), shape)),
    );
    inputs.set(input, value);
    given[input] = features ? preparedFeatures(value, features, source) : value;
  }
  let result: unknown;
  try {
    result = build(Object.freeze(given), Object.freeze({ training }));
  } catch (error) {
    if (isOwnError(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return fail("build", `the build function of model "${name}" failed: ${message}`, {
      place: { source: model.line },
      cause: error,
    });
  }
  return { run: own.run, inputs, ...checkResult(model, result, own.run) };
}

const keys = ["outputs", "loss", "metrics", "optimizer"];

function checkResult(model: Model, result: unknown, run: Run): Omit<Ran, "run" | "inputs"> {
  const refuse = (sentence: string, hint?: string): never =>
    fail("model", `${sentence} (model "${model.declaration.name}")`, { place: { source: model.line }, hint });
  if (result instanceof Promise) {
    // What the promise comes to is of no interest any more, and must not end the process.
    result.catch(() => undefined);
    return refuse("build must not be async", "load data before, and declare the graph only");
  }
  if (typeof result !== "object" || result === null || Array.isArray(result) || isValue(result)) {
    const found = result === undefined ? "nothing" : shown(result);
    return refuse(
      `build must return { outputs, loss, metrics, optimizer }, found ${found}`,
      "return { outputs: { y } }",
    );
  }
  for (const key of Object.keys(result)) {
    if (!keys.includes(key)) refuse(`build returned the unknown key "${key}"`, suggest(key, keys));
  }
  const { outputs, loss, metrics, optimizer } = result as Built;
  if (
    typeof outputs !== "object" ||
    outputs === null ||
    isValue(outputs) ||
    Object.keys(outputs).length === 0
  ) {
    return refuse("build must return at least one output", "outputs: { probabilities: softmax(logits) }");
  }
  const named = new Map(Object.entries(outputs));
  for (const [name, value] of named) {
    if (name === "") refuse("an output needs a name that is not empty");
    if (!isValue(value)) refuse(`output "${name}" is ${shown(value)}, not a graph value`);
    checkValue(`output "${name}"`, value);
  }
  if (optimizer !== undefined && !isOptimizer(optimizer)) {
    return refuse(`optimizer is ${shown(optimizer)}`, "give one such as adam({ learningRate: 1e-3 })");
  }
  if (optimizer && !loss)
    return refuse("an optimizer needs a loss to make smaller", "return a loss, or no optimizer");
  return {
    outputs: named,
    loss: loss === undefined ? null : totalLoss(checkLoss(loss, refuse), run),
    metrics: checkMetrics(metrics, refuse),
    optimizer: optimizer ?? null,
  };
}

type Refuse = (sentence: string, hint?: string) => never;

function checkLoss(loss: unknown, refuse: Refuse): Value {
  if (!isValue(loss)) return refuse(`the loss is ${shown(loss)}, not a graph value`);
  checkValue("the loss", loss);
  const { dtype, shape } = loss.type;
  if (shape.length > 0 || dtype !== floatType()) {
    refuse(
      `the loss must be one number, ${floatType()}[], found ${typeText(loss.type)}`,
      shape.length > 0 ? "reduce it with mean or sum" : `use cast(loss, "f32")`,
    );
  }
  return loss;
}

/** Penalties join at the line of the loss; they come from their own layers. */
const totalLoss = (loss: Value, { penalties }: Run): Value =>
  builder().within(originOf(loss), () => penalties.reduce((total, penalty) => add(total, penalty), loss));

function checkMetrics(metrics: unknown, refuse: Refuse): Map<string, Metric | Value> {
  if (metrics === undefined) return new Map();
  if (typeof metrics !== "object" || metrics === null || isValue(metrics) || isMetric(metrics)) {
    return refuse(
      `metrics must be an object of metrics, found ${shown(metrics)}`,
      "metrics: { accuracy: accuracy(logits, y) }",
    );
  }
  const named = new Map(Object.entries(metrics as Record<string, Metric | Value>));
  for (const [name, metric] of named) {
    if (name === "") refuse("a metric needs a name that is not empty");
    if (name === "loss")
      refuse(`a metric cannot be called "loss": evaluate() reports the loss itself under that name`);
    if (isMetric(metric)) continue;
    if (!isValue(metric)) {
      refuse(
        `metric "${name}" is ${shown(metric)}`,
        "give a metric such as accuracy(logits, y), or a value that is one number",
      );
    }
    checkValue(`metric "${name}"`, metric);
    if (metric.type.shape.length > 0) {
      refuse(
        `metric "${name}" must be one number, found ${typeText(metric.type)}`,
        "reduce it with mean or sum",
      );
    }
  }
  return named;
}
