import type { Buffer, Schedule } from "../../ir/kernel.ts";
import type { Phase } from "../../ir/phase.ts";
import type { StepGraphs } from "../../ir/program.ts";
import type { Pack } from "./pack.ts";

/** A property of an instance: its type, the expression it starts with, and statements that belong to it. */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly before?: string;
  readonly then?: string;
  readonly mutable?: boolean;
}

/**
 * What computes inside an emitted module. The module around it (checks, copies, views, types) is the same for every
 * target; all that it must know of how kernels are held and run is here.
 */
export interface Engine {
  /** With results in the buffers whose views the module has. */
  readonly schedule: Schedule;
  readonly packs: readonly Pack[];
  /** Whether kernels take views, which are then the ones that users see too. */
  readonly takesViews: boolean;
  /** The buffers of a phase that instances need views of, or of the step written as one; its inputs among them. */
  readonly buffersOf: (phase: Phase) => readonly Buffer[];
  /** Whether a phase takes the run-time batch size. */
  readonly usesBatch: (phase: Phase) => boolean;
  /** Names of the module's top level that arguments must not hide. */
  readonly names: readonly string[];
  /** The kernels as definitions in front of the classes. */
  readonly kernels: readonly string[];
  /** Constants behind everything else: what nobody reads, which a compressor packs best where it disturbs no text. */
  readonly last: readonly string[];
  /** Functions that the kernels need, after those of the checks. */
  readonly helpers: readonly string[];
  /** What an instance must hold, besides views, to run a phase. */
  readonly fields: readonly Field[];
  /** Statements that run a phase on the memory of `self`. */
  readonly run: (phase: Phase, self: string) => string[];
  /** Statements that run a whole training step; null where that is its three methods one after the other. */
  readonly runStep: (step: StepGraphs, self: string) => string[] | null;
  /** How much of the whole a predictor keeps, which ends the sentence about it. */
  readonly predictorShare: string;
  readonly memory: EngineMemory;
}

/** How an instance comes by its memory. Every constructor has a `buffer` among its names. */
export interface EngineMemory {
  /** Where a byte of the arena lies in the buffer. */
  readonly place: (offset: number) => string;
  readonly predictor: Constructor;
  readonly network: Constructor;
  /** The parameters of a named step's class after the network, which hands on its own variables of these names. */
  readonly step: readonly Parameter[];
  /** Statements of `create`, and of `createPredictor`, whose `state` is checked already. */
  readonly create: readonly string[];
  readonly createPredictor: readonly string[];
  /** What both must be given among their options, for memory of their own to be made. */
  readonly given: readonly Parameter[];
}
export interface Parameter {
  readonly name: string;
  readonly type: string;
}
export interface Constructor {
  readonly parameters: readonly Parameter[];
  readonly first: readonly string[];
}
