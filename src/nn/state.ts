import { builder } from "../ir/builder.ts";
import type { Value } from "../ir/graph.ts";
import { dtypes, isBatch, sameType, shapeText, tensorType, typeText, type DType } from "../ir/type.ts";
import { suggest } from "../base/suggest.ts";
import { leaf } from "../ops/leaves.ts";
import { checkName, checkOptions, isValue, shown } from "./check.ts";
import { builtType, currentFrame, currentRun, here, joined, place, refuse } from "./context.ts";
import { zeros } from "./initializers.ts";
import { initialValue, knownAgain, type InitializerOption } from "./param.ts";
import { checkValue } from "./sugar/operand.ts";
import { checkShape } from "./types.ts";

export interface StateOptions {
  /** zeros() by default. */
  readonly initializer?: InitializerOption;
  /** "f32" by default, which is f64 in a float64 build. */
  readonly dtype?: DType;
}

/**
 * Declares a tensor that is saved with the parameters but not trained, such as a running mean or a counter.
 * `assign` gives it its next value; reading it always gives the value of before.
 * @param name unique below the current scope; it may hold "/"
 * @param shape static dims; [] is one number
 */
export function state(name: string, shape: readonly number[], options: StateOptions = {}): Value {
  const run = currentRun();
  const path = joined(currentFrame().path, checkName("state", name));
  const origin = place();
  return builder().within({ ...origin, layer: origin.layer || path }, () => {
    const what = `state "${path}"`;
    checkOptions(what, options, ["initializer", "dtype"]);
    if (!Array.isArray(shape))
      refuse("shape", `${what} needs its shape as an array, found ${shown(shape)}`, "[] is one number");
    if (checkShape(what, shape).some(isBatch))
      refuse("shape", `${what} of shape ${shapeText(shape)} cannot depend on the batch`);
    const { dtype = "f32", initializer = zeros() } = options;
    if (!dtypes.includes(dtype))
      refuse("dtype", `${what}: no dtype ${shown(dtype)}`, suggest(String(dtype), dtypes));
    const made = leaf("state", path, tensorType(builtType(dtype), [...shape]));
    const known = run.states.get(path);
    if (currentFrame().again) return knownAgain("state", path, run.states, made);
    const taken = known ? "state" : run.parameters.has(path) ? "parameter" : undefined;
    if (taken) {
      refuse(
        "duplicate",
        taken === "state" ? `${what} is declared twice` : `${what} is also the name of a parameter`,
        "give one another name, or use shared(name, fn)",
      );
    }
    run.states.set(path, { leaf: made, initial: initialValue("state", path, initializer, made) });
    return made;
  });
}

/**
 * Gives a state its next value. It takes effect in `update`, so `forward` may be repeated and reading the state in
 * build always gives the value of before; in inference it does nothing. Of two assignments in the calls of one
 * shared function the last one counts.
 */
export const assign = (to: Value, value: Value): void =>
  here(() => {
    const { target, path } = assignable(to);
    const next = checkValue("assign", value);
    if (!sameType(next.type, target.type)) {
      refuse(
        "shape",
        `state "${path}" is ${typeText(target.type)} and cannot be assigned ${typeText(next.type)}`,
        next.type.dtype === target.type.dtype ? undefined : `use cast(x, "${target.type.dtype}")`,
      );
    }
    addAssignment(path, target, () => next);
  });

/** The same for layers that may be called several times: `next` is given what earlier calls made of the state. */
export const assignNext = (to: Value, next: (before: Value) => Value): void =>
  here(() => {
    const { target, path } = assignable(to);
    const { origin } = builder();
    addAssignment(path, target, (before) =>
      origin ? builder().within(origin, () => next(before)) : next(before),
    );
  });

function assignable(to: unknown): { readonly target: Value; readonly path: string } {
  const target = isValue(to) ? checkValue("assign", to) : undefined;
  const path = String(target?.node.attrs["name"]);
  if (target?.node.op === "state" && currentRun().states.get(path)?.leaf === target) return { target, path };
  return refuse(
    "value",
    `assign takes a state as its first argument, found ${target ? `the result of ${target.node.op}` : shown(to)}`,
    'declare one: const count = state("count", [])',
  );
}

function addAssignment(path: string, target: Value, next: (before: Value) => Value): void {
  const run = currentRun();
  if (!currentFrame().again && run.assignments.some((other) => other.path === path)) {
    refuse("duplicate", `state "${path}" is assigned twice`, "combine what it should become in one value");
  }
  if (run.training) run.assignments.push({ path, target, next });
}
