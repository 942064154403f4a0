import type { Value } from "../../ir/graph.ts";
import { checkNumber, checkOptions, reject, shown } from "../check.ts";

/**
 * A learning rate that changes with the number of updates made so far: `base` is what `hyper.learningRate` is at
 * first, and each update multiplies that scalar by `factor`. So the scalar stays assignable, and scales all rates.
 */
export interface Schedule {
  readonly schedule: string;
  readonly base: number;
  /** From the number of updates made before this one (0-d f64, 0 in the first) to a 0-d f64. */
  readonly factor: (updates: Value) => Value;
}

/** A constant, or a schedule such as `cosineDecay({ … })`. */
export type LearningRate = number | Schedule;

export const isSchedule = (thing: unknown): thing is Schedule =>
  typeof thing === "object" && thing !== null && "schedule" in thing && "factor" in thing;

/** A schedule by its name, frozen: it may be shared between models. */
export function schedule(name: string, base: number, factor: (updates: Value) => Value): Schedule {
  return Object.freeze({ schedule: name, base, factor });
}

/** Options of a schedule, each checked as it is asked for. */
export interface Asked {
  /** A rate that others are divided by, so not 0. */
  readonly rate: (option: string) => number;
  /** A number of updates, at least 1 (or `least`). */
  readonly count: (option: string, otherwise?: number, least?: number) => number;
  readonly number: (option: string, otherwise: number | undefined, least?: number, below?: number) => number;
  readonly flag: (option: string) => boolean;
}

/** Refuses options that do not exist, then reads those that do. */
export function asked(name: string, options: object, known: readonly string[]): Asked {
  checkOptions(name, options, known);
  const given = new Map<string, unknown>(Object.entries(options));
  const what = (option: string): string => `${option} of ${name}`;
  return {
    rate: (option) => positive(what(option), given.get(option)),
    count: (option, otherwise, least = 1) => {
      const value = given.get(option) ?? otherwise;
      if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value;
      return reject(
        "option",
        `${what(option)} must be a whole number of updates, at least ${least}, found ${shown(value)}`,
      );
    },
    number: (option, otherwise, least = 0, below = Infinity) =>
      checkNumber(what(option), given.get(option) ?? otherwise, least, below),
    flag: (option) => {
      const value = given.get(option) ?? false;
      return typeof value === "boolean"
        ? value
        : reject("option", `${what(option)} must be true or false, found ${shown(value)}`);
    },
  };
}

/** A finite number above 0. */
export function positive(what: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  return reject("option", `${what} must be a finite number above 0, found ${shown(value)}`);
}
