import type { DataSpec, EncodeRow } from "../../data/index.ts";
import type { StateSpec, Trainable } from "../../train/index.ts";

export interface OutputSpec {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}

/** The part of a generated module's `spec` that the commands read. */
export interface Spec extends DataSpec, StateSpec {
  readonly name: string;
  readonly batch: number | null;
  readonly outputs: readonly OutputSpec[];
  readonly metrics: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly table: DataSpec["table"];
}

type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

/** An instance of a generated module; its own types are narrower. */
export interface Net extends Trainable {
  readonly gradients: Readonly<Record<string, Float32Array | Float64Array>>;
  readonly hyper: Record<string, number>;
  init(seed: number): void;
  forward(...inputsAndRows: (Numbers | number)[]): number;
  backward(accumulate?: boolean): void;
  update(): void;
  predict(...inputsAndRows: (Numbers | number)[]): Readonly<Record<string, Numbers>>;
}

export interface Generated {
  readonly spec: Spec;
  readonly create: (options?: { seed?: number; state?: Uint8Array }) => Net;
  readonly encodeRow?: EncodeRow;
}
