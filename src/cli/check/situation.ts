import type { NumericArray } from "../../data/index.ts";
import type { Numbers } from "./difference.ts";

/** One comparison; it holds where `error` is at most `limit`. */
export interface Finding {
  readonly kind: string;
  readonly name: string;
  readonly elements: number;
  readonly error: number;
  readonly limit: number;
}

/** A call of the module with its inputs, and the gradients it gave. */
export interface Situation {
  readonly inputs: readonly NumericArray[];
  readonly n: number | null;
  readonly loss: number;
  /** Runs `forward` on the inputs as they are now. */
  readonly lossNow: () => number;
  readonly gradients: ReadonlyMap<string, Numbers>;
}
