import type { NumericArray, TableSpec } from "../data/index.ts";

/** What `evaluate` answers: a number for each scalar metric, an array for the others. */
export type Metrics = Readonly<Record<string, number | Float64Array>>;

/** One array an input, then the number of rows; undefined is listed because the modules declare `n?: number`. */
export type InputsAndRows = (NumericArray | number | undefined)[];

/** What is needed of an instance of a generated module; its own types are narrower. */
export interface Trainable {
  /** Every byte worth saving, live. */
  readonly state: Uint8Array;
  /** Updates so far. */
  readonly step: number;
  /** The parameters by name, live. */
  readonly params: Readonly<Record<string, Float32Array | Float64Array>>;
  /** The optimizer's scalars; absent where it has none. */
  readonly hyper?: Record<string, number>;
  /** One update from a batch; the loss before it. */
  trainStep(...inputsAndRows: InputsAndRows): number;
  /** Takes a batch into the running totals; the metrics over all rows since they were set back, one reused object. */
  evaluate(...inputsAndRows: InputsAndRows): object;
  /** Sets the running totals back. */
  resetMetrics(): void;
}

/** A block of the state, as `spec.parameters` and `spec.states` list them. */
export interface BlockSpec {
  /** The path of a parameter, such as "hidden/kernel", or the name of a state. */
  readonly name: string;
  /** "f32", "f64", "i32", "u32" or "bool". */
  readonly dtype: string;
  /** Its dims; none for one number. */
  readonly shape: readonly number[];
  /** In bytes from the beginning of `state`. */
  readonly offset: number;
}

/** A block of `spec.states`. */
export interface StateBlockSpec extends BlockSpec {
  /** True for what predicting needs beside the parameters, such as running statistics. */
  readonly inference?: boolean;
}

/** The part of a generated module's `spec` that saving and loading need. */
export interface StateSpec {
  /** The version that made the module. */
  readonly gradc: string;
  /** What the model is called. */
  readonly name: string;
  /** Stands at the end of every saved state, so that one of another layout is refused. */
  readonly layoutHash: string;
  /** What is trained. */
  readonly parameters: readonly BlockSpec[];
  /** What is saved beside: running statistics, optimizer slots, counters and settings. */
  readonly states: readonly StateBlockSpec[];
  /** Null for a model without a table. */
  readonly table: TableSpec | null;
}
