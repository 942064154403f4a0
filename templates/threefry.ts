import { rotateLeft, select } from "./intrinsics.ts";
import { type bool, u32 } from "./types.ts";

/**
 * The first word of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
 * 1, 2, 3): five groups of four rounds, each group followed by one injection of the key.
 */
export function random(key0: u32, key1: u32, counter0: u32, counter1: u32): u32 {
  let a: u32 = key0;
  let b: u32 = key1;
  let c: u32 = key0 ^ key1 ^ 0x1bd11bda;
  let x: u32 = u32(counter0 + key0);
  let y: u32 = u32(counter1 + key1);
  for (let group = 1; group < 6; group++) {
    const odd: bool = group % 2 === 1;
    x = u32(x + y);
    y = u32(rotateLeft(y, select(odd, 13, 17)) ^ x);
    x = u32(x + y);
    y = u32(rotateLeft(y, select(odd, 15, 29)) ^ x);
    x = u32(x + y);
    y = u32(rotateLeft(y, select(odd, 26, 16)) ^ x);
    x = u32(x + y);
    y = u32(rotateLeft(y, select(odd, 6, 24)) ^ x);
    const last: u32 = a;
    a = b;
    b = c;
    c = last;
    x = u32(x + a);
    y = u32(y + b + u32(group));
  }
  return x;
}
