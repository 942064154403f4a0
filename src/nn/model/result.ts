import { fail } from "../../base/errors.ts";
import { suggest } from "../../base/suggest.ts";
import type { Value } from "../../ir/graph.ts";
import type { OptimizerSpec } from "../../ir/program.ts";
import { typeText } from "../../ir/type.ts";
import { isValue, shown } from "../check.ts";
import { floatType } from "../context.ts";
import { isMetric, type Metric } from "../metrics/metric.ts";
import { isOptimizer } from "../optimizers/optimizer.ts";
import { checkValue } from "../sugar/operand.ts";
import type { Built, Model } from "./define.ts";

/** A step of what build returned; the one of a model that declares `loss` and `optimizer` has no name. */
export interface BuiltStep {
  readonly name: string | null;
  readonly loss: Value;
  readonly optimizer: OptimizerSpec | null;
  /** Paths of the parameters that it trains. */
  readonly parameters: readonly string[];
}

/** What build returned, checked. */
export interface Result {
  /** "predict" first, where the model has outputs. */
  readonly functions: ReadonlyMap<string, ReadonlyMap<string, Value>>;
  /** The model's own loss, which with `steps` is only evaluated. */
  readonly loss: Value | null;
  readonly metrics: ReadonlyMap<string, Metric | Value>;
  readonly steps: readonly BuiltStep[];
}

const keys = ["outputs", "loss", "metrics", "optimizer", "steps", "functions"];
const stepKeys = ["loss", "optimizer", "parameters"];

/** Members of every network, which no function may be called. */
const members = new Set(
  (
    "state step steps params gradients hyper init forward backward update trainStep evaluate resetMetrics predict " +
    "constructor"
  ).split(" "),
);

type Refuse = (sentence: string, hint?: string) => never;

export function checkResult(model: Model, result: unknown): Result {
  const refuse: Refuse = (sentence, hint) =>
    fail("model", `${sentence} (model "${model.declaration.name}")`, { place: { source: model.line }, hint });
  if (result instanceof Promise) {
    // What the promise comes to is of no interest any more, and must not end the process.
    result.catch(() => undefined);
    return refuse("build must not be async", "load data before, and declare the graph only");
  }
  if (!isRecord(result)) {
    const found = result === undefined ? "nothing" : shown(result);
    return refuse(
      `build must return { outputs, loss, metrics, optimizer }, found ${found}`,
      "return { outputs: { y } }",
    );
  }
  checkKeys("build returned", result, keys, refuse);
  const { outputs, functions, loss, metrics, optimizer, steps } = result as Built;
  const named = functionsOf(outputs, functions, refuse);
  checkOptimizer("optimizer", optimizer, refuse);
  if (steps !== undefined && optimizer !== undefined) {
    return refuse(
      "build returned both an optimizer and steps",
      "each step has its own: steps: { first: { loss, optimizer } }",
    );
  }
  if (optimizer && !loss)
    return refuse("an optimizer needs a loss to make smaller", "return a loss, or no optimizer");
  const own = loss === undefined ? null : checkLoss("the loss", loss, refuse);
  return {
    functions: named,
    loss: own,
    metrics: checkMetrics(metrics, isRecord(steps) ? Object.keys(steps) : [], refuse),
    steps:
      steps !== undefined
        ? stepsOf(steps, refuse)
        : own
          ? [{ name: null, loss: own, optimizer: optimizer ?? null, parameters: ["**"] }]
          : [],
  };
}

const isRecord = (thing: unknown): thing is object =>
  typeof thing === "object" && thing !== null && !Array.isArray(thing) && !isValue(thing) && !isMetric(thing);

function checkKeys(what: string, given: object, known: readonly string[], refuse: Refuse): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) refuse(`${what} the unknown key "${key}"`, suggest(key, known));
  }
}

function functionsOf(
  outputs: unknown,
  functions: unknown,
  refuse: Refuse,
): Map<string, ReadonlyMap<string, Value>> {
  const found = new Map<string, ReadonlyMap<string, Value>>();
  if (outputs !== undefined || functions === undefined)
    found.set("predict", outputsOf("build", "an output", "output", outputs, refuse));
  if (functions === undefined) return found;
  if (!isRecord(functions) || Object.keys(functions).length === 0)
    refuse(
      `functions must be an object of functions' outputs, found ${isRecord(functions) ? "none" : shown(functions)}`,
      "functions: { encode: { code } }",
    );
  for (const [name, given] of Object.entries(functions as object)) {
    if (name === "") refuse("a function needs a name that is not empty");
    if (members.has(name) || name.startsWith("$")) {
      refuse(
        `a function cannot be called "${name}": every network has a member of that name`,
        name === "predict" ? "its outputs are the model's: return { outputs }" : "give it another name",
      );
    }
    const own = `function "${name}"`;
    found.set(name, outputsOf(own, `an output of ${own}`, `output of ${own}`, given, refuse));
  }
  return found;
}

function outputsOf(
  what: string,
  one: string,
  named: string,
  outputs: unknown,
  refuse: Refuse,
): Map<string, Value> {
  if (!isRecord(outputs) || Object.keys(outputs).length === 0) {
    refuse(
      `${what} must return at least one output`,
      what === "build" ? "outputs: { probabilities: softmax(logits) }" : "functions: { encode: { code } }",
    );
  }
  const values = new Map(Object.entries(outputs as { readonly [name: string]: Value }));
  for (const [name, value] of values) {
    if (name === "") refuse(`${one} needs a name that is not empty`);
    const own = named.replace("output", () => `output "${name}"`);
    if (!isValue(value)) refuse(`${own} is ${shown(value)}, not a graph value`);
    checkValue(own, value);
  }
  return values;
}

function stepsOf(steps: unknown, refuse: Refuse): BuiltStep[] {
  if (!isRecord(steps) || Object.keys(steps).length === 0) {
    return refuse(
      `steps must be an object of steps, found ${isRecord(steps) ? "none" : shown(steps)}`,
      "steps: { discriminator: { loss, optimizer, parameters } }",
    );
  }
  return Object.entries(steps).map(([name, given]: [string, unknown]): BuiltStep => {
    if (name === "") refuse("a step needs a name that is not empty");
    const what = `step "${name}"`;
    if (!isRecord(given)) return refuse(`${what} is ${shown(given)}`, "{ loss, optimizer, parameters }");
    checkKeys(`${what} has`, given, stepKeys, refuse);
    const { loss, optimizer, parameters = "**" } = given as NonNullable<Built["steps"]>[string];
    if (loss === undefined) refuse(`${what} needs a loss`, "{ loss, optimizer, parameters }");
    checkOptimizer(`the optimizer of ${what}`, optimizer, refuse);
    const patterns: readonly unknown[] = Array.isArray(parameters) ? parameters : [parameters];
    if (patterns.length === 0 || !patterns.every((pattern) => typeof pattern === "string")) {
      refuse(
        `parameters of ${what} must be a path or an array of paths, found ${patterns.length === 0 ? "none" : shown(parameters)}`,
        `parameters: "${name}/**"`,
      );
    }
    return {
      name,
      loss: checkLoss(`the loss of ${what}`, loss, refuse),
      optimizer: optimizer ?? null,
      parameters: patterns as readonly string[],
    };
  });
}

function checkOptimizer(what: string, optimizer: unknown, refuse: Refuse): void {
  if (optimizer !== undefined && !isOptimizer(optimizer))
    refuse(`${what} is ${shown(optimizer)}`, "give one such as adam({ learningRate: 1e-3 })");
}

function checkLoss(what: string, loss: unknown, refuse: Refuse): Value {
  if (!isValue(loss)) return refuse(`${what} is ${shown(loss)}, not a graph value`);
  checkValue(what, loss);
  const { dtype, shape } = loss.type;
  if (shape.length > 0 || dtype !== floatType()) {
    refuse(
      `${what} must be one number, ${floatType()}[], found ${typeText(loss.type)}`,
      shape.length > 0 ? "reduce it with mean or sum" : `use cast(loss, "f32")`,
    );
  }
  return loss;
}

/** What `evaluate` calls the loss of a step. */
export const lossName = (step: string | null): string => (step === null ? "loss" : `${step}/loss`);

function checkMetrics(
  metrics: unknown,
  steps: readonly string[],
  refuse: Refuse,
): Map<string, Metric | Value> {
  if (metrics === undefined) return new Map();
  if (!isRecord(metrics)) {
    return refuse(
      `metrics must be an object of metrics, found ${shown(metrics)}`,
      "metrics: { accuracy: accuracy(logits, y) }",
    );
  }
  const named = new Map(Object.entries(metrics as Record<string, Metric | Value>));
  for (const [name, metric] of named) {
    if (name === "") refuse("a metric needs a name that is not empty");
    if (name === "loss" || steps.some((step) => lossName(step) === name))
      refuse(`a metric cannot be called "${name}": evaluate() reports the loss itself under that name`);
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
