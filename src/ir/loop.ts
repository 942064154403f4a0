import type { Buffer, TimeLoop } from "./kernel.ts";
import type { Phase } from "./phase.ts";
import type { DType } from "./type.ts";

/**
 * The loop level: what both printers print and the loop interpreter runs. Its text form is a TypeScript subset.
 * Types of locals: "index" is an address or a counter (exact, printed as plain arithmetic); "f64" and "f32" say
 * in which precision a number is held and an operation rounds, so an accumulator's precision is always explicit.
 */
export type LocalType = "f64" | "f32" | "i32" | "u32" | "bool" | "index";
/**
 * 1 for a scalar, 4 for a 128-bit vector of f32, i32, u32 or bool; f64 and index have no vectors. In an operation with
 * four lanes a scalar operand stands for four copies of itself. The test of a `choose` or an `if` is a scalar; between
 * lanes, `select` chooses. Of two zeros, `maximum` and `minimum` give the greater and the smaller sign, as `Math.max`
 * does; between lanes, the first operand.
 */
export type Lanes = 1 | 4;
/** How many lanes, from the first, a load fills (the others are 0) or a store writes; all of them where it is absent. */
export type Part = 2 | 3;

/** Operations that templates compute, on targets and in types where no instruction or library does. */
export const scalarFunctions = [
  "exp", "log", "expm1", "log1p", "tanh", "sigmoid", "sin", "cos", "erf", "pow", "random",
] as const; // prettier-ignore
export type ScalarFunction = (typeof scalarFunctions)[number];

export const loopOps = [
  "add", "sub", "mul", "div", "rem", "maximum", "minimum",
  "neg", "abs", "sign", "sqrt", "floor", ...scalarFunctions,
  "equal", "notEqual", "less", "lessEqual", "and", "or", "not",
  "xor", "shiftLeft", "shiftRight", "rotateLeft",
  "select", "cast",
  // Intrinsics of the scalar templates: exact powers of two, of the whole range and of a normal f32 only (an addition
  // and a shift), the exponent of a positive number, truncation; what is left of an angle beyond whole quarter turns, and
  // how many these are, modulo 4.
  "pow2", "pow2n", "exponent", "trunc", "turned", "quarter",
] as const; // prettier-ignore
/**
 * Between scalars and lanes, on targets that have any: four copies of a scalar, four scalars side by side, i32 lanes
 * x, x + 1, x + 2, x + 3 of an index, one lane by its number, and folds of a vector to a scalar in the order
 * (0 ∘ 2) ∘ (1 ∘ 3).
 */
export const laneOps = [
  "splat", "lanes", "ramp", "lane", "sumLanes", "prodLanes", "maximumLanes", "minimumLanes",
] as const; // prettier-ignore
export type LaneOp = (typeof laneOps)[number];
/** An operation on each lane by itself. */
export type LaneWiseOp = (typeof loopOps)[number];
export type LoopOp = LaneWiseOp | LaneOp;

export type LoopExpr =
  | { readonly kind: "number"; readonly value: number; readonly type: LocalType; readonly lanes: Lanes }
  | { readonly kind: "local"; readonly name: string; readonly type: LocalType; readonly lanes: Lanes }
  | { readonly kind: "load"; readonly array: string; readonly index: LoopExpr; readonly type: LocalType; readonly lanes: Lanes; readonly part?: Part }
  | { readonly kind: "op"; readonly op: LoopOp; readonly args: readonly LoopExpr[]; readonly type: LocalType; readonly lanes: Lanes }
  /** Evaluates only the branch it takes, so it may protect a load. */
  | { readonly kind: "choose"; readonly test: LoopExpr; readonly yes: LoopExpr; readonly no: LoopExpr; readonly type: LocalType; readonly lanes: Lanes }
  /** A call of another template; gone after inlining. */
  | { readonly kind: "call"; readonly name: string; readonly args: readonly LoopExpr[]; readonly type: LocalType; readonly lanes: Lanes }; // prettier-ignore

export type LoopStmt =
  /** for (let name = from; name < to; name += step) */
  | { readonly kind: "for"; readonly name: string; readonly from: LoopExpr; readonly to: LoopExpr; readonly step: number; readonly body: readonly LoopStmt[] }
  | { readonly kind: "let"; readonly name: string; readonly type: LocalType; readonly lanes: Lanes; readonly mutable: boolean; readonly value: LoopExpr }
  | { readonly kind: "set"; readonly name: string; readonly value: LoopExpr }
  | { readonly kind: "store"; readonly array: string; readonly index: LoopExpr; readonly value: LoopExpr; readonly lanes: Lanes; readonly part?: Part }
  | { readonly kind: "if"; readonly test: LoopExpr; readonly then: readonly LoopStmt[]; readonly otherwise: readonly LoopStmt[] }
  | { readonly kind: "note"; readonly text: string }
  /** Only as the last statement of a scalar function in `templates/`. */
  | { readonly kind: "return"; readonly value: LoopExpr }; // prettier-ignore

export type ForLoop = LoopStmt & { readonly kind: "for" };

export type LoopParam =
  /** With `numbers`, an array of plain numbers that lies beside the arena. */
  | { readonly kind: "array"; readonly name: string; readonly dtype: DType; readonly numbers?: boolean }
  | { readonly kind: "scalar"; readonly name: string; readonly type: LocalType };

/** What a parameter is, in one word: `f32s` for an array of f32. */
export const paramType = (param: LoopParam): string =>
  param.kind === "scalar" ? param.type : param.numbers ? "numbers" : `${param.dtype}s`;

export interface LoopFunction {
  readonly name: string;
  /** Comment lines above the function: what it computes and from which line it comes. */
  readonly doc: readonly string[];
  readonly params: readonly LoopParam[];
  /** The type of a scalar template's result. */
  readonly returns?: LocalType;
  readonly body: readonly LoopStmt[];
}

/** How an element of a dtype is held once loaded, on a target that computes floats in `compute`. */
export function heldAs(dtype: DType, compute: "f64" | "f32"): LocalType {
  if (dtype === "f32") return compute;
  return dtype;
}

/** Constructors; lanes are 1 unless said. */
export const l = {
  number: (value: number, type: LocalType = "index", lanes: Lanes = 1): LoopExpr => ({ kind: "number", value, type, lanes }),
  local: (name: string, type: LocalType = "index", lanes: Lanes = 1): LoopExpr => ({ kind: "local", name, type, lanes }),
  load: (array: string, index: LoopExpr, type: LocalType, lanes: Lanes = 1): LoopExpr => ({ kind: "load", array, index, type, lanes }),
  op: (op: LoopOp, args: readonly LoopExpr[], type: LocalType = args[0].type, lanes: Lanes = args[0].lanes): LoopExpr => ({ kind: "op", op, args, type, lanes }),
  choose: (test: LoopExpr, yes: LoopExpr, no: LoopExpr): LoopExpr => ({ kind: "choose", test, yes, no, type: yes.type, lanes: yes.lanes }),
  for: (name: string, from: LoopExpr, to: LoopExpr, step: number, body: readonly LoopStmt[]): LoopStmt => ({ kind: "for", name, from, to, step, body }),
  const: (name: string, value: LoopExpr): LoopStmt => ({ kind: "let", name, type: value.type, lanes: value.lanes, mutable: false, value }),
  let: (name: string, value: LoopExpr): LoopStmt => ({ kind: "let", name, type: value.type, lanes: value.lanes, mutable: true, value }),
  set: (name: string, value: LoopExpr): LoopStmt => ({ kind: "set", name, value }),
  store: (array: string, index: LoopExpr, value: LoopExpr): LoopStmt => ({ kind: "store", array, index, value, lanes: value.lanes }),
} as const; // prettier-ignore

/** One call of a kernel's function: the buffers for its array parameters, in order. */
export interface LoopCall {
  readonly name: string;
  readonly arrays: readonly Buffer[];
  /** The loops around the call, outermost first. */
  readonly loops: readonly TimeLoop[];
  /** The counters of those loops that the function takes after its arrays, in the order of its parameters. */
  readonly times: readonly string[];
  /** True where the function takes the run-time batch size as its last argument. */
  readonly batch: boolean;
}

/** A call, or a loop around calls and further loops. */
export type CallTree = LoopCall | { readonly loop: TimeLoop; readonly calls: readonly CallTree[] };

/** Calls in running order as a tree: neighbours in one loop stand in it together. */
export function callTree(calls: readonly LoopCall[], depth = 0): CallTree[] {
  const tree: CallTree[] = [];
  for (let k = 0; k < calls.length;) {
    const loop = calls[k].loops[depth] as TimeLoop | undefined;
    let end = k + 1;
    if (!loop) tree.push(calls[k]);
    else {
      while (end < calls.length && calls[end].loops[depth] === loop) end++;
      tree.push({ loop, calls: callTree(calls.slice(k, end), depth + 1) });
    }
    k = end;
  }
  return tree;
}

/** Visits calls as they run: those in a loop once for each of its times, with the counters that they take. */
export function eachCall(
  calls: readonly LoopCall[],
  visit: (call: LoopCall, times: readonly number[]) => void,
): void {
  const run = (tree: readonly CallTree[], counters: ReadonlyMap<string, number>): void => {
    for (const item of tree) {
      if (!("loop" in item)) {
        visit(
          item,
          item.times.map((name) => counters.get(name)!),
        );
        continue;
      }
      const { axis, reverse } = item.loop;
      for (let step = 0; step < axis.extent; step++) {
        const t = reverse ? axis.extent - 1 - step : step;
        run(item.calls, new Map(counters).set(axis.name, t));
      }
    }
  };
  run(callTree(calls), new Map());
}

/** A program at the loop level: functions, shared where kernels are alike, and the calls of each phase in order. */
export interface LoopProgram {
  readonly functions: readonly LoopFunction[];
  readonly calls: ReadonlyMap<Phase, readonly LoopCall[]>;
  /** For tiny models: forward, backward and update as one straight-line call. */
  readonly step: LoopCall | null;
  /** What stands in for functions on engines without relaxed SIMD, by their names: the same in other tiles. */
  readonly plain: ReadonlyMap<string, LoopFunction>;
}
