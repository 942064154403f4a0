import type { LocalType, LoopOp } from "./loop.ts";

/** Rows and columns of a product that are computed at once, for products of fewer multiply-adds than `below`. */
export interface ProductTile {
  readonly below: number;
  readonly rows: number;
  readonly columns: number;
}

/** What the middle of the compiler must know of a target; everything else about it is its printer's business. */
export interface Backend {
  readonly name: "js" | "wasm";
  /** In which precision f32 numbers are held between a load and a store. */
  readonly compute: "f64" | "f32";
  /** Numbers that one operation handles at once, where the schedule finds neighbours. */
  readonly lanes: 1 | 4;
  /** The template that computes a scalar function in this type; undefined where the target has the function itself. */
  readonly scalar: (op: LoopOp, type: LocalType, lanes: 1 | 4) => string | undefined;
  /** Register tiles of products, in ascending order of `below`. */
  readonly tiles: readonly ProductTile[];
  /** A product x@yᵀ of so many rows and multiply-adds reads yᵀ written out. */
  readonly pack: { readonly rows: number; readonly work: number };
  /** Training steps of at most this many points of computation are written as one straight line; 0 for never. */
  readonly straightPoints: number;
}
