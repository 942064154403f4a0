import { fail, type Code } from "../base/errors.ts";

/** Stops reading a file: the sentence says what is wrong with it, the hint what to do. */
export type Refuse = (sentence: string, hint?: string) => never;

/** The beginning of a text from a file: a message should not be as long as what it complains about. */
export function shorten(text: string, length = 60): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** Every refusal of one reader carries one stable code and begins with the file's name. */
export function refuser(code: Code, file: string): Refuse {
  return (sentence, hint) => fail(code, `${file}: ${shorten(sentence, 400)}`, { hint });
}

const signatures: readonly (readonly [name: string, hint: string, ...bytes: number[]])[] = [
  ["a gzip archive", "decompress it first", 0x1f, 0x8b],
  ["a zip archive (PyTorch saves these)", "save the weights as safetensors instead", 0x50, 0x4b, 3, 4],
  [
    "an HDF5 file (older Keras saves these)",
    "save the weights as safetensors instead",
    0x89,
    0x48,
    0x44,
    0x46,
  ],
  ["a NumPy array", "save the arrays as safetensors instead", 0x93, 0x4e, 0x55, 0x4d],
  ["a Python pickle", "save the weights as safetensors instead", 0x80, 2],
];

/** So many bytes at the beginning tell text from numbers: they are UTF-8, and no control characters but for white space. */
const enough = 64;
function isText(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  try {
    // The last character may be cut off.
    const start = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, enough), {
      stream: true,
    });
    return /^[^\p{Cc}]*$/u.test(start.replace(/\s/g, ""));
  } catch {
    return false;
  }
}

/** Names a file of another kind by its first bytes, so that a refusal can say what to do about it. */
export function recognise(bytes: Uint8Array): { readonly name: string; readonly hint: string } | undefined {
  const found = signatures.find(([, , ...first]) => first.every((byte, i) => bytes[i] === byte));
  if (found) return { name: found[0], hint: found[1] };
  return isText(bytes) ? { name: "text", hint: "give the file of numbers that belongs here" } : undefined;
}
