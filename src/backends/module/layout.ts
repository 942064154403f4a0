import type { DType } from "../../ir/type.ts";

/** Scratch starts at the next multiple of 16 behind the saved bytes. */
export const align16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** The typed array that holds a dtype. */
export const arrayClass: Readonly<Record<DType, string>> = {
  f32: "Float32Array",
  f64: "Float64Array",
  i32: "Int32Array",
  u32: "Uint32Array",
  bool: "Uint8Array",
};
