import { select } from "./intrinsics.ts";
import type { f32s, f64, index } from "./types.ts";

/**
 * Makes the columns of x [rows, columns] (row-major) orthonormal by modified Gram-Schmidt, each column projected
 * twice, which is enough for orthogonality to working precision. A column's component along its own direction
 * keeps its sign; a column that depends on the ones before it becomes zero.
 */
export function orthogonalize(x: f32s, out: f32s, rows: index, columns: index): void {
  for (let j = 0; j < columns; j++) {
    let before: f64 = 0;
    for (let i = 0; i < rows; i++) {
      const value: f64 = x[i * columns + j];
      before += value * value;
      out[i * columns + j] = value;
    }
    for (let pass = 0; pass < 2; pass++) {
      for (let c = 0; c < j; c++) {
        let dot: f64 = 0;
        for (let i = 0; i < rows; i++) {
          dot += out[i * columns + c] * out[i * columns + j];
        }
        for (let i = 0; i < rows; i++) {
          const value: f64 = out[i * columns + j];
          out[i * columns + j] = value - dot * out[i * columns + c];
        }
      }
    }
    let after: f64 = 0;
    for (let i = 0; i < rows; i++) {
      const value: f64 = out[i * columns + j];
      after += value * value;
    }
    // What is left of a dependent column is rounding noise, about 1e-7 of its length in float32.
    const kept: f64 = select(before * 1e-12 < after, 1 / Math.sqrt(after), 0);
    for (let i = 0; i < rows; i++) {
      const value: f64 = out[i * columns + j];
      out[i * columns + j] = value * kept;
    }
  }
}
