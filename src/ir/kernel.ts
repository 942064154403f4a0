import type { LeafOp } from "./graph.ts";
import type { Axis, Index } from "./index.ts";
import type { Reduction } from "./op.ts";
import type { ScalarOp } from "./expr.ts";
import type { Phase } from "./phase.ts";
import type { DType, Shape } from "./type.ts";

/**
 * What a buffer is kept for; a cell lives in memory of its own, the others in the shared temporary region, but for
 * "numbers", which are float64 in arrays beside the arena: short temporaries, and what a product reads, written out for it.
 */
export type BufferKind = "cell" | "constant" | "temporary" | "row" | "numbers";

/** A piece of the arena that kernels read and write, row-major with n at its maximum. */
export interface Buffer {
  /** Unique in its program; a hint of the layer and the op, in letters that an identifier may have. */
  readonly name: string;
  readonly kind: BufferKind;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The leaf that a cell belongs to; a "gradient" is one parameter's part of the gradient block of its step. */
  readonly cell?: {
    readonly kind: LeafOp | "gradient" | "result";
    readonly name: string;
    readonly step?: string | null;
  };
  /** The contents of a constant. */
  readonly values?: readonly number[];
}

/** `hidden_relu` of `hidden_relu_2`, which is the same value in another entry. */
export const plainName = (name: string): string => name.replace(/_\d+$/, "");

/** Scalar expressions of a kernel: loads read buffers, locals read earlier items of the same iteration. */
export type KernelExpr =
  | { readonly kind: "const"; readonly value: number; readonly dtype: DType }
  | { readonly kind: "load"; readonly buffer: Buffer; readonly at: readonly Index[]; readonly dtype: DType }
  | { readonly kind: "local"; readonly name: string; readonly dtype: DType }
  | {
      readonly kind: "op";
      readonly op: ScalarOp;
      readonly args: readonly KernelExpr[];
      readonly dtype: DType;
    }
  | {
      readonly kind: "guard";
      readonly test: KernelExpr;
      readonly yes: KernelExpr;
      readonly no: KernelExpr;
      readonly dtype: DType;
    }
  | { readonly kind: "index"; readonly index: Index; readonly dtype: DType }
  | { readonly kind: "size"; readonly times: number; readonly dtype: DType };

/** An element of a buffer, which one by the axes around it. */
export interface Element {
  readonly buffer: Buffer;
  readonly at: readonly Index[];
}

/** Where an item's value goes. Gradients accumulate: `backward` clears their block first unless told to add. */
export interface Target extends Element {
  readonly accumulate: boolean;
}

/**
 * One value of a stage. Without `reduce` it is computed at every point of outer × inner. With `reduce`, the
 * points are folded over the stage's inner axes, or ("outer") over the whole kernel.
 */
export interface Item {
  readonly name: string;
  readonly dtype: DType;
  readonly value: KernelExpr;
  readonly reduce: { readonly op: Reduction; readonly over: "inner" | "outer" } | null;
  readonly targets: readonly Target[];
}

/** The part of an axis that counts: from one end of the axis where the other is given alone. */
export interface Only {
  readonly axis: string;
  readonly from?: Index;
  readonly upTo?: Index;
}

/** Items that share one loop over `inner`, in order. */
export interface Stage {
  readonly inner: readonly Axis[];
  readonly items: readonly Item[];
  /**
   * Up to where the only inner axis counts: beyond, sums take in 0, extremes one constant that they have met already, and
   * what is stored is 0.
   */
  readonly only?: Only & { readonly upTo: Index };
}

/** The core of a template kernel: a fold over `depth` axes of the product of its operands. */
export interface Core {
  readonly template: string;
  readonly depth: readonly Axis[];
  readonly operands: readonly Element[];
  /** The part of a depth axis on which the product is not known to be 0. */
  readonly only?: Only;
  /** The local that holds the folded value, in float64 on the js target. */
  readonly result: string;
  readonly dtype: DType;
}

/** A whole nest from `templates/` without a schedule: arrays in order, the one it writes last, then sizes. */
export interface Nest {
  readonly template: string;
  readonly arrays: readonly Buffer[];
  readonly sizes: Shape;
  /** True for a nest that only adds to the array it writes, where that must be cleared first. */
  readonly clear: boolean;
  /** True for a nest that adds to what a gradient holds already. */
  readonly accumulate: boolean;
}

/** How many iterations of a kernel's loops are computed at once. */
export interface Tiles {
  /** Register tile per outer axis: this many iterations (or vectors, along an axis of lanes) are unrolled and jammed. */
  readonly tile: readonly number[];
  /**
   * Outer axes that run in whole tiles although n may end within one: what is computed beyond n is never read. What no tile
   * of the largest n fills has a tile of its size, so that the last one never ends beyond the array.
   */
  readonly whole: readonly boolean[];
  /**
   * Of how many iterations of the axis before them the rows that fill no tile share one; 1 where each has a smaller tile
   * of its own.
   */
  readonly join: number;
  /** Columns of the tile in which rows that fill no tile are computed, one by one. */
  readonly alone: number;
}

/** The decisions of the cost model. Lowering adds only what needs no model: very short loops are written out. */
export interface ScheduleRecord extends Tiles {
  /**
   * Axes whose loops run in lanes, four iterations at a time: the last outer one, or inner ones. Of several loops over
   * one axis those stay scalar that carry something from one iteration to the next.
   */
  readonly lanes: readonly string[];
  /** The tiles for engines without relaxed SIMD, where they are others and both kinds of engines are compiled for. */
  readonly plain: Tiles | null;
  /** True where the templates of scalar functions of float32 are called, not written out at every use. */
  readonly calls: boolean;
  /** Neighbours in one pass share its object, and become one function; null for a kernel that is one by itself. */
  readonly pass: RowPass | null;
}

/**
 * Kernels that are computed together, row of the batch by row, what they compute for a row in locals. Those without the
 * axis of rows come before or after all rows.
 */
export interface RowPass {
  readonly name: string;
  /** Comment lines beside those of its kernels. */
  readonly doc: readonly string[];
  /** The loop over the rows: the first outer axis of each kernel that has it. */
  readonly row: Axis;
}

/** A loop over time around kernels, which take its counter as an argument. */
export interface TimeLoop {
  readonly axis: Axis & { readonly extent: number };
  /** From the last time to the first. */
  readonly reverse: boolean;
}

export interface Kernel {
  readonly name: string;
  /** Comment lines: what it computes, which gradient it is, from which line. */
  readonly doc: readonly string[];
  readonly phase: Phase;
  /** The loops around the kernel, outermost first; neighbours in the same loop share its object. */
  readonly loops: readonly TimeLoop[];
  readonly outer: readonly Axis[];
  readonly core: Core | null;
  readonly nest: Nest | null;
  readonly stages: readonly Stage[];
  /** Of a product's columns, or panels of them, those that anybody reads, by the first row of a tile; all where absent. */
  readonly read?: Only & { readonly upTo: Index };
  /** Scalars computed once before the loops. */
  readonly before: readonly Item[];
  /** Scalars computed once after the loops, from the outer folds. */
  readonly after: readonly Item[];
  readonly record: ScheduleRecord;
}

/** A kernel before its decisions. */
export type KernelDraft = Omit<Kernel, "record">;

/** All kernels of a program, in running order per phase, and the buffers they use. */
export interface Schedule {
  readonly kernels: readonly Kernel[];
  readonly buffers: readonly Buffer[];
  /** Where each output of predict and evaluate, and the loss, is found. */
  readonly results: readonly { readonly phase: Phase; readonly name: string; readonly buffer: Buffer }[];
}
