import type { Value } from "../../ir/graph.ts";
import { isBatch, isFloat, sameType, tensorType, typeText, type DType } from "../../ir/type.ts";
import { full } from "../../ops/broadcast.ts";
import { constantTensor } from "../../ops/leaves.ts";
import { narrow } from "../../ops/slice.ts";
import { documented } from "../about.ts";
import { checkCount, checkOptions, isValue, shown } from "../check.ts";
import { refuse } from "../context.ts";
import { inLayer } from "../param.ts";
import { stopGradient, where } from "../sugar/elementwise.ts";
import { expandDims, reverse, squeeze, transpose } from "../sugar/movement.ts";
import { checkValue, needFloat } from "../sugar/operand.ts";
import { scan } from "../sugar/scan.ts";

/** What every layer over a sequence [n, T, …] takes. */
export interface SequenceOptions {
  /** True gives the output of every time, [n, T, units]; false, the default, that of the last, [n, units]. */
  readonly returnSequences?: boolean;
  /** True gives [output, ...states] with the states after the last time. */
  readonly returnState?: boolean;
  /** From the last time to the first; outputs of all times then stand in that order, as in Keras. */
  readonly goBackwards?: boolean;
  /** bool [n, T]: where it is false a time is passed over, and the states and the output stay as they were. */
  readonly mask?: Value;
  /** The states before the first time, each [n, units]; zeros by default. Give the states of the call before to go on. */
  readonly initialState?: readonly Value[];
  /** The gradient goes back through at most this many times: it stops after every k. */
  readonly truncation?: number;
  readonly name?: string;
}
export const sequenceOptions = [
  "returnSequences", "returnState", "goBackwards", "mask", "initialState", "truncation", "name",
] as const; // prettier-ignore
export const sequenceDefaults = { returnSequences: false, returnState: false, goBackwards: false } as const;

/** One time of a recurrent layer: from x of the time [n, …] and the states to the output and the next states. */
export interface RnnCell {
  /** The width of each state. */
  readonly stateSizes: readonly number[];
  readonly step: (x: Value, states: readonly Value[]) => readonly [output: Value, states: readonly Value[]];
}

/** What a recurrent layer gives: its output, or with `returnState` that and the states. */
export type Recurrent<O extends SequenceOptions> = O extends { readonly returnState: true }
  ? readonly [output: Value, ...states: Value[]]
  : Value;

/** A batch of sequences of floats: [n, T, d] with a fixed length and width. */
export function checkSequence(what: string, x: Value): { value: Value; length: number; width: number } {
  const value = needFloat(what, x);
  const { shape } = value.type;
  const [, length, width] = shape;
  if (shape.length !== 3 || isBatch(length) || isBatch(width)) {
    return refuse(
      "shape",
      `${what} takes a batch of sequences [n, T, d] of fixed length and width, found ${typeText(value.type)}`,
      shape.length === 2 ? "one feature a time is expandDims(x, 2)" : undefined,
    );
  }
  return { value, length, width };
}

interface Time {
  readonly x: Value;
  readonly keep: Value | null;
  readonly cut: Value | null;
}

/** Runs a cell over [n, T, …]: all outputs in order of time [n, T, units], the last one, and the last states. */
export function runCell(
  what: string,
  x: Value,
  cell: RnnCell,
  options: SequenceOptions,
): { readonly sequence: Value; readonly last: Value; readonly states: readonly Value[] } {
  const { goBackwards = false } = options;
  const [, length] = x.type.shape;
  const steps = length as number;
  const inTime = (value: Value): Value =>
    transpose(value, [1, 0, ...value.type.shape.slice(2).map((_, k) => k + 2)]);
  const starts = statesOf(what, options.initialState, cell.stateSizes, x);
  const mask = options.mask === undefined ? null : maskOf(what, options.mask, x);
  const kept = (keep: Value, next: Value, before: Value): Value => where(expandDims(keep, 1), next, before);
  const [states, ys] = scan(
    (before: readonly Value[], { x: now, keep, cut }: Time) => {
      const from = cut === null ? before : before.map((state) => where(cut, stopGradient(state), state));
      const made: unknown = cell.step(now, from);
      const [output, next] = checkStep(what, made, from);
      if (keep === null) return [next, output];
      const stay = next.map((state, k) => kept(keep, state, from[k]));
      // What is a state stays, too; any other output of a time that is passed over is 0.
      const place = next.indexOf(output);
      const still = place < 0 ? kept(keep, output, full(0, output.type)) : stay[place];
      return [stay, still];
    },
    starts,
    {
      x: inTime(x),
      keep: mask && inTime(mask),
      cut: options.truncation === undefined ? null : cutsOf(what, options.truncation, steps, goBackwards),
    },
    { reverse: goBackwards },
  );
  const end = goBackwards ? 0 : steps - 1;
  const last = squeeze(narrow(ys, 0, end, end + 1), 0);
  return { sequence: inTime(ys), last, states };
}

/** The result of a layer as its options ask. */
export function resultOf<O extends SequenceOptions>(
  { sequence, last, states }: ReturnType<typeof runCell>,
  options: O,
): Recurrent<O> {
  const ordered = options.goBackwards ? (): Value => reverse(sequence, 1) : (): Value => sequence;
  const output = options.returnSequences ? ordered() : last;
  return (options.returnState ? [output, ...states] : output) as Recurrent<O>;
}

function statesOf(what: string, given: unknown, sizes: readonly number[], x: Value): Value[] {
  const { shape, dtype } = x.type;
  const types = sizes.map((size) => tensorType(dtype, [shape[0], size]));
  if (given === undefined) return types.map((type) => full(0, type));
  if (!Array.isArray(given) || given.length !== sizes.length) {
    const found = Array.isArray(given) ? `${given.length} values` : shown(given);
    return refuse("value", `initialState of ${what} is a list of ${sizes.length} values, found ${found}`);
  }
  return given.map((state: Value, k) => {
    const value = checkValue(`initialState of ${what}`, state);
    if (!sameType(value.type, types[k]))
      refuse(
        "shape",
        `initialState ${k} of ${what} must be ${typeText(types[k])}, found ${typeText(value.type)}`,
      );
    return value;
  });
}

function maskOf(what: string, given: Value, x: Value): Value {
  const value = checkValue(`mask of ${what}`, given);
  const wanted = tensorType("bool" satisfies DType, x.type.shape.slice(0, 2));
  if (sameType(value.type, wanted)) return value;
  return refuse(
    value.type.dtype === "bool" ? "shape" : "dtype",
    `the mask of ${what} must be ${typeText(wanted)}, a truth value for each time of each row, found ${typeText(value.type)}`,
    value.type.dtype === "bool" ? undefined : "compare to make truth values: notEqual(x, 0)",
  );
}

/** At which times no gradient goes back further: after every k of them, in the order in which they run. */
function cutsOf(what: string, truncation: unknown, length: number, backwards: boolean): Value {
  const every = checkCount(`truncation of ${what}`, truncation);
  const cuts = Array.from({ length }, (_, k) => (k > 0 && k % every === 0 ? 1 : 0));
  return constantTensor({ values: backwards ? cuts.reverse() : cuts, dtype: "bool", shape: [length] });
}

function checkStep(
  what: string,
  made: unknown,
  before: readonly Value[],
): readonly [output: Value, states: readonly Value[]] {
  const [output, states] = Array.isArray(made) ? (made as unknown[]) : [];
  if (!Array.isArray(made) || made.length !== 2 || !isValue(output) || !Array.isArray(states)) {
    return refuse("value", `the step of ${what} must return [output, states], found ${shown(made)}`);
  }
  if (states.length !== before.length)
    refuse("value", `the step of ${what} must return ${before.length} states, found ${states.length}`);
  return [output, states as Value[]];
}

const known = ["stateSizes", "step", ...sequenceOptions] as const;

/**
 * Any recurrent layer: `step` is run once for every time of x [n, T, …]. It is the loop under lstm, gru and simpleRnn.
 * An output that is none of the states is 0 at times that the mask passes over.
 */
export const rnn = documented(
  {
    kind: "layer",
    doc: "A recurrent layer from a step of one's own.",
    formula: "[yₜ, statesₜ] = step(xₜ, statesₜ₋₁)",
    shapes: "[n, T, …] → [n, units], or [n, T, units] with returnSequences",
    defaults: sequenceDefaults,
    keras: "RNN",
    pytorch: null,
  },
  <const O extends RnnCell & SequenceOptions>(x: Value, options: O): Recurrent<O> =>
    inLayer("rnn", options?.name, () => {
      checkOptions("rnn", options, known);
      const value = checkValue("rnn", x);
      const [, length] = value.type.shape;
      if (value.type.shape.length < 2 || isBatch(length) || !isFloat(value.type.dtype)) {
        refuse(
          "shape",
          `rnn takes a batch of sequences [n, T, …] of floats of fixed length, found ${typeText(value.type)}`,
        );
      }
      if (typeof options.step !== "function")
        refuse(
          "value",
          `step of rnn must be a function (x, states) => [output, states], found ${shown(options.step)}`,
        );
      const sizes: unknown = options.stateSizes;
      if (!Array.isArray(sizes))
        refuse("option", `stateSizes of rnn must be a list of widths, found ${shown(sizes)}`);
      for (const size of sizes as unknown[]) checkCount("a state size of rnn", size);
      return resultOf(runCell("rnn", value, options, options), options);
    }),
);
