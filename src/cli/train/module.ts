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
  /** Functions beside predict, and named steps, each with the inputs that it takes. */
  readonly functions?: readonly { readonly name: string; readonly inputs: readonly string[] }[];
  readonly steps?: readonly { readonly name: string; readonly inputs: readonly string[] }[];
  /** What evaluate takes, where that is not every input. */
  readonly evaluates?: readonly string[];
  readonly metrics: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly table: DataSpec["table"];
}

type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

export type Call = (...inputsAndRows: (Numbers | number)[]) => Readonly<Record<string, Numbers>>;

/** A step: the network itself, or one of its named steps. */
export interface NetStep {
  readonly step: number;
  readonly gradients: Readonly<Record<string, Float32Array | Float64Array>>;
  readonly hyper: Record<string, number>;
  forward(...inputsAndRows: (Numbers | number)[]): number;
  backward(accumulate?: boolean): void;
  update(): void;
  trainStep(...inputsAndRows: (Numbers | number)[]): number;
}

/** An instance of a generated module; its own types are narrower. */
export interface Net extends Omit<Trainable, "hyper" | "step" | "trainStep">, NetStep {
  readonly steps?: Readonly<Record<string, NetStep>>;
  init(seed: number): void;
  readonly predict: Call;
}

export interface Generated {
  readonly spec: Spec;
  readonly create: (options?: { seed?: number; state?: Uint8Array }) => Net;
  readonly encodeRow?: EncodeRow;
}
