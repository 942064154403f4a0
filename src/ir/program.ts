import type { Graph, LeafOp, Value } from "./graph.ts";
import type { TensorType } from "./type.ts";

/** Whole numbers from 0 to below `limit`, and besides them the one that a loss or metric is told to ignore. */
export interface IndexRange {
  readonly limit: number;
  readonly allowed?: number;
}

/** A named piece of memory that outlives a call, or an argument of one: what a leaf reads. */
export interface Cell {
  readonly kind: LeafOp;
  readonly name: string;
  readonly type: TensorType;
  /** The first value of a hyper-parameter; everything else starts at zero or is assigned by the init graph. */
  readonly initial?: number;
  /** Exclusive upper bound of an integer input that is used as an index or a label. */
  readonly limit?: number;
  /** The one value outside the limit that such an input may have, because it is ignored. */
  readonly allowed?: number;
  /** What each entry takes of such an input, by the phase that reads it; `limit` and `allowed` suit them all. */
  readonly ranges?: { readonly [phase: string]: IndexRange };
  /** Of a block: the parameters, gradients or states that it lies over, side by side in this order. */
  readonly members?: readonly string[];
  /** Of what an optimizer keeps: the step that it belongs to; null in a model without named steps. */
  readonly step?: string | null;
}

/** A column of the table a model was declared with; `at` and `width` place it in the features. */
export interface Column {
  readonly name: string;
  readonly kind: "number" | "category" | "label" | "target";
  readonly values?: readonly string[];
  readonly missing: "mean" | "median" | "mode" | "drop" | number | string | null;
  readonly scale: "standard" | "range" | null;
  readonly at: number;
  readonly width: number;
}

export interface TableSpec {
  readonly columns: readonly Column[];
}

/** What a metric's value is called and its shape ([] is a number). */
export interface MetricSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * A whole model as graphs over shared cells. Each graph is a pure function of cells: `init` gives the initial
 * values from a seed, a function outputs in inference mode, `evaluate` the running metrics, and each step trains.
 */
export interface Program {
  readonly name: string;
  readonly precision: "f32" | "f64";
  /** The model file's base name, for comments and headers. */
  readonly source: string;
  readonly batch: number | null;
  readonly cells: readonly Cell[];
  readonly metrics: readonly MetricSpec[];
  readonly table: TableSpec | null;
  readonly graphs: ProgramGraphs;
}

/** An entry that computes outputs in inference mode; the model's `outputs` are those of "predict". */
export interface FunctionGraph {
  readonly name: string;
  readonly graph: Graph;
}

/**
 * `training` is the loss, the next values of states (assigned to pending cells), and the gradient of every parameter
 * that the step trains; `update` is its optimizer; `commit` copies pending cells to their states.
 */
export interface StepGraphs {
  /** Null for the one step of a model that declares `loss` and `optimizer` rather than `steps`. */
  readonly name: string | null;
  readonly training: Graph;
  readonly update: Graph | null;
  readonly commit: Graph | null;
}

export interface ProgramGraphs {
  readonly init: Graph;
  readonly functions: readonly FunctionGraph[];
  readonly evaluate: Graph | null;
  readonly steps: readonly StepGraphs[];
}

/** All graphs in the order in which they are shown. */
export const graphsOf = ({ init, functions, evaluate, steps }: ProgramGraphs): Graph[] => [
  init,
  ...functions.map(({ graph }) => graph),
  ...(evaluate ? [evaluate] : []),
  ...steps.flatMap(({ training, update, commit }) =>
    [training, update, commit].filter((graph) => graph !== null),
  ),
];

/** The same program with every graph replaced. */
export const mapGraphs = (
  { init, functions, evaluate, steps }: ProgramGraphs,
  change: (graph: Graph) => Graph,
): ProgramGraphs => ({
  init: change(init),
  functions: functions.map((fn) => ({ ...fn, graph: change(fn.graph) })),
  evaluate: evaluate && change(evaluate),
  steps: steps.map(({ name, training, update, commit }) => ({
    name,
    training: change(training),
    update: update && change(update),
    commit: commit && change(commit),
  })),
});

/** A step as it is declared: its graph gives the loss and what is assigned. */
export interface DeclaredStep {
  readonly name: string | null;
  readonly forward: Graph;
  /** The patterns that name the parameters it trains, as declared. */
  readonly patterns: readonly string[];
  /** The parameters that it trains, in their order in memory. */
  readonly parameters: readonly Value[];
  /** Builds the update graph once the parameters' flat size is known. */
  readonly optimizer: OptimizerSpec | null;
}

/** The declared model: everything but derivatives. */
export interface Declaration extends Omit<Program, "graphs"> {
  readonly graphs: Omit<ProgramGraphs, "steps">;
  readonly steps: readonly DeclaredStep[];
  readonly parameters: readonly Value[];
}

/**
 * An optimizer is graph too: from flat blocks of parameters and gradients, slots and scalars to new ones.
 * `step` counts from 1 in the first update.
 */
export interface OptimizerSpec {
  readonly name: string;
  /** The line that declared it, for errors. */
  readonly source?: string;
  readonly hyper: { readonly [name: string]: number };
  /** Flat blocks beside the parameters, zero at first. */
  readonly slots: readonly string[];
  /** Saved 0-d f64 values, zero at first. */
  readonly counters: readonly string[];
  /** What the learning rate is multiplied by, from the number of updates made before (0-d f64); 1 if absent. */
  readonly schedule?: (updates: Value) => Value;
  /** The scalar that bounds the gradients before anything else sees them. */
  readonly clip?: Clip;
  /** Each parameter is a block of its own, because the formula takes norms of parameters. */
  readonly perParameter?: boolean;
  /** Inference reads moving averages of the weights instead of the weights; the scalar `ema` is their decay. */
  readonly averages?: boolean;
  /** Only every so many calls update, with the mean of their gradients; 1 if absent. */
  readonly accumulate?: number;
  /** Parameters with scalars of their own; the first group that names a parameter has it. */
  readonly groups?: readonly OptimizerGroup[];
  readonly update: (context: OptimizerContext) => {
    readonly parameters: Value;
    readonly slots: { readonly [name: string]: Value };
    readonly counters?: { readonly [name: string]: Value };
  };
}
export type Clip = "clipValue" | "clipNorm" | "globalClipNorm";

export interface OptimizerGroup {
  /** Stands before the names of what the group has of its own: `encoder/learningRate`. */
  readonly name: string;
  /** Paths of parameters, with `*` and `**`. */
  readonly parameters: readonly string[];
  /** The scalars that the group has of its own; the others are everybody's. */
  readonly own: readonly string[];
  readonly optimizer: OptimizerSpec;
}

export interface OptimizerContext {
  readonly parameters: Value;
  readonly gradients: Value;
  readonly slots: { readonly [name: string]: Value };
  readonly counters: { readonly [name: string]: Value };
  /** Scalars, already cast to the precision and broadcast to the block's shape. */
  readonly hyper: { readonly [name: string]: Value };
  /** The same scalars as 0-d f64 values, for bias corrections computed once. */
  readonly scalars: { readonly [name: string]: Value };
  /** The learning rate of this update, hyper.learningRate × schedule: 0-d f64. */
  readonly rate: Value;
  readonly step: Value;
  readonly spread: (scalar: Value) => Value;
}
