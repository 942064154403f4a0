import type { f64 } from "./types.ts";

/** The upper 26 bits of x, so that products of halves are exact (Veltkamp). Overflows above 1e300. */
export function split(x: f64): f64 {
  const scaled: f64 = x * 134217729;
  return scaled - (scaled - x);
}
