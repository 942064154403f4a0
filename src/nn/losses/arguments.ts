import { channelsHint } from "../../ir/channels.ts";
import type { Value } from "../../ir/graph.ts";
import { isBatch, isFloat, sameShape, shapeText, typeText, type Dim } from "../../ir/type.ts";
import { isValue, reject, shown } from "../check.ts";
import { refuse } from "../context.ts";
import { equal, notEqual, where } from "../sugar/elementwise.ts";
import { tensor } from "../sugar/movement.ts";
import { checkValue } from "../sugar/operand.ts";

export function checkFloat(name: string, what: string, x: unknown): Value {
  const value = checkValue(name, x);
  if (!isFloat(value.type.dtype)) {
    refuse("dtype", `${name}: ${what} must be floats, found ${typeText(value.type)}`, `use cast(x, "f32")`);
  }
  return value;
}

/** Two float values of one type. Losses never broadcast: [n] against [n, 1] would compare every row with every other. */
export function alike(
  name: string,
  predictions: unknown,
  targets: unknown,
  [first, second] = ["predictions", "targets"],
): readonly [Value, Value] {
  const [y, t] = [checkFloat(name, first, predictions), checkFloat(name, second, targets)];
  if (!sameShape(y.type.shape, t.type.shape) || y.type.dtype !== t.type.dtype) {
    refuse(
      "shape",
      `${name}: ${first} ${typeText(y.type)} and ${second} ${typeText(t.type)} must have one shape and dtype`,
      channelsHint(y.type.shape, t.type.shape) ?? "losses do not broadcast; reshape one of them",
    );
  }
  return [y, t];
}

/** Rows of vectors: at least one axis, the last of a fixed length, which is given too. */
export function vectors(name: string, x: Value): number {
  const width = x.type.shape.at(-1);
  if (width !== undefined && !isBatch(width)) return width;
  return refuse("shape", `${name} needs a last axis of fixed length, found ${typeText(x.type)}`);
}

/**
 * Refuses what has surely been through softmax over the last axis, or through sigmoid, where a loss applies that itself:
 * it trains, but badly, and nothing else would say so. `taken` says what the loss takes.
 */
export function checkUnnormalized(
  name: string,
  x: Value,
  by: "softmax" | "sigmoid",
  taken = "logits",
): Value {
  const last = (value: Value): Dim | undefined => value.type.shape.at(-1);
  let from = x;
  // A reshape moves no number to another row as long as the last axis stays; sigmoid knows no rows.
  while (from.node.op === "reshape" && (by === "sigmoid" || last(from) === last(from.node.inputs[0])))
    [from] = from.node.inputs;
  const { op, attrs } = from.node;
  if (op !== by || (by === "softmax" && attrs["axis"] !== from.type.shape.length - 1)) return x;
  return refuse(
    "value",
    `${name} takes ${taken}, found the output of ${by}`,
    taken === "logits"
      ? `the loss applies ${by} itself: give it what ${by} was given, and keep ${by} for the outputs`
      : "give it logSoftmax of what softmax was given",
  );
}

/** Logits [..., classes] and i32 labels [...]. */
export function withLabels(name: string, logits: unknown, labels: unknown): readonly [Value, Value] {
  const [x, y] = [checkFloat(name, "logits", logits), checkValue(name, labels)];
  const rows = x.type.shape.slice(0, -1);
  if (x.type.shape.length === 0 || y.type.dtype !== "i32" || !sameShape(rows, y.type.shape)) {
    refuse(
      "shape",
      `${name}: logits ${typeText(x.type)} take i32 labels of shape ${shapeText(rows)}, found ${typeText(y.type)}`,
      "labels hold one class index for each row of logits",
    );
  }
  return [x, y];
}

export interface IgnoreOption {
  /** The label of rows or positions that do not count: a class, or none such as -100. */
  readonly ignoreIndex?: number;
}

/** Labels with a class in the place of what is ignored, and what is not ignored; without one, the labels alone. */
export function counted(
  name: string,
  labels: Value,
  classes: number,
  { ignoreIndex }: IgnoreOption,
): { readonly labels: Value; readonly mask?: Value } {
  if (ignoreIndex === undefined) return { labels };
  if (!Number.isInteger(ignoreIndex) || Math.abs(ignoreIndex) >= 2 ** 31)
    return reject("option", `ignoreIndex of ${name} must be an integer, found ${shown(ignoreIndex)}`);
  const isClass = ignoreIndex >= 0 && ignoreIndex < classes;
  return {
    labels: isClass ? labels : where(equal(labels, ignoreIndex), 0, labels),
    mask: notEqual(labels, ignoreIndex),
  };
}

/** One weight for each class, as numbers or as a value of shape [classes]. */
export function classWeightsOf(name: string, given: unknown, logits: Value): Value | undefined {
  if (given === undefined) return undefined;
  const classes = vectors(name, logits);
  const { dtype } = logits.type;
  if (isValue(given)) {
    const value = checkFloat(name, "classWeights", given);
    if (sameShape(value.type.shape, [classes]) && value.type.dtype === dtype) return value;
    return refuse(
      "shape",
      `${name}: classWeights must be ${dtype}[${classes}] for logits ${typeText(logits.type)}, found ${typeText(value.type)}`,
    );
  }
  if (!Array.isArray(given)) {
    return reject("option", `classWeights of ${name} must be an array of numbers, found ${shown(given)}`);
  }
  if (given.length !== classes) {
    refuse("shape", `${name}: ${given.length} classWeights were given for ${classes} classes`);
  }
  const bad = given.findIndex((weight: unknown) => typeof weight !== "number" || !(weight >= 0));
  if (bad >= 0)
    reject("option", `classWeights of ${name} must be numbers of at least 0, found ${shown(given[bad])} for class ${bad}`); // prettier-ignore
  return tensor(given as number[], dtype);
}
