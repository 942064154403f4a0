import type { NumericArray } from "../../data/index.ts";
import type { StepEntry } from "../entries.ts";
import type { Numbers } from "./difference.ts";

/** One comparison; it holds where `error` is at most `limit`. */
export interface Finding {
  readonly kind: string;
  readonly name: string;
  readonly elements: number;
  readonly error: number;
  readonly limit: number;
}

/** A call of a step with its inputs, and the gradients it gave. */
export interface Situation {
  readonly inputs: readonly NumericArray[];
  readonly n: number | null;
  readonly loss: number;
  /** The step that gave them. */
  readonly entry: StepEntry;
  readonly gradients: ReadonlyMap<string, Numbers>;
}
