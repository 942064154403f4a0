/**
 * The types of the loop level as TypeScript, so that a template type-checks and runs as it stands.
 * A type's name is also its cast: `u32(a + b)` wraps to 32 bits, `f32(x)` rounds.
 */
export type f32s = Float32Array;
export type f64s = Float64Array;
export type i32s = Int32Array;
export type u32s = Uint32Array;
export type bools = Uint8Array;

export type f64 = number;
export type f32 = number;
export type i32 = number;
export type u32 = number;
export type index = number;
export type bool = boolean;

/** Four lanes. */
export type f32x4 = readonly [f32, f32, f32, f32];
export type i32x4 = readonly [i32, i32, i32, i32];
export type u32x4 = readonly [u32, u32, u32, u32];
export type boolx4 = readonly [bool, bool, bool, bool];

export const f64 = (x: number | boolean): f64 => Number(x);
export const f32 = (x: number | boolean): f32 => Math.fround(Number(x));
export const i32 = (x: number | boolean): i32 => Number(x) | 0;
export const u32 = (x: number | boolean): u32 => Number(x) >>> 0;
export const index = (x: number | boolean): index => Math.trunc(Number(x));
export const bool = (x: number | boolean): bool => Number(x) !== 0;
