/** How many strings a module is written in: what instructions do, their numbers, and the locals that they name. */
export const streamCount = 3;

/** Bytes from 0x20 to 0x22 are followed by a local. */
const isLocal = (byte: number): boolean => byte > 31 && byte < 35;
/**
 * 0x41 is followed by a number, and so is 2, the alignment of most loads and stores, which have an offset after it; but
 * not the second half of an opcode, as relaxed ones have it.
 */
const isNumber = (byte: number, last: number): boolean => (byte === 2 && last < 128) || byte === 65;

/** The string that goes on after a byte of the first one, for which `last` is the byte before. */
const streamAfter = (byte: number, last: number): number =>
  isNumber(byte, last) ? 1 : isLocal(byte) ? 2 : 0;
/** The same in the emitted module. */
export const streamText = "(byte === 2 && last < 128) || byte === 65 ? 1 : byte > 31 && byte < 35 ? 2 : 0";

/**
 * The bytes of a module, or of whole functions, as strings of bytes. Like loops differ in their numbers and locals; what
 * is left without these is equal over long stretches, so that all of it compresses better. After a byte that begins one
 * comes whatever ends in a byte below 128, as LEB128 does, whether the byte is an instruction there or not: the reader
 * knows no more of it than that.
 */
export function streamsOf(bytes: Uint8Array): Uint8Array[] {
  const streams: number[][] = Array.from({ length: streamCount }, () => []);
  let from = 0;
  let last = 0;
  for (const byte of bytes) {
    streams[from].push(byte);
    if (from === 0) from = streamAfter(byte, last);
    else if (byte < 128) from = 0;
    last = byte;
  }
  return streams.map((list) => Uint8Array.from(list));
}
