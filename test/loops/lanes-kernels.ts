import {
  boolx4_less,
  f32x4_add,
  f32x4_cast,
  f32x4_const,
  f32x4_div,
  f32x4_load,
  f32x4_load2,
  f32x4_maximum,
  f32x4_maximumLanes,
  f32x4_mul,
  f32x4_select,
  f32x4_store,
  f32x4_store2,
  f32x4_sub,
  f32x4_sumLanes,
  i32x4_ramp,
} from "../../templates/lanes.ts";
import { f32, type boolx4, type f32s, type f32x4, type index } from "../../templates/types.ts";

/** The mean and the largest of each row of ten, taken off the row: lanes with a part at the end. */
export function centerRows(x: f32s, out: f32s, largest: f32s, n: index): void {
  for (let i = 0; i < n; i++) {
    const p: index = i * 10;
    const a: f32x4 = f32x4_load(x, p);
    const b: f32x4 = f32x4_load(x, p + 4);
    const c: f32x4 = f32x4_load2(x, p + 8);
    const sum: f32x4 = f32x4_add(f32x4_add(a, b), c);
    const mean: f32 = f32(f32x4_sumLanes(sum) / 10);
    largest[i] = f32x4_maximumLanes(f32x4_maximum(a, b));
    f32x4_store(out, p, f32x4_sub(a, mean));
    f32x4_store(out, p + 4, f32x4_sub(b, mean));
    f32x4_store2(out, p + 8, f32x4_sub(c, mean));
  }
}

/** A weight of 1 / (1 + k) for the first `length` of every row's places, and 0 for the others. */
export function weightRows(out: f32s, length: f32, n: index): void {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < 8; k += 4) {
      const place: f32x4 = f32x4_cast(i32x4_ramp(k));
      const inside: boolx4 = boolx4_less(place, length);
      const one: f32x4 = f32x4_const(1);
      const weight: f32x4 = f32x4_div(one, f32x4_add(place, one));
      f32x4_store(out, i * 8 + k, f32x4_mul(f32x4_select(inside, weight, 0), 1));
    }
  }
}
