/** The letter of the byte 0, from which letters go down: puts most of what WebAssembly uses among the letters of ASCII. */
export const zeroLetter = 117;

/** Letters that stand for themselves in a string of any tool, in a module or in a script element. */
const isPlain = (code: number): boolean =>
  code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c && code !== 0x3c;

/**
 * Bytes as a string of printable letters without escapes, one for each: the byte is how far the letter's code is below
 * that of 0, modulo 256. What would not be plain ASCII is a Latin letter from U+0100 to U+01FF. Equal stretches of bytes
 * are equal stretches of text, so that it compresses about as well as the bytes themselves, and far better than base64;
 * small numbers are small letters, which the code around it has most of too.
 */
export function lettersOf(bytes: Uint8Array): string {
  let letters = "";
  for (const byte of bytes) {
    const code = (zeroLetter - byte + 256) % 256;
    letters += String.fromCharCode(isPlain(code) ? code : code + 256);
  }
  return letters;
}
