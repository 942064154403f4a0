import { fail } from "../../base/errors.ts";
import type { Value } from "../../ir/graph.ts";
import { tensorType } from "../../ir/type.ts";
import { leaf } from "../../ops/leaves.ts";
import { builtType, isOwnError, newRun, type ModelBuilder, type Run } from "../context.ts";
import { preparedFeatures } from "../table.ts";
import type { Model } from "./define.ts";
import { checkResult, type Result } from "./result.ts";

/** What one run of build gave, checked. */
export interface Ran extends Result {
  readonly run: Run;
  readonly inputs: ReadonlyMap<string, Value>;
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
  return { run: own.run, inputs, ...checkResult(model, result) };
}
