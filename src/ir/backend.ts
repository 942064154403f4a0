import type { Lanes, LocalType, LoopExpr, LoopOp } from "./loop.ts";

/** Rows and columns of a product that are computed at once, for products of fewer multiply-adds than `below`. */
export interface ProductTile {
  readonly below: number;
  readonly rows: number;
  readonly columns: number;
}

/** What vector instructions cost and what they find near, for the estimates of the schedule. */
export interface VectorFacts {
  /** Vector registers that a tile of a product may take. */
  readonly registers: number;
  /**
   * Whether multiplying and adding are one instruction. An engine that has it also reads the rows of a tile one after the
   * other, as the code does; older ones read all that a step needs before they compute.
   */
  readonly fused: boolean;
  /** Fewer instructions than this from one use of a sum to the next wait for it. */
  readonly latency: number;
  /** What reading or writing four numbers that are no neighbours costs, beside one operation on four lanes. */
  readonly gather: number;
  /** What starting four lanes of a fold and joining them costs. */
  readonly join: number;
  /** What calling a function costs beyond the function itself. */
  readonly call: number;
  /** Bytes that surely stay in the first cache. */
  readonly nearBytes: number;
  /** The tile of a product whose depth runs in lanes. */
  readonly depthTile: { readonly rows: number; readonly columns: number };
}

/**
 * What is kept as plain numbers, which an engine reads in fewer instructions than floats of a typed array: all
 * temporaries of a model whose tensors are short, and copies of what large products read.
 */
export interface NumbersFacts {
  /** Neighbours that compute at most so many terms and values for a row are computed together, row by row. */
  readonly passWork: number;
  /** Multiply-adds of a product, over all times of the loops around it, that are worth the code that writes its operands. */
  readonly leastWork: number;
  /** So often must an element be read to be worth its writing. */
  readonly leastReads: number;
  /** The register tile where what the rows read is written out; the other way round where only the columns' is. */
  readonly tile: { readonly rows: number; readonly columns: number };
  /** The template that does an operation with a bound, in code that reads short arrays of plain numbers. */
  readonly bounded: (op: LoopOp, bound: LoopExpr | undefined) => string | undefined;
}

/**
 * What the middle of the compiler must know of a target and of the precision that it is compiled for. Everything else
 * about a target is its printer's business.
 */
export interface Backend {
  readonly name: "js" | "wasm";
  /**
   * The same target on engines without relaxed SIMD, where a module has code for both: the record of a kernel then has
   * tiles for either (`ScheduleRecord.plain`), and the program functions (`LoopProgram.plain`). Null where one code serves all.
   */
  readonly plain: Backend | null;
  /** In which precision f32 numbers are held between a load and a store. */
  readonly compute: "f64" | "f32";
  /** Numbers that one operation handles at once, where a loop walks through neighbours. */
  readonly lanes: Lanes;
  /** Null for a target with one lane. */
  readonly vectors: VectorFacts | null;
  /** Null for a target that reads all arrays alike. */
  readonly numbers: NumbersFacts | null;
  /**
   * The template that computes a scalar function for a value of this type; undefined where the target has the function
   * itself, and for lanes that it can only compute one by one. A template of another type has the values cast.
   */
  readonly scalar: (op: LoopOp, type: LocalType, lanes: Lanes) => string | undefined;
  /** Register tiles of products that do not run in lanes, in ascending order of `below`. */
  readonly tiles: readonly ProductTile[];
  /**
   * What an optimizer keeps of the past is 0 where it is smaller than this. Averages of what stays 0 would shrink until
   * they are denormal numbers and stay so, on which a processor spends a hundred times as long.
   */
  readonly leastSlot: number;
  /**
   * Which products x@yᵀ read yᵀ written out: those of so many rows, and of so many multiply-adds; null where operands are
   * written out as numbers.
   */
  readonly pack: { readonly rows: number; readonly work: number } | null;
}

/** Whether an operation on four lanes is one for all of them: no scalar function, or one with a template for lanes. */
export const hasLanes = ({ scalar }: Pick<Backend, "scalar">, op: LoopOp, type: LocalType): boolean =>
  scalar(op, type, 1) === undefined || scalar(op, type, 4) !== undefined;
