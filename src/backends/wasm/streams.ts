/** How many streams a module is written in: what instructions do, their numbers, and the locals that they name. */
export const streamCount = 3;

/**
 * Which stream goes on after a byte of the first. 0x20 to 0x23 name a local; 0x41 has a number after it, and so has 2,
 * the alignment of most loads and stores, which an offset follows. With `relaxed` instructions 2 is often the second half
 * of an opcode, which is told by the byte before.
 */
const streamAfter = (byte: number, last: number, relaxed: boolean): number =>
  (byte === 2 && !(relaxed && last > 127)) || byte === 65 ? 1 : byte >> 2 === 8 ? 2 : 0;
/** The same in the emitted module. */
export const streamText = (relaxed: boolean): string =>
  `${relaxed ? "(bytes[i] === 2 && !(bytes[i - 1] > 127))" : "bytes[i] === 2"} || bytes[i] === 65 ? 1 : bytes[i] >> 2 === 8 ? 2 : 0`;

/**
 * The bytes of a module as streams of bytes. Like loops differ in their numbers and locals; what is left without these is
 * equal over long stretches, so that all of it compresses better. After a byte that begins one comes whatever ends in a
 * byte below 128, as LEB128 does, whether the byte is an instruction there or not: the reader knows no more of it than that.
 */
export const streamsOf = (bytes: Uint8Array, relaxed: boolean): Uint8Array[] =>
  streamsOfParts([bytes], relaxed)[0];

/**
 * The same of each of the parts that a module is cut into. What the last byte of one begins goes on in the next: there may
 * be 2 functions, or 32.
 */
export function streamsOfParts(parts: readonly Uint8Array[], relaxed: boolean): Uint8Array[][] {
  let from = 0;
  let last = 0;
  return parts.map((bytes) => {
    const streams: number[][] = Array.from({ length: streamCount }, () => []);
    for (const byte of bytes) {
      streams[from].push(byte);
      if (from === 0) from = streamAfter(byte, last, relaxed);
      else if (byte < 128) from = 0;
      last = byte;
    }
    return streams.map((list) => Uint8Array.from(list));
  });
}
