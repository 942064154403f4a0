import type { Value } from "../../ir/graph.ts";
import { isBatch, sameType, tensorType, typeText, type TensorType } from "../../ir/type.ts";
import { closeBody, freshPlaceholder } from "../../ops/body.ts";
import * as control from "../../ops/control.ts";
import { narrow } from "../../ops/slice.ts";
import { checkCount, checkOptions, isValue, shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { squeeze } from "./movement.ts";
import { operand } from "./operand.ts";

/** Graph values in arrays and objects of any depth; null where there is nothing. */
export type Nested = Value | null | undefined | readonly Nested[] | { readonly [name: string]: Nested };

export interface ScanOptions {
  /** How many times the body runs; needed only where xs holds nothing. */
  readonly length?: number;
  /** From the last time to the first; false by default. */
  readonly reverse?: boolean;
}

/** The values in a nesting, each with the path that leads to it. */
function leavesOf(nested: Nested, path: string): { readonly path: string; readonly value: Value }[] {
  if (nested === null || nested === undefined) return [];
  if (isValue(nested)) return [{ path, value: operand(path, nested) }];
  if (typeof nested === "number") return [{ path, value: operand(path, nested) }];
  if (Array.isArray(nested)) return nested.flatMap((item: Nested, k) => leavesOf(item, `${path}[${k}]`));
  if (typeof nested !== "object")
    return refuse("value", `${path} must be graph values in arrays and objects, found ${shown(nested)}`);
  return Object.entries(nested).flatMap(([name, item]) => leavesOf(item as Nested, `${path}.${name}`));
}

/** The same nesting with other values in it, taken in order. */
function refilled(nested: Nested, values: Iterator<Value>): Nested {
  if (nested === null || nested === undefined) return nested;
  if (isValue(nested) || typeof nested === "number") return values.next().value as Value;
  if (Array.isArray(nested)) return nested.map((item: Nested) => refilled(item, values));
  const entries = Object.entries(nested).map(([name, item]) => [name, refilled(item as Nested, values)]);
  return Object.fromEntries(entries) as Nested;
}

const first = ({ dtype, shape }: TensorType): TensorType => tensorType(dtype, shape.slice(1));

/** The number of times: the leading dim of every x, or the option. */
function lengthOf(xs: readonly { readonly path: string; readonly value: Value }[], given?: number): number {
  if (given !== undefined) checkCount("the length of scan", given);
  for (const { path, value } of xs) {
    const [dim] = value.type.shape;
    if (dim === undefined || isBatch(dim)) {
      refuse(
        "shape",
        `scan: ${path} must have time as its first axis, of a fixed length, found ${typeText(value.type)}`,
        "transpose a batch of sequences [n, t, …] to [t, n, …] first",
      );
    }
  }
  const length = given ?? (xs[0]?.value.type.shape[0] as number | undefined);
  if (length === undefined)
    return refuse("option", "scan has no xs to take its length from", "give { length }");
  for (const { path, value } of xs) {
    if (value.type.shape[0] === length) continue;
    const where = given === undefined ? `${xs[0].path} has ${length}` : `the option length is ${length}`;
    refuse("shape", `scan: ${path} has ${String(value.type.shape[0])} times, but ${where}`);
  }
  return length;
}

/**
 * `scan(body, init, xs)` runs `body` once for every time, `(carry, x) => [carry, y]`, where x is the part of `xs` at
 * that time (its first axis is time), and gives `[the last carry, all ys, all carries]`. Whatever else of the graph the body uses is the same at all times, a random draw too. Like JAX's `lax.scan`.
 *
 * Gives `[carry, ys, carries]`: the last carry; y of all times, stacked along a new first axis; every carry, stacked in
 * order of time with the initial one before the first time (in reverse: after the last). Carries, xs and ys are graph
 * values in arrays and objects of any depth, or null. The loop stays a loop in the emitted code.
 */
export function scan<C extends Nested, X extends Nested, Y extends Nested>(
  body: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y, C] {
  return here(() => {
    checkOptions("scan", options, ["length", "reverse"]);
    if (typeof body !== "function")
      refuse("value", `scan takes a function (carry, x) => [carry, y], found ${shown(body)}`);
    const { reverse = false } = options;
    const starts = leavesOf(init, "carry");
    const slices = leavesOf(xs, "xs");
    const length = lengthOf(slices, options.length);
    const placeholders = [
      ...starts.map(({ value }) => freshPlaceholder(value.type)),
      ...slices.map(({ value }) => freshPlaceholder(first(value.type))),
    ];
    const given = placeholders.values();
    const result: unknown = body(refilled(init, given) as C, refilled(xs, given) as X);
    if (!Array.isArray(result) || result.length !== 2) {
      const found = Array.isArray(result) ? `${result.length} values` : shown(result);
      return refuse("value", `the body of scan must return [carry, y], found ${found}`, "y may be null");
    }
    const [carry, y] = result as unknown as readonly [C, Y];
    const ends = leavesOf(carry, "carry");
    checkCarries(starts, ends);
    const made = leavesOf(y, "y");
    const outputs = [...ends, ...made].map(({ value }) => value);
    if (outputs.length === 0) refuse("value", "the body of scan returns neither a carry nor a y");
    const closed = closeBody(placeholders, outputs);
    const stacks = control.scan([...[...starts, ...slices].map(({ value }) => value), ...closed.captured], {
      carries: starts.length,
      slices: slices.length,
      length,
      reverse,
      body: closed.body,
    });
    const carries = stacks.slice(0, starts.length);
    const last = carries.map((stack) => squeeze(narrow(stack, 0, ...lastSlot(length, reverse)), 0));
    return [
      refilled(init, last.values()) as C,
      refilled(y, stacks.slice(starts.length).values()) as Y,
      refilled(init, carries.values()) as C,
    ];
  });
}

const lastSlot = (length: number, reverse: boolean): [number, number] =>
  reverse ? [0, 1] : [length, length + 1];

type Leaves = ReturnType<typeof leavesOf>;
function checkCarries(starts: Leaves, ends: Leaves): void {
  const [before, after] = [starts, ends].map((list) => list.map(({ path }) => path).join(", ") || "nothing");
  if (before !== after) {
    refuse("value", `the body of scan returns the carries ${after}, but was given ${before}`);
  }
  for (const [k, { path, value }] of starts.entries()) {
    if (sameType(value.type, ends[k].value.type)) continue;
    const [from, to] = [typeText(value.type), typeText(ends[k].value.type)];
    refuse(
      "shape",
      `${path} of scan starts as ${from}, but the body makes it ${to}`,
      "a carry keeps its type",
    );
  }
}
