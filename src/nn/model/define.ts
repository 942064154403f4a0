import { sourceLine } from "../../ir/builder.ts";
import type { Value } from "../../ir/graph.ts";
import type { OptimizerSpec } from "../../ir/program.ts";
import { dtypes, isBatch } from "../../ir/type.ts";
import { checkName, checkOptions, reject, shown } from "../check.ts";
import type { Metric } from "../metrics/metric.ts";
import { checkShape, type InputDeclaration } from "../types.ts";

/** One of several ways to train a model, with a forward, a backward, an update and a trainStep of its own. */
export interface Step {
  /** One number; the step's gradients are its derivatives. */
  readonly loss: Value;
  /** Without one the step has gradients, but no update. */
  readonly optimizer?: OptimizerSpec;
  /** Paths of the parameters that it trains, such as "generator/**"; all of them by default. Steps may overlap. */
  readonly parameters?: string | readonly string[];
}

/**
 * What build returns. Without a loss the model can only predict; without an optimizer it cannot update.
 * `outputs`, `loss` and `optimizer` are the short form of one function and one step; the general form is
 * `functions` and `steps`.
 */
export interface Built {
  /** What `predict` gives; may be left out of a model with `functions`. */
  readonly outputs?: { readonly [name: string]: Value };
  /** More entries like `predict`: what each gives, by its name. Each takes the inputs that its outputs need. */
  readonly functions?: { readonly [name: string]: { readonly [output: string]: Value } };
  /** One number; the training step's gradients are its derivatives. With `steps` it is evaluated only. */
  readonly loss?: Value;
  /** A metric such as `accuracy(logits, y)`, or any value that is one number (then weighted by rows). */
  readonly metrics?: { readonly [name: string]: Metric | Value };
  /** What changes the parameters after a backward pass, such as `adam({ learningRate: 1e-3 })`. */
  readonly optimizer?: OptimizerSpec;
  /** Several ways to train, called `net.steps.<name>`; `evaluate` reports each loss as "<name>/loss". */
  readonly steps?: { readonly [name: string]: Step };
}

/** How the model is being built: layers such as dropout do nothing in inference. */
export interface Mode {
  /** Whether it is built for a training step, or else for inference. */
  readonly training: boolean;
}

/** The inputs of a model by their names. */
export type Inputs = { readonly [name: string]: InputDeclaration };
/** What `defineModel` takes. */
export interface ModelOptions<I extends Inputs = Inputs> {
  /** What the model is called in messages, in its `spec`, and as a class. */
  readonly name: string;
  /** In the order in which the generated functions take them. */
  readonly inputs: I;
  /** Declares the graph, from a value for each input. Runs once for training and once for inference. */
  readonly build: (inputs: { readonly [name in keyof I]: Value }, mode: Mode) => Built;
  /** Paths of parameters that are not trained: "encoder/**" is everything below, "*" is one segment. */
  readonly frozen?: readonly string[];
}

/** Recognises models across copies of gradc. */
export const modelMark = Symbol.for("gradc.model");

/** What `defineModel` gives: a declaration to compile, frozen. */
export interface Model {
  readonly [modelMark]: true;
  readonly declaration: ModelOptions;
  /** The line of the defineModel call. */
  readonly line: string;
}
export const isModel = (thing: unknown): thing is Model =>
  typeof thing === "object" &&
  thing !== null &&
  (thing as Record<symbol, unknown>)[modelMark] === true &&
  "declaration" in thing;

function checkInput(name: string, input: unknown): void {
  checkName("an input", name);
  const fits =
    typeof input === "object" &&
    input !== null &&
    "shape" in input &&
    "dtype" in input &&
    Array.isArray(input.shape) &&
    (dtypes as readonly unknown[]).includes(input.dtype);
  if (!fits) {
    reject(
      "model",
      `input "${name}" is ${shown(input)}`,
      "declare it with f32(n, 64), i32(n), features(n, table), …",
    );
  }
  const shape = checkShape(`input "${name}"`, (input as InputDeclaration).shape);
  if (shape.slice(1).some(isBatch)) {
    reject(
      "shape",
      `input "${name}" has the batch dimension behind another one`,
      "rows come one after the other: put n first, and transpose inside build",
    );
  }
}

/**
 * Declares a model. `build` is not run here but once for each mode when the model is compiled, so that importing
 * a model costs nothing.
 */
export function defineModel<const I extends Inputs>(options: ModelOptions<I>): Model {
  checkOptions("defineModel", options, ["name", "inputs", "build", "frozen"]);
  const { name, inputs, build, frozen = [] } = options;
  checkName("defineModel", name);
  if (typeof inputs !== "object" || inputs === null) {
    reject("model", `model "${name}" needs inputs, found ${shown(inputs)}`, "inputs: { x: f32(n, 64) }");
  }
  for (const [input, declared] of Object.entries(inputs)) checkInput(input, declared);
  if (typeof build !== "function") {
    reject(
      "model",
      `model "${name}" needs a build function, found ${shown(build)}`,
      "build({ x }) { return { outputs } }",
    );
  }
  if (!Array.isArray(frozen) || !frozen.every((pattern) => typeof pattern === "string")) {
    reject(
      "model",
      `frozen of model "${name}" must be an array of paths, found ${shown(frozen)}`,
      `frozen: ["encoder/**"]`,
    );
  }
  return Object.freeze({
    [modelMark]: true as const,
    declaration: Object.freeze({ ...options, frozen }) as unknown as ModelOptions,
    line: sourceLine(),
  });
}
