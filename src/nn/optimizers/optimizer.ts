import { builder, sourceLine } from "../../ir/builder.ts";
import type { Value } from "../../ir/graph.ts";
import type { Clip, OptimizerContext, OptimizerGroup, OptimizerSpec } from "../../ir/program.ts";
import { checkCount, checkNumber, checkOptions, reject, shown } from "../check.ts";
import { isSchedule, positive, type LearningRate } from "../schedules/schedule.ts";
import { add, mul, sub } from "../sugar/elementwise.ts";
import { groupsOf, type GroupOptions } from "./groups.ts";

/** What every optimizer takes. */
export interface OptimizerOptions {
  /** `hyper.learningRate`; a schedule such as cosineDecay({ … }) changes it with the number of updates. */
  readonly learningRate?: LearningRate;
  /** Adds weightDecay·p to the gradient (L2), after clipping; decoupled, it shrinks p itself by rate·weightDecay. */
  readonly weightDecay?: number;
  /** True shrinks the parameters by themselves first, as adamW always does. */
  readonly decoupledWeightDecay?: boolean;
  /** Bounds each element of the gradients to ± this. */
  readonly clipValue?: number;
  /** Scales each parameter's gradient down to at most this norm. */
  readonly clipNorm?: number;
  /** Scales all gradients down together to at most this norm. */
  readonly globalClipNorm?: number;
  /**
   * Keeps moving averages of the weights, average ← ema·average + (1 − ema)·weight after each update, which the
   * model's functions and `evaluate` read instead of the weights: 0.999 is usual.
   */
  readonly ema?: number;
  /**
   * Makes one update of so many calls, from the mean of their gradients, so that several small batches do for a
   * large one; `step` counts updates. 1 by default.
   */
  readonly accumulate?: number;
  /** Parameters with scalars of their own: `{ "encoder/**": { learningRate: 1e-4, weightDecay: 0 } }`. */
  readonly groups?: { readonly [nameOrPattern: string]: GroupOptions };
}

/** A scalar that an optimizer takes: from `least` up to but not including `below`. */
export interface Scalar {
  readonly initial?: number;
  readonly least?: number;
  readonly below?: number;
}

export type Options = { readonly [option: string]: unknown };

/** What a step is made from: the gradients clipped and with L2 decay, the parameters already shrunk. */
export interface StepContext extends OptimizerContext {
  /** Options that are true or false. */
  readonly flags: { readonly [name: string]: boolean };
}

export interface Step {
  /** What is subtracted from the parameters. */
  readonly change: Value;
  readonly slots?: { readonly [name: string]: Value };
  readonly counters?: { readonly [name: string]: Value };
}

/** An optimizer as the formula that is its own. */
export interface OptimizerRoom {
  readonly name: string;
  /** The default; absent where it must be given. */
  readonly learningRate?: number;
  readonly scalars?: { readonly [name: string]: Scalar };
  readonly flags?: readonly string[];
  /**
   * How weights decay: as asked for ("l2" unless decoupled), always "decoupled", or by the "own" formula. A number
   * is the default of `weightDecay`.
   */
  readonly decay: "l2" | "decoupled" | "own";
  readonly weightDecay?: number;
  readonly perParameter?: boolean;
  readonly slots: (options: Options) => readonly string[];
  readonly counters?: readonly string[];
  readonly step: (context: StepContext) => Step;
}

const clips: readonly Clip[] = ["clipValue", "clipNorm", "globalClipNorm"];

/** What is known of an optimizer's options: their names, for itself and for a group of its parameters. */
const scalarsOf = (room: OptimizerRoom): string[] => [
  "learningRate",
  "weightDecay",
  ...Object.keys(room.scalars ?? {}),
];
const flagsOf = (room: OptimizerRoom): string[] => [
  ...(room.flags ?? []),
  ...(room.decay === "l2" ? ["decoupledWeightDecay"] : []),
];

/** Checks the options of an optimizer and makes it; its nodes are said to come from the line that declared it. */
export function optimizer(room: OptimizerRoom, options: object): OptimizerSpec {
  checkOptions(room.name, options, [
    ...scalarsOf(room),
    ...flagsOf(room),
    ...clips,
    "ema",
    "accumulate",
    "groups",
  ]);
  const given = options as Options;
  const asked = clips.filter((clip) => given[clip] !== undefined);
  if (asked.length > 1) reject("option", `${room.name} takes one of ${asked.join(" and ")}, not both`);
  const groups = groupsOf(room.name, given["groups"], scalarsOf(room)).map(
    ({ name, parameters, changes }): OptimizerGroup => ({
      name,
      parameters,
      own: Object.keys(changes),
      optimizer: specOf(room, { ...given, ...changes }, given["learningRate"]),
    }),
  );
  return specOf(room, given, undefined, groups);
}

/** `outer` is the rate that a group stands in: its schedule goes on where the group gives a mere number. */
function specOf(
  room: OptimizerRoom,
  options: Options,
  outer: unknown,
  groups: readonly OptimizerGroup[] = [],
): OptimizerSpec {
  const { name } = room;
  const rate = options["learningRate"] ?? room.learningRate;
  if (typeof rate === "function")
    reject(
      "option",
      `learningRate of ${name} is a function`,
      "schedules are called: cosineDecay({ … }), not cosineDecay",
    );
  const schedule = isSchedule(rate) ? rate : isSchedule(outer) ? outer : undefined;
  const hyper: Record<string, number> = {
    learningRate: isSchedule(rate) ? rate.base : checkNumber(`learningRate of ${name}`, rate, 0),
  };
  // A scalar exists in the program only if it was asked for; then it stays assignable, even from 0.
  const all: [string, Scalar][] = [
    ...Object.entries(room.scalars ?? {}),
    ["weightDecay", { initial: room.weightDecay }],
  ];
  for (const [scalar, { initial, least = 0, below }] of all) {
    const value = options[scalar] ?? initial;
    if (value !== undefined) hyper[scalar] = checkNumber(`${scalar} of ${name}`, value, least, below);
  }
  const clip = clips.find((kind) => options[kind] !== undefined);
  if (clip) hyper[clip] = positive(`${clip} of ${name}`, options[clip]);
  if (options["ema"] !== undefined) hyper["ema"] = checkNumber(`ema of ${name}`, options["ema"], 0, 1);
  const accumulate = checkCount(`accumulate of ${name}`, options["accumulate"] ?? 1);
  const flags: Record<string, boolean> = {};
  for (const flag of flagsOf(room)) {
    const value = options[flag] ?? false;
    if (typeof value !== "boolean")
      return reject("option", `${flag} of ${name} must be true or false, found ${shown(value)}`);
    flags[flag] = value;
  }
  const origin = { layer: name, source: sourceLine() };
  return Object.freeze({
    name,
    source: origin.source,
    hyper: Object.freeze(hyper),
    slots: room.slots({ ...hyper, ...flags }),
    counters: room.counters ?? [],
    ...(schedule ? { schedule: schedule.factor } : {}),
    ...(clip ? { clip } : {}),
    ...("ema" in hyper ? { averages: true } : {}),
    ...(accumulate > 1 ? { accumulate } : {}),
    perParameter: room.perParameter === true || clip === "clipNorm",
    groups,
    update: (context: OptimizerContext) =>
      builder().within(origin, () => updateWith(room, { ...context, flags })),
  });
}

/** Decay, the room's own step, and the subtraction. */
function updateWith(room: OptimizerRoom, context: StepContext): ReturnType<OptimizerSpec["update"]> {
  const { hyper, scalars, rate, spread, flags } = context;
  const decays = "weightDecay" in hyper && room.decay !== "own";
  const decoupled = room.decay === "decoupled" || flags["decoupledWeightDecay"];
  let { parameters, gradients } = context;
  if (decays && decoupled) parameters = mul(parameters, spread(sub(1, mul(rate, scalars["weightDecay"]))));
  else if (decays) gradients = add(gradients, mul(hyper["weightDecay"], parameters));
  const { change, slots = {}, counters } = room.step({ ...context, parameters, gradients });
  return { parameters: sub(parameters, change), slots, ...(counters ? { counters } : {}) };
}

export const isOptimizer = (thing: unknown): thing is OptimizerSpec =>
  typeof thing === "object" && thing !== null && "update" in thing && "slots" in thing && "hyper" in thing;
