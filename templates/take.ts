import { index, type f32s, type i32s } from "./types.ts";

/**
 * out[a, p, b] = x[a, indices[p], b]. The counts may depend on the batch; `rows`, `pickStride` and `afterStride`
 * are the extents that layouts count with. An index outside the rows is taken as the nearest row.
 */
export function take(
  x: f32s,
  indices: i32s,
  out: f32s,
  before: index,
  picks: index,
  after: index,
  rows: index,
  pickStride: index,
  afterStride: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let p = 0; p < picks; p++) {
      for (let b = 0; b < after; b++) {
        out[(a * pickStride + p) * afterStride + b] =
          x[(a * rows + Math.min(Math.max(index(indices[p]), 0), rows - 1)) * afterStride + b];
      }
    }
  }
}

/** out[a, indices[p], b] += updates[a, p, b], in the order of p: the transpose of `take`. */
export function scatterAdd(
  updates: f32s,
  indices: i32s,
  out: f32s,
  before: index,
  picks: index,
  after: index,
  rows: index,
  pickStride: index,
  afterStride: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let p = 0; p < picks; p++) {
      for (let b = 0; b < after; b++) {
        out[(a * rows + Math.min(Math.max(index(indices[p]), 0), rows - 1)) * afterStride + b] +=
          updates[(a * pickStride + p) * afterStride + b];
      }
    }
  }
}

/** out[a, p, b] = x[a, indices[a, p, b], b]; sizes as of `take`. */
export function takeAlongAxis(
  x: f32s,
  indices: i32s,
  out: f32s,
  before: index,
  picks: index,
  after: index,
  rows: index,
  pickStride: index,
  afterStride: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let p = 0; p < picks; p++) {
      for (let b = 0; b < after; b++) {
        out[(a * pickStride + p) * afterStride + b] =
          x[
            (a * rows +
              Math.min(Math.max(index(indices[(a * pickStride + p) * afterStride + b]), 0), rows - 1)) *
              afterStride +
              b
          ];
      }
    }
  }
}

/** out[a, indices[a, p, b], b] += updates[a, p, b], in the order of p: the transpose of `takeAlongAxis`. */
export function scatterAddAlongAxis(
  updates: f32s,
  indices: i32s,
  out: f32s,
  before: index,
  picks: index,
  after: index,
  rows: index,
  pickStride: index,
  afterStride: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let p = 0; p < picks; p++) {
      for (let b = 0; b < after; b++) {
        out[
          (a * rows +
            Math.min(Math.max(index(indices[(a * pickStride + p) * afterStride + b]), 0), rows - 1)) *
            afterStride +
            b
        ] += updates[(a * pickStride + p) * afterStride + b];
      }
    }
  }
}
