import type { Buffer } from "./kernel.ts";
import { elementsOf, type Shape } from "./type.ts";

/** Plain numbers up to this length have an array of their own; longer ones share theirs with what is dead by then. */
const longestOwn = 2 ** 10;
export const isShort = (shape: Shape): boolean => elementsOf(shape) <= longestOwn;

/**
 * The regions of the arena, in order. `saved` is what a checkpoint holds; the rest is scratch that starts at
 * `scratchStart`. A predictor's arena ends with the temporaries, so gradients, what is `pending` (losses, and what
 * states become at the next update) and totals come last.
 */
export type Region = "saved" | "constants" | "inputs" | "temporary" | "gradients" | "pending" | "totals";

export interface Placement {
  readonly buffer: Buffer;
  readonly region: Region;
  /** Bytes from the start of the arena. */
  readonly offset: number;
  readonly bytes: number;
  /** First and last kernel (per entry) that need a temporary; null for what lives always. */
  readonly life: readonly [number, number] | null;
}

export interface MemoryPlan {
  readonly placements: ReadonlyMap<Buffer, Placement>;
  /** Buffers of which the last vector of 16 bytes is theirs as a whole: what it has behind their end is nobody's. */
  readonly padded: ReadonlySet<Buffer>;
  /** Arrays of plain numbers beside the arena, and the buffers that share each. */
  readonly numbers: readonly { readonly array: Buffer; readonly holds: readonly Buffer[] }[];
  readonly regions: readonly { readonly region: Region; readonly offset: number; readonly bytes: number }[];
  readonly stateBytes: number;
  /** The bytes of state that prediction needs: parameters and model state, without optimizer slots. */
  readonly predictorStateBytes: number;
  /** Where the scratch of a predictor ends. */
  readonly predictorBytes: number;
  readonly arenaBytes: number;
  /** Persistent regions plus the largest sum of temporaries alive at once: no plan can need less. */
  readonly liveBoundBytes: number;
  /** Identifies the layout of `state`; its last four bytes. */
  readonly layoutHash: string;
}
