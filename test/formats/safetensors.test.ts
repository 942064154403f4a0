import { describe, expect, test } from "vitest";
import { GradcError } from "../../src/base/errors.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";

const tensors: [string, Tensor][] = [
  ["flags", { dtype: "BOOL", shape: [3], data: new Uint8Array([1, 0, 1]) }],
  ["hidden/kernel", { dtype: "F32", shape: [2, 2], data: new Float32Array([1.5, -2, 3e-9, NaN]) }],
  ["__proto__", { dtype: "F64", shape: [], data: new Float64Array([Math.PI]) }],
  ["step", { dtype: "U32", shape: [1], data: new Uint32Array([4e9]) }],
  ["ids", { dtype: "I32", shape: [2], data: new Int32Array([-1, 7]) }],
  ["bytes", { dtype: "U8", shape: [0, 4], data: new Uint8Array(0) }],
];

/** A file with any header text and data, to write what the encoder would not. */
function file(header: string | Uint8Array, dataBytes = 0, length?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}
const tensor = (begin: number, end: number, shape = `[${end - begin}]`): string =>
  `{"dtype":"U8","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe("safetensors", () => {
  test("reads back what it wrote, at any alignment of the bytes", () => {
    const bytes = encodeSafetensors(tensors, [["format", "gradc"]]);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    for (const copy of [bytes, shifted.subarray(1)]) {
      const { tensors: read, metadata } = decodeSafetensors(copy);
      expect(new Map(read)).toEqual(new Map(tensors));
      expect([...metadata]).toEqual([["format", "gradc"]]);
    }
  });

  test("aligns the data to 8 bytes with spaces and writes equal bytes for equal tensors", () => {
    const bytes = encodeSafetensors(tensors);
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(header % 8).toBe(0);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + header))).toMatch(/^\{.*\} *$/);
    expect(encodeSafetensors(tensors)).toEqual(bytes);
  });

  test("reads a header that looks like the signature of another kind of file", () => {
    const header = `{"a":${tensor(0, 0)}}`.padEnd(0x280); // The length begins with the bytes of a pickle: 80 02.
    expect(decodeSafetensors(file(header)).tensors.size).toBe(1);
  });

  test.each<[name: string, bytes: Uint8Array, message: string]>([
    ["empty", new Uint8Array(0), "the file has 0 bytes; even its header length takes 8"],
    ["zip", new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 8, 8]), "this is a zip archive (PyTorch saves these)"],
    ["cut header", file("{}", 0, 3n), "the header should take 3 bytes, at most 2 are possible"],
    ["huge header", file("{}", 0, 2n ** 64n - 1n), "at most 2 are possible"],
    ["not UTF-8", file(new Uint8Array([0x7b, 0xff, 0x7d])), "the header is not UTF-8 text"],
    ["not JSON", file("{"), "the JSON does not parse"],
    ["half a string", file('{"a'), "the JSON does not parse"],
    ["broken escape", file('{"\\x":1}'), "the JSON does not parse"],
    ["deep", file(`${"[".repeat(101)}`), "nested deeper than 100 levels"],
    ["array", file("[]"), "the header is not a JSON object"],
    ["leading space", file(" {}"), "the header is not a JSON object"],
    [
      "repeated key",
      file(`{"a":${tensor(0, 1)}, "\\u0061" :${tensor(1, 2)}}`, 2),
      'the key "a" appears twice',
    ],
    ["metadata", file('{"__metadata__":[]}'), '"__metadata__" is not a JSON object'],
    ["metadata value", file('{"__metadata__":{"a":1}}'), '"__metadata__" holds "a", which is not a string'],
    ["scalar entry", file('{"a":1}'), 'tensor "a" is not described by a JSON object'],
    ["dtype", file('{"a":{"dtype":"toString"}}'), 'tensor "a" has dtype "toString"'],
    ["unsafe shape", file(`{"a":${tensor(0, 1, "[9007199254740993]")}}`, 1), "no shape of non-negative safe"],
    ["negative shape", file(`{"a":${tensor(0, 1, "[-1]")}}`, 1), "no shape of non-negative safe integers"],
    ["offsets", file(`{"a":${tensor(1, 0, "[1]")}}`, 1), "no data_offsets [begin, end]"],
    ["size", file(`{"a":${tensor(0, 2, "[3]")}}`, 2), "U8 [3], 3 bytes, but its offsets span 2"],
    ["overflowing size", file(`{"a":${tensor(0, 0, `[0${",9007199254740991".repeat(40)}]`)}}`), ""],
    ["overlap", file(`{"a":${tensor(0, 2)},"b":${tensor(1, 3)}}`, 3), 'tensor "b" overlaps'],
    ["hole", file(`{"a":${tensor(0, 1)},"b":${tensor(2, 3)}}`, 3), 'bytes 1 to 2, before tensor "b"'],
    ["cut data", file(`{"a":${tensor(0, 4)}}`, 3), "cut off: its tensors take 4 bytes, 3 are there"],
    ["vast data", file(`{"a":${tensor(0, 2 ** 50)}}`, 3), "the file is cut off"],
    ["trailing", file(`{"a":${tensor(0, 1)}}`, 3), "2 bytes follow the last tensor"],
  ])("refuses: %s", (name, bytes, message) => {
    if (name === "overflowing size") return expect(decodeSafetensors(bytes).tensors.size).toBe(1);
    expect(() => decodeSafetensors(bytes, { file: "w.safetensors" })).toThrow(message);
    expect(() => decodeSafetensors(bytes, { file: "w.safetensors" })).toThrow(GradcError);
    expect(() => decodeSafetensors(bytes, { file: "w.safetensors" })).toThrow(/^w\.safetensors: /);
  });

  test.each<[message: string, tensors: [string, Tensor][]]>([
    ["is reserved", [["__metadata__", tensors[0][1]]]],
    ['two tensors are named "flags"', [tensors[0], tensors[0]]],
    [
      'tensor "a" is F32 [2], but its data has 3 × 4 bytes',
      [["a", { dtype: "F32", shape: [2], data: new Float32Array(3) }]],
    ],
    ["but its data has 2 × 8 bytes", [["a", { dtype: "F32", shape: [2], data: new Float64Array(2) }]]],
  ])("refuses to write: %s", (message, wrong) => {
    expect(() => encodeSafetensors(wrong)).toThrow(message);
  });
});
