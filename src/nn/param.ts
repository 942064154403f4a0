import { hashOf } from "../base/hash.ts";
import { suggest } from "../base/suggest.ts";
import { builder, sourceLine } from "../ir/builder.ts";
import type { Value } from "../ir/graph.ts";
import { isBatch, sameType, shapeText, tensorType, typeText } from "../ir/type.ts";
import { leaf } from "../ops/leaves.ts";
import { checkName, checkOptions, isValue, shown } from "./check.ts";
import {
  currentFrame,
  currentRun,
  floatType,
  inFrame,
  isOwnError,
  joined,
  place,
  refuse,
  type Declared,
} from "./context.ts";
import { glorotUniform, values, type Initializer } from "./initializers.ts";
import type { NestedNumbers } from "./nested.ts";
import type { Regularizer } from "./regularizers.ts";
import { checkShape } from "./types.ts";

/** An initializer such as `heNormal()`, or the explicit values themselves. */
export type InitializerOption = Initializer | NestedNumbers;

export interface ParamOptions {
  /** glorotUniform() by default. */
  readonly initializer?: InitializerOption;
  /** A penalty that is added to the loss. */
  readonly regularizer?: Regularizer;
}

/** The seed of the init graph. */
export const seedLeaf = (): Value => leaf("seed", "seed", tensorType("u32", []));

/**
 * Declares a trained tensor, named by the path of scopes and layers around it.
 * @param name unique below the current scope; it may hold "/"
 * @param shape static dims; [] is one number
 */
export function param(name: string, shape: readonly number[], options: ParamOptions = {}): Value {
  const run = currentRun();
  const path = joined(currentFrame().path, checkName("param", name));
  const origin = place();
  return builder().within({ ...origin, layer: origin.layer || path }, () => {
    checkOptions(`param "${path}"`, options, ["initializer", "regularizer"]);
    if (!Array.isArray(shape)) {
      refuse(
        "shape",
        `parameter "${path}" needs its shape as an array, found ${shown(shape)}`,
        "[] is one number",
      );
    }
    checkShape(`parameter "${path}"`, shape);
    if (shape.some(isBatch)) {
      refuse("shape", `parameter "${path}" of shape ${shapeText(shape)} cannot depend on the batch`);
    }
    const type = tensorType(floatType(), [...shape]);
    const known = run.parameters.get(path);
    if (currentFrame().again)
      return knownAgain("parameter", path, run.parameters, leaf("parameter", path, type));
    if (known) {
      refuse(
        "duplicate",
        `parameter "${path}" is declared twice`,
        "give one another name, or use shared(name, fn)",
      );
    }
    if (run.states.has(path))
      refuse("duplicate", `parameter "${path}" is also the name of a state`, "give one another name");
    const made = leaf("parameter", path, type);
    const initial = initialValue("parameter", path, options.initializer ?? glorotUniform(), made);
    run.parameters.set(path, { leaf: made, initial });
    if (options.regularizer) run.penalties.push(penaltyOf(path, options.regularizer, made));
    return made;
  });
}

/** What the first call of a shared function declared, in a later one. */
export function knownAgain(
  kind: "parameter" | "state",
  path: string,
  declared: ReadonlyMap<string, Declared>,
  asked: Value,
): Value {
  const known = declared.get(path)?.leaf;
  if (!known) {
    return refuse(
      "shared",
      `a later call of a shared function declares ${kind} "${path}", which its first call did not`,
      suggest(path, [...declared.keys()]),
    );
  }
  if (!sameType(known.type, asked.type)) {
    refuse(
      "shared",
      `${kind} "${path}" is ${typeText(known.type)} in the first call of a shared function, but a later one asks for ${typeText(asked.type)}`,
      "call the shared function with inputs of the same width",
    );
  }
  return known;
}

/** The first value of a parameter or a state, checked. */
export function initialValue(
  kind: "parameter" | "state",
  path: string,
  option: InitializerOption,
  made: Value,
): Value {
  if (typeof option === "string") {
    const hint = "initializers are functions: kernelInitializer: heNormal()";
    return refuse("value", `the initializer of ${kind} "${path}" is ${shown(option)}`, hint);
  }
  const initializer = typeof option === "function" ? (option as Initializer) : values(option);
  let found: unknown;
  try {
    found = initializer(made.type.shape as readonly number[], made.type.dtype, seedLeaf(), hashOf(path));
  } catch (error) {
    if (!isOwnError(error)) throw error;
    return refuse(
      error.code,
      `initializer of ${kind} "${path}": ${error.message.split("\n")[0]}`,
      error.hint,
    );
  }
  if (!isValue(found)) {
    const hint =
      typeof found === "function" ? "initializers are called: heNormal(), not heNormal" : undefined;
    return refuse("value", `the initializer of ${kind} "${path}" gave ${shown(found)}, not a value`, hint);
  }
  if (!sameType(found.type, made.type)) {
    refuse(
      "shape",
      `the initializer of ${kind} "${path}" gave ${typeText(found.type)}, expected ${typeText(made.type)}`,
    );
  }
  return found;
}

function penaltyOf(path: string, regularizer: Regularizer, made: Value): Value {
  const penalty: unknown = typeof regularizer === "function" ? regularizer(made) : regularizer;
  if (isValue(penalty) && sameType(penalty.type, tensorType(floatType(), []))) return penalty;
  const found = isValue(penalty) ? typeText(penalty.type) : shown(penalty);
  return refuse(
    "option",
    `the regularizer of "${path}" must give one number, found ${found}`,
    "use l1(1e-4) or l2(1e-4)",
  );
}

/** Prefixes the names of everything declared inside: `scope("encoder", () => dense(…))` gives encoder/dense. */
export const scope = <T>(name: string, body: () => T): T =>
  inFrame(joined(currentFrame().path, checkName("scope", name)), body);

/**
 * A function whose parameters are the same at each call; the gradients of all its uses add up.
 * Its name takes its place where `shared` is called, however often and wherever the function is.
 */
export function shared<A extends readonly unknown[], T>(
  name: string,
  body: (...args: A) => T,
): (...args: A) => T {
  const outer = currentFrame();
  const run = currentRun();
  const path = claimed("shared", name);
  let calls = 0;
  return (...args) => {
    if (currentRun() !== run) refuse("shared", `shared function "${path}" was made in another build`);
    const again = outer.again || calls++ > 0;
    return inFrame(path, () => body(...args), { again, taken: new Map() });
  };
}

/** Takes a name below the current scope and gives its path; unnamed things count: dense, dense_1, … */
function claimed(kind: string, name?: string): string {
  const { path, taken } = currentFrame();
  const names = taken.get(path) ?? new Set<string>();
  let own = name === undefined ? kind : checkName(kind, name);
  if (name === undefined) for (let k = 1; names.has(own); k++) own = `${kind}_${k}`;
  else if (names.has(own)) {
    refuse(
      "duplicate",
      `two layers are named "${joined(path, own)}"`,
      "give one another name, or use shared(name, fn)",
    );
  }
  taken.set(path, names.add(own));
  return joined(path, own);
}

/** Runs a layer's body under its own path and source line, so that its errors and nodes name them. */
export function inLayer<T>(kind: string, name: string | undefined, body: () => T): T {
  const source = builder().origin?.source || sourceLine();
  const path = builder().within({ layer: currentFrame().path, source }, () => claimed(kind, name));
  return builder().within({ layer: path, source }, () => inFrame(path, body));
}
