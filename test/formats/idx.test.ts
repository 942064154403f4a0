import { describe, expect, test } from "vitest";
import { decodeIdx } from "../../src/formats/idx.ts";

describe("IDX", () => {
  test.each<[dtype: string, bytes: number[], values: number[]]>([
    ["u8", [0, 0, 8, 1, 0, 0, 0, 2, 1, 255], [1, 255]],
    ["i8", [0, 0, 9, 1, 0, 0, 0, 2, 1, 255], [1, -1]],
    ["i16", [0, 0, 0x0b, 1, 0, 0, 0, 2, 1, 0, 255, 255], [256, -1]],
    ["i32", [0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 1, 0, 0], [65536]],
    ["f32", [0, 0, 0x0d, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0], [1]],
    ["f64", [0, 0, 0x0e, 1, 0, 0, 0, 1, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0], [1]],
  ])("reads %s, big-endian", (dtype, bytes, values) => {
    const read = decodeIdx(new Uint8Array(bytes));
    expect(read.dtype).toBe(dtype);
    expect([...read.data]).toEqual(values);
  });

  test("reads every dimension", () => {
    const read = decodeIdx(new Uint8Array([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]));
    expect(read.shape).toEqual([2, 3]);
  });

  test.each<[message: string, bytes: number[]]>([
    ["begins with two zero bytes", []],
    ["begins with two zero bytes", [0, 0, 0x0a, 1]],
    ["is a gzip archive, not an IDX file\n  hint: decompress it first", [0x1f, 0x8b, 8]],
    ["hold 0 dimensions", [0, 0, 8]],
    ["hold 2 dimensions and is cut off", [0, 0, 8, 2, 0, 0, 0, 1]],
    ["u8 [3] takes 3 bytes, 1 are there", [0, 0, 8, 1, 0, 0, 0, 3, 1]],
    ["u8 [1] takes 1 bytes, 2 are there", [0, 0, 8, 1, 0, 0, 0, 1, 1, 1]],
    ["bytes, 0 are there", [0, 0, 0x0e, 3, ...Array<number>(12).fill(255)]],
  ])("refuses: %s", (message, bytes) => {
    expect(() => decodeIdx(new Uint8Array(bytes), { file: "digits.idx" })).toThrow(message);
  });
});
