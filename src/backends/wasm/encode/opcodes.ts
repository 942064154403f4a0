/**
 * Instructions by their names in the WebAssembly text format, with their encoding: one byte, or a prefix byte and a
 * number in LEB128 (0xFC: saturating conversions and bulk memory, 0xFD: vectors). Tables by what follows the opcode.
 */
export type Opcode = number | readonly [prefix: number, code: number];

const vector = <const Names extends Readonly<Record<string, number>>>(
  names: Names,
): { readonly [name in keyof Names]: Opcode } =>
  Object.fromEntries(Object.entries(names).map(([name, code]) => [name, [0xfd, code]])) as never;

/** Nothing follows. */
export const plainOps = {
  unreachable: 0x00, return: 0x0f, drop: 0x1a, select: 0x1b,
  "i32.eqz": 0x45, "i32.eq": 0x46, "i32.ne": 0x47, "i32.lt_s": 0x48, "i32.lt_u": 0x49, "i32.gt_s": 0x4a,
  "i32.gt_u": 0x4b, "i32.le_s": 0x4c, "i32.le_u": 0x4d, "i32.ge_s": 0x4e,
  "f32.eq": 0x5b, "f32.ne": 0x5c, "f32.lt": 0x5d, "f32.gt": 0x5e, "f32.le": 0x5f,
  "f64.eq": 0x61, "f64.ne": 0x62, "f64.lt": 0x63, "f64.gt": 0x64, "f64.le": 0x65,
  "i32.add": 0x6a, "i32.sub": 0x6b, "i32.mul": 0x6c, "i32.div_s": 0x6d, "i32.div_u": 0x6e, "i32.rem_s": 0x6f,
  "i32.rem_u": 0x70, "i32.and": 0x71, "i32.or": 0x72, "i32.xor": 0x73, "i32.shl": 0x74, "i32.shr_s": 0x75,
  "i32.shr_u": 0x76, "i32.rotl": 0x77,
  "i64.sub": 0x7d, "i64.div_s": 0x7f, "i64.shl": 0x86, "i64.shr_s": 0x87, "i64.shr_u": 0x88,
  "f32.abs": 0x8b, "f32.neg": 0x8c, "f32.floor": 0x8e, "f32.trunc": 0x8f, "f32.sqrt": 0x91, "f32.add": 0x92,
  "f32.sub": 0x93, "f32.mul": 0x94, "f32.div": 0x95, "f32.min": 0x96, "f32.max": 0x97, "f32.copysign": 0x98,
  "f64.abs": 0x99, "f64.neg": 0x9a, "f64.floor": 0x9c, "f64.trunc": 0x9d, "f64.sqrt": 0x9f, "f64.add": 0xa0,
  "f64.sub": 0xa1, "f64.mul": 0xa2, "f64.div": 0xa3, "f64.min": 0xa4, "f64.max": 0xa5, "f64.copysign": 0xa6,
  "i32.wrap_i64": 0xa7, "i64.extend_i32_s": 0xac, "i64.extend_i32_u": 0xad,
  "f32.convert_i32_s": 0xb2, "f32.convert_i32_u": 0xb3, "f32.demote_f64": 0xb6,
  "f64.convert_i32_s": 0xb7, "f64.convert_i32_u": 0xb8, "f64.promote_f32": 0xbb,
  "i32.reinterpret_f32": 0xbc, "i64.reinterpret_f64": 0xbd, "f32.reinterpret_i32": 0xbe, "f64.reinterpret_i64": 0xbf,
  "i32.trunc_sat_f32_s": [0xfc, 0], "i32.trunc_sat_f64_s": [0xfc, 2], "i32.trunc_sat_f64_u": [0xfc, 3],
  ...vector({
    "i32x4.splat": 0x11, "f32x4.splat": 0x13, "f64x2.splat": 0x14,
    "i32x4.eq": 0x37, "i32x4.ne": 0x38, "i32x4.lt_s": 0x39, "i32x4.lt_u": 0x3a, "i32x4.gt_s": 0x3b,
    "i32x4.le_s": 0x3d, "i32x4.le_u": 0x3e, "f32x4.eq": 0x41, "f32x4.ne": 0x42, "f32x4.lt": 0x43, "f32x4.gt": 0x44, "f32x4.le": 0x45,
    "v128.not": 0x4d, "v128.and": 0x4e, "v128.andnot": 0x4f, "v128.or": 0x50, "v128.xor": 0x51,
    "v128.bitselect": 0x52, "i8x16.narrow_i16x8_s": 0x65, "i16x8.narrow_i32x4_s": 0x85, "i16x8.extend_low_i8x16_u": 0x89,
    "i32x4.extend_low_i16x8_u": 0xa9,
    "f32x4.floor": 0x68, "f32x4.trunc": 0x69,
    "i32x4.abs": 0xa0, "i32x4.neg": 0xa1, "i32x4.shl": 0xab, "i32x4.shr_s": 0xac, "i32x4.shr_u": 0xad,
    "i32x4.add": 0xae, "i32x4.sub": 0xb1, "i32x4.mul": 0xb5, "i32x4.min_s": 0xb6, "i32x4.min_u": 0xb7,
    "i32x4.max_s": 0xb8, "i32x4.max_u": 0xb9,
    "f32x4.abs": 0xe0, "f32x4.neg": 0xe1, "f32x4.sqrt": 0xe3, "f32x4.add": 0xe4, "f32x4.sub": 0xe5,
    "f32x4.mul": 0xe6, "f32x4.div": 0xe7, "f32x4.pmin": 0xea,
    "f32x4.pmax": 0xeb,
    "i32x4.trunc_sat_f32x4_u": 0xf9, "f32x4.convert_i32x4_s": 0xfa, "f32x4.convert_i32x4_u": 0xfb,
    "f32x4.demote_f64x2_zero": 0x5e, "f64x2.promote_low_f32x4": 0x5f,
    "f64x2.add": 0xf0, "f64x2.sub": 0xf1, "f64x2.mul": 0xf2,
    "f32x4.relaxed_madd": 0x105, "f32x4.relaxed_nmadd": 0x106, "i32x4.relaxed_laneselect": 0x10b,
  }),
} as const satisfies Readonly<Record<string, Opcode>>; // prettier-ignore

interface MemoryOpcode {
  readonly code: Opcode;
  /** How many bytes are read or written; the alignment that an instruction claims unless told otherwise. */
  readonly bytes: number;
}
const memory = (code: Opcode, bytes: number): MemoryOpcode => ({ code, bytes });

/** Alignment and offset follow. */
export const memoryOps = {
  "i32.load": memory(0x28, 4),
  "f32.load": memory(0x2a, 4),
  "f64.load": memory(0x2b, 8),
  "i32.load8_u": memory(0x2d, 1),
  "i32.store": memory(0x36, 4),
  "f32.store": memory(0x38, 4),
  "f64.store": memory(0x39, 8),
  "i32.store8": memory(0x3a, 1),
  "v128.load": memory([0xfd, 0x00], 16),
  "v128.load32_splat": memory([0xfd, 0x09], 4),
  "v128.store": memory([0xfd, 0x0b], 16),
  "v128.load32_zero": memory([0xfd, 0x5c], 4),
  "v128.load64_zero": memory([0xfd, 0x5d], 8),
} as const;

/** Alignment, offset and a lane follow. */
export const memoryLaneOps = {
  "v128.load8_lane": memory([0xfd, 0x54], 1),
  "v128.load16_lane": memory([0xfd, 0x55], 2),
  "v128.load32_lane": memory([0xfd, 0x56], 4),
  "v128.store8_lane": memory([0xfd, 0x58], 1),
  "v128.store16_lane": memory([0xfd, 0x59], 2),
  "v128.store32_lane": memory([0xfd, 0x5a], 4),
  "v128.store64_lane": memory([0xfd, 0x5b], 8),
} as const;

/** A lane follows. */
export const laneOps = vector({
  "i32x4.extract_lane": 0x1b,
  "i32x4.replace_lane": 0x1c,
  "f32x4.extract_lane": 0x1f,
  "f32x4.replace_lane": 0x20,
});

/** Those that have nodes of their own. */
export const ownOps = {
  block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, br: 0x0c, br_if: 0x0d, call: 0x10,
  "local.get": 0x20, "local.set": 0x21, "local.tee": 0x22,
  "i32.const": 0x41, "i64.const": 0x42, "f32.const": 0x43, "f64.const": 0x44, "v128.const": [0xfd, 0x0c],
  "i8x16.shuffle": [0xfd, 0x0d], "memory.fill": [0xfc, 11],
} as const satisfies Readonly<Record<string, Opcode>>; // prettier-ignore

export type PlainOp = keyof typeof plainOps;
export type MemoryOp = keyof typeof memoryOps;
export type MemoryLaneOp = keyof typeof memoryLaneOps;
export type LaneImmediateOp = keyof typeof laneOps;

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";
export const valueTypes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
