import { streamCount, streamsOfParts } from "./streams.ts";

/** A stretch of an encoded module: the same in two variants of it, or one for each. */
export type Piece = Uint8Array | readonly [Uint8Array, Uint8Array];

/**
 * Two variants of a module that differ inside functions alone, as streams of common pieces where they agree, one stream
 * after the other: variants of one function then stand side by side, near enough for a compressor to see that they are
 * much alike.
 */
export function streamPieces(plain: Uint8Array, other: Uint8Array): Piece[] {
  const [left, right] = [plain, other].map((bytes) => streamsOfParts(cut(bytes), true));
  const pieces: Piece[] = [];
  for (let stream = 0; stream < streamCount; stream++) {
    for (const [k, streams] of left.entries()) {
      const [mine, its] = [streams[stream], right[k][stream]];
      const last = pieces.at(-1);
      if (!isEqual(mine, its)) pieces.push([mine, its]);
      else if (last instanceof Uint8Array) pieces[pieces.length - 1] = Uint8Array.from([...last, ...mine]);
      else pieces.push(mine);
    }
  }
  return pieces;
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, k) => byte === b[k]);

const codeSection = 10;
const headerBytes = 8;

/** What comes before the functions' bodies, each of these, and what comes after. */
function cut(bytes: Uint8Array): Uint8Array[] {
  const ends = [0, ...bodies(bytes), bytes.length];
  return ends.slice(1).map((end, k) => bytes.subarray(ends[k], end));
}

/** Where the first body begins, and where each ends. */
function bodies(bytes: Uint8Array): number[] {
  for (let at = headerBytes; at < bytes.length;) {
    const [size, start] = unsigned(bytes, at + 1);
    if (bytes[at] === codeSection) {
      const [count, first] = unsigned(bytes, start);
      const ends = [first];
      for (let k = 0; k < count; k++) {
        const [length, body] = unsigned(bytes, ends[k]);
        ends.push(body + length);
      }
      return ends;
    }
    at = start + size;
  }
  return [];
}

/** A number in LEB128, and where it ends. */
function unsigned(bytes: Uint8Array, from: number): [value: number, end: number] {
  let value = 0;
  let at = from;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++];
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
  }
}
