import type { f32s, f64, index } from "./types.ts";

/**
 * out[t, i, j] = Σₖ a[t, i, k] · b[t, k, j]. Every axis has its stride, so that transposed and batched operands are
 * the same loops; the sum is held in float64.
 */
export function matmul(
  a: f32s,
  b: f32s,
  out: f32s,
  batch: index,
  rows: index,
  columns: index,
  depth: index,
  aBatch: index,
  aRow: index,
  aDepth: index,
  bBatch: index,
  bDepth: index,
  bColumn: index,
  outBatch: index,
  outRow: index,
  outColumn: index,
  aStart: index,
  bStart: index,
  outStart: index,
): void {
  for (let t = 0; t < batch; t++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum: f64 = 0;
        for (let k = 0; k < depth; k++) {
          sum +=
            a[aStart + t * aBatch + i * aRow + k * aDepth] *
            b[bStart + t * bBatch + k * bDepth + j * bColumn];
        }
        out[outStart + t * outBatch + i * outRow + j * outColumn] = sum;
      }
    }
  }
}
