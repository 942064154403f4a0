import type { NumericArray, TableSpec } from "../data/index.ts";

/** What `evaluate` answers: a number for each scalar metric, an array for the others. */
export type Metrics = Readonly<Record<string, number | Float64Array>>;

/** One array an input, then the number of rows; undefined is listed because the modules declare `n?: number`. */
type InputsAndRows = (NumericArray | number | undefined)[];

/** What is needed of an instance of a generated module; its own types are narrower. */
export interface Trainable {
  /** Every byte worth saving, live. */
  readonly state: Uint8Array;
  /** Updates so far. */
  readonly step: number;
  readonly params: Readonly<Record<string, Float32Array | Float64Array>>;
  /** The optimizer's scalars; absent where it has none. */
  readonly hyper?: Record<string, number>;
  trainStep(...inputsAndRows: InputsAndRows): number;
  evaluate(...inputsAndRows: InputsAndRows): object;
  resetMetrics(): void;
}

/** A block of the state, as `spec.parameters` and `spec.states` list them. */
export interface BlockSpec {
  readonly name: string;
  readonly dtype: string;
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
  readonly gradc: string;
  readonly name: string;
  readonly layoutHash: string;
  readonly parameters: readonly BlockSpec[];
  readonly states: readonly StateBlockSpec[];
  readonly table: TableSpec | null;
}
