import { rotateLeft, select } from "./intrinsics.ts";
import { u32 } from "./types.ts";

/**
 * The first word of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
 * 1, 2, 3): five groups of four rounds, each group followed by one injection of the key. A byte of the two
 * constants is a round's rotation, of which only the low five bits count.
 */
export function random(key0: u32, key1: u32, counter0: u32, counter1: u32): u32 {
  let a: u32 = key0;
  let b: u32 = key1;
  let c: u32 = key0 ^ key1 ^ 0x1bd11bda;
  let x: u32 = u32(counter0 + key0);
  let y: u32 = u32(counter1 + key1);
  for (let group = 0; group < 5; group++) {
    const turns: u32 = select(group % 2 === 0, 0x061a0f0d, 0x18101d11);
    for (let round = 0; round < 32; round += 8) {
      x = u32(x + y);
      y = u32(rotateLeft(y, (turns >>> u32(round)) & 31) ^ x);
    }
    const last: u32 = a;
    a = b;
    b = c;
    c = last;
    x = u32(x + a);
    y = u32(y + b + u32(group + 1));
  }
  return x;
}
