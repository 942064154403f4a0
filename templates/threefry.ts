import { rotateLeft } from "./intrinsics.ts";
import { u32 } from "./types.ts";

/**
 * The first word of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
 * 1, 2, 3): five groups of four rounds, each group followed by one injection of the key. The rounds are written out
 * because rotations by constants take a third of the time of those by variables.
 */
export function random(key0: u32, key1: u32, counter0: u32, counter1: u32): u32 {
  const key2: u32 = key0 ^ key1 ^ 0x1bd11bda;
  let x: u32 = u32(counter0 + key0);
  let y: u32 = u32(counter1 + key1);
  x = u32(x + y);
  y = u32(rotateLeft(y, 13) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 15) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 26) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 6) ^ x);
  x = u32(x + key1);
  y = u32(y + key2 + 1);
  x = u32(x + y);
  y = u32(rotateLeft(y, 17) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 29) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 16) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 24) ^ x);
  x = u32(x + key2);
  y = u32(y + key0 + 2);
  x = u32(x + y);
  y = u32(rotateLeft(y, 13) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 15) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 26) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 6) ^ x);
  x = u32(x + key0);
  y = u32(y + key1 + 3);
  x = u32(x + y);
  y = u32(rotateLeft(y, 17) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 29) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 16) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 24) ^ x);
  x = u32(x + key1);
  y = u32(y + key2 + 4);
  x = u32(x + y);
  y = u32(rotateLeft(y, 13) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 15) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 26) ^ x);
  x = u32(x + y);
  y = u32(rotateLeft(y, 6) ^ x);
  x = u32(x + key2);
  return x;
}
