import { i32, type bool, type f32s, type f64, type i32s, type index } from "./types.ts";

/**
 * Sums of the elements up to and including each one along the middle axis; from the other end where `reverse` is 1.
 * Counts may depend on the batch; the strides are what layouts count with.
 */
export function cumsum(
  x: f32s,
  out: f32s,
  before: index,
  length: index,
  after: index,
  lengthStride: index,
  afterStride: index,
  reverse: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let b = 0; b < after; b++) {
      let sum: f64 = 0;
      for (let i = 0; i < length; i++) {
        sum += x[(a * lengthStride + i + reverse * (length - 1 - 2 * i)) * afterStride + b];
        out[(a * lengthStride + i + reverse * (length - 1 - 2 * i)) * afterStride + b] = sum;
      }
    }
  }
}

/**
 * The positions of the elements along the middle axis in rising order (falling where `descending` is 1), equal
 * ones in their own order and NaN as the largest: each element's place is the number of those before it.
 */
export function argSort(
  x: f32s,
  out: i32s,
  before: index,
  length: index,
  after: index,
  afterStride: index,
  descending: index,
): void {
  for (let a = 0; a < before; a++) {
    for (let b = 0; b < after; b++) {
      for (let i = 0; i < length; i++) {
        const mine: f64 = x[(a * length + i) * afterStride + b];
        let place: index = 0;
        for (let j = 0; j < length; j++) {
          const other: f64 = x[(a * length + j) * afterStride + b];
          const below: bool = other < mine || (mine !== mine && other === other);
          const above: bool = mine < other || (other !== other && mine === mine);
          const first: bool = (below && descending === 0) || (above && descending === 1);
          if (first || (j < i && !below && !above)) {
            place += 1;
          }
        }
        out[(a * length + place) * afterStride + b] = i32(i);
      }
    }
  }
}
