import type { LaneImmediateOp, MemoryLaneOp, MemoryOp, PlainOp, ValueType } from "./opcodes.ts";

/** A parameter or a local of a function; its number is its place in the function's list. Idle ones have an empty name. */
export interface Local {
  readonly name: string;
  readonly type: ValueType;
}

/** The 16 bytes of a vector constant, spelt as numbers of one kind. */
export type VectorConstant =
  | { readonly shape: "f32x4" | "i32x4" | "f64x2"; readonly values: readonly number[] }
  | { readonly shape: "i8x16"; readonly values: readonly number[] };

/** Instructions as a tree: each node stands after its operands, which it takes from the stack. */
export type Code =
  | { readonly kind: "plain"; readonly op: PlainOp; readonly args: readonly Code[] }
  | { readonly kind: "memory"; readonly op: MemoryOp; readonly args: readonly Code[]; readonly offset: number; readonly align: number }
  | { readonly kind: "memoryLane"; readonly op: MemoryLaneOp; readonly args: readonly Code[]; readonly offset: number; readonly align: number; readonly lane: number }
  | { readonly kind: "lane"; readonly op: LaneImmediateOp; readonly args: readonly Code[]; readonly lane: number }
  | { readonly kind: "shuffle"; readonly args: readonly Code[]; readonly bytes: readonly number[] }
  | { readonly kind: "number"; readonly type: "i32" | "i64" | "f32" | "f64"; readonly value: number | bigint }
  | { readonly kind: "vector"; readonly value: VectorConstant }
  | { readonly kind: "get"; readonly local: Local }
  | { readonly kind: "set" | "tee"; readonly local: Local; readonly args: readonly [Code] }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Code[] }
  | { readonly kind: "fill"; readonly args: readonly [Code, Code, Code] }
  | { readonly kind: "block" | "loop"; readonly label: string; readonly body: readonly Code[] }
  | { readonly kind: "if"; readonly result: ValueType | null; readonly test: Code; readonly then: readonly Code[]; readonly otherwise: readonly Code[] }
  /** Leaves a block or starts a loop again; with a test, only where it holds. */
  | { readonly kind: "branch"; readonly label: string; readonly test: Code | null }
  /** A comment, in the text only. */
  | { readonly kind: "note"; readonly text: string }; // prettier-ignore

const bits = (bytes: number): number => Math.log2(bytes);

/** Constructors. Offsets of memory instructions are unsigned, and are added to the address without wrapping. */
export const w = {
  op: (op: PlainOp, ...args: readonly Code[]): Code => ({ kind: "plain", op, args }),
  memory: (op: MemoryOp, offset: number, align: number, ...args: readonly Code[]): Code => ({ kind: "memory", op, args, offset, align: bits(align) }),
  memoryLane: (op: MemoryLaneOp, offset: number, align: number, lane: number, ...args: readonly Code[]): Code => ({ kind: "memoryLane", op, args, offset, align: bits(align), lane }),
  lane: (op: LaneImmediateOp, lane: number, ...args: readonly Code[]): Code => ({ kind: "lane", op, args, lane }),
  shuffle: (a: Code, b: Code, bytes: readonly number[]): Code => ({ kind: "shuffle", args: [a, b], bytes }),
  i32: (value: number): Code => ({ kind: "number", type: "i32", value: value | 0 }),
  i64: (value: bigint): Code => ({ kind: "number", type: "i64", value }),
  f32: (value: number): Code => ({ kind: "number", type: "f32", value: Math.fround(value) }),
  f64: (value: number): Code => ({ kind: "number", type: "f64", value }),
  vector: (value: VectorConstant): Code => ({ kind: "vector", value }),
  get: (local: Local): Code => ({ kind: "get", local }),
  set: (local: Local, value: Code): Code => ({ kind: "set", local, args: [value] }),
  tee: (local: Local, value: Code): Code => ({ kind: "tee", local, args: [value] }),
  call: (name: string, ...args: readonly Code[]): Code => ({ kind: "call", name, args }),
  fill: (at: Code, byte: Code, length: Code): Code => ({ kind: "fill", args: [at, byte, length] }),
  block: (label: string, body: readonly Code[]): Code => ({ kind: "block", label, body }),
  loop: (label: string, body: readonly Code[]): Code => ({ kind: "loop", label, body }),
  if: (test: Code, then: readonly Code[], otherwise: readonly Code[] = [], result: ValueType | null = null): Code => ({ kind: "if", test, then, otherwise, result }),
  branch: (label: string, test: Code | null = null): Code => ({ kind: "branch", label, test }),
  note: (text: string): Code => ({ kind: "note", text }),
} as const; // prettier-ignore

/** Sees everything in a piece of code, from the leaves up. */
export function visitCode(code: Code, see: (code: Code) => void): void {
  mapCode(code, (x) => {
    see(x);
    return x;
  });
}

/** Rewrites code from its operands and blocks up; what nothing changes in stays the same. */
export function mapCode(code: Code, change: (code: Code) => Code): Code {
  const inside = (x: Code): Code => mapCode(x, change);
  const all = (list: readonly Code[]): readonly Code[] => {
    const mapped = list.map(inside);
    return mapped.every((x, k) => x === list[k]) ? list : mapped;
  };
  switch (code.kind) {
    case "get":
    case "number":
    case "vector":
    case "note":
      return change(code);
    case "block":
    case "loop": {
      const body = all(code.body);
      return change(body === code.body ? code : { ...code, body });
    }
    case "if": {
      const [test, then, otherwise] = [inside(code.test), all(code.then), all(code.otherwise)];
      const same = test === code.test && then === code.then && otherwise === code.otherwise;
      return change(same ? code : { ...code, test, then, otherwise });
    }
    case "branch": {
      const test = code.test && inside(code.test);
      return change(test === code.test ? code : { ...code, test });
    }
    default: {
      const args = all(code.args);
      return change(args === code.args ? code : ({ ...code, args } as Code));
    }
  }
}
