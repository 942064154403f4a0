/**
 * Mulberry32: 32 random bits a call, from a 32-bit seed. Integer arithmetic only, so every engine agrees.
 * Formula: Tommy Ettinger's mulberry32, public domain.
 */
export function randomBits(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (bits ^ (bits >>> 14)) >>> 0;
  };
}

/** One seed out of two, such that neighbouring epochs share no sequence. */
export function mixSeeds(seed: number, epoch: number): number {
  return randomBits(Math.imul(epoch + 1, 0x9e3779b1) ^ seed)();
}

/** Puts the items in random order in place (Fisher and Yates) and returns them. */
export function shuffle<Items extends { readonly length: number; [index: number]: number }>(
  items: Items,
  seed: number,
): Items {
  const next = randomBits(seed);
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor((next() / 2 ** 32) * (i + 1));
    const item = items[i];
    items[i] = items[j];
    items[j] = item;
  }
  return items;
}
