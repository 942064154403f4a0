import makeWabt from "wabt";
import { describe, expect, test } from "vitest";
import { encodeModule, watText, type WasmModule } from "../../src/backends/wasm/index.ts";
import { Bytes } from "../../src/backends/wasm/encode/bytes.ts";
import { w, type Code, type Local } from "../../src/backends/wasm/encode/code.ts";
import type { WasmFunction } from "../../src/backends/wasm/encode/module.ts";
import { floatText } from "../../src/backends/wasm/encode/number-text.ts";
import { assembled } from "./run.ts";
import { laneOps, memoryLaneOps, memoryOps, plainOps } from "../../src/backends/wasm/encode/opcodes.ts";
import { randomFrom } from "../ops/sample.ts";

const wabt = await makeWabt();
const fn = (name: string, body: readonly Code[], more: Partial<WasmFunction> = {}): WasmFunction => ({
  name,
  doc: [],
  params: [],
  locals: [],
  results: [],
  exported: null,
  body,
  ...more,
});
const moduleOf = (functions: readonly WasmFunction[], more: Partial<WasmModule> = {}): WasmModule => ({
  functions,
  pages: 1,
  data: [],
  ...more,
});
/** Valid whatever it takes and gives: nothing is known of the stack after `unreachable`. */
const alone = (code: Code): Code[] => [w.op("unreachable"), code, w.op("unreachable")];
const names = <T extends object>(table: T): (keyof T)[] => Object.keys(table) as (keyof T)[];

const everything: readonly (readonly [string, Code])[] = [
  ...names(plainOps).map((op) => [op, w.op(op)] as const),
  ...names(memoryOps).flatMap((op) =>
    [0, 127, 128, 2 ** 31, 2 ** 32 - 1].map(
      (offset) => [`${op} ${offset}`, w.memory(op, offset, 1)] as const,
    ),
  ),
  ...names(memoryLaneOps).map((op) => [op, w.memoryLane(op, 300, 1, 1)] as const),
  ...names(laneOps).map((op) => [op, w.lane(op, 3)] as const),
  ["fill", w.fill(w.i32(0), w.i32(1), w.i32(2))],
  ["shuffle", { kind: "shuffle", args: [], bytes: [31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16] }],
  ...[0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8192, -8193, 2 ** 31 - 1, -(2 ** 31)].map(
    (x) => [`i32 ${x}`, w.i32(x)] as const,
  ),
  ...[0n, -1n, 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 55n)].map(
    (x) => [`i64 ${x}`, w.i64(x)] as const,
  ),
  ...[0, -0, 1.5, 0.1, 1e-45, 3.4e38, -1e-300, Infinity, -Infinity, NaN].flatMap((x) => [
    [`f32 ${x}`, w.f32(x)] as const,
    [`f64 ${x}`, w.f64(x)] as const,
    [
      `f32x4 ${x}`,
      w.vector({ shape: "f32x4", values: [x, Math.fround(0.1), 1, -0].map(Math.fround) }),
    ] as const,
  ]),
  ["i32x4", w.vector({ shape: "i32x4", values: [-1, 2 ** 31 - 1, -(2 ** 31), 5] })],
];

describe("the encoder and the text form against wabt", () => {
  test.each(everything)("%s", (name, code) => {
    const module = moduleOf([fn("f", alone(code))]);
    expect(assembled(module)).toEqual(encodeModule(module));
    if (!name.includes("relaxed")) expect(WebAssembly.validate(encodeModule(module))).toBe(true);
  });

  test("blocks, loops, branches, conditions and calls", () => {
    const [n, k, x, y] = (["i32", "i32", "f64", "v128"] as const).map((type, at): Local => ({
      name: "nkxy"[at],
      type,
    }));
    const body = [
      w.note("A comment; with (brackets) and ;; signs."),
      w.set(k, w.i32(0)),
      w.block("out", [
        w.loop("again", [
          w.branch("out", w.op("i32.ge_s", w.get(k), w.get(n))),
          w.set(k, w.op("i32.add", w.tee(k, w.get(k)), w.i32(1))),
          w.if(w.get(k), [w.branch("again")], [w.if(w.get(n), [w.branch("out", w.get(n))])]),
        ]),
      ]),
      w.set(x, w.if(w.get(k), [w.f64(1)], [w.call("g", w.get(k), w.get(x))], "f64")),
      w.set(y, w.vector({ shape: "f32x4", values: [1, 2, 3, 4] })),
      w.memory("v128.store", 16, 4, w.i32(0), w.get(y)),
    ];
    const g = fn("g", [w.get(x)], { params: [k, x], results: ["f64"], exported: "g" });
    const same = fn("same", [w.get(x)], { params: [k, x], results: ["f64"] });
    // Locals of one name are told apart in the text.
    const locals = [k, { name: "k", type: "i32" } as const, x, y];
    const module = moduleOf(
      [fn("f", body, { doc: ["What it does.", ""], params: [n], locals, exported: "f" }), g, same],
      {
        pages: 3,
        data: [
          { offset: 0, bytes: Uint8Array.of(1, 2, 3), note: "first" },
          { offset: 100, bytes: Uint8Array.of(255, 0, 34, 92), note: "second" },
        ],
      },
    );
    const bytes = encodeModule(module);
    expect(WebAssembly.validate(bytes)).toBe(true);
    // The other assembler writes exports in the order of the text and memory first, as this one does.
    expect(assembled(module)).toEqual(bytes);
    expect(watText(module)).toContain("  ;; What it does.\n");
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    const memory = exports.memory as WebAssembly.Memory;
    expect(memory.buffer.byteLength).toBe(3 * 65536);
    expect([...new Uint8Array(memory.buffer, 0, 4)]).toEqual([1, 2, 3, 0]);
    expect([...new Uint8Array(memory.buffer, 100, 4)]).toEqual([255, 0, 34, 92]);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  test("names are written only when asked for", () => {
    const a: Local = { name: "a", type: "i32" };
    const module = moduleOf([fn("first_kernel", [], { params: [a] })]);
    const named = encodeModule(module, { names: true });
    expect(new TextDecoder().decode(encodeModule(module))).not.toContain("first_kernel");
    const read = wabt.readWasm(named, { readDebugNames: true });
    read.applyNames();
    const text = read.toText({});
    expect(text).toContain("(func $first_kernel");
    expect(text).toContain("(param $a i32)");
    expect(WebAssembly.validate(named)).toBe(true);
  });

  test("several hundred functions of many types in one module", () => {
    const types = ["i32", "f32", "f64", "v128"] as const;
    const functions = Array.from({ length: 700 }, (_, k) => {
      const params = types.flatMap((type, at): Local[] => ((k >> at) & 1 ? [{ name: `p${at}`, type }] : []));
      const locals = Array.from({ length: k % 200 }, (__, j): Local => ({
        name: `x${j}`,
        type: types[(j >> 2) % 4],
      }));
      const last = locals.at(-1);
      const body = last ? [w.set(last, w.get(last))] : [];
      return fn(`kernel_${k}`, body, { params, locals, exported: k % 7 === 0 ? `entry ${k}` : null });
    });
    const module = moduleOf(functions);
    expect(WebAssembly.validate(encodeModule(module))).toBe(true);
    expect(assembled(module)).toEqual(encodeModule(module));
  });

  test("what cannot be encoded is named", () => {
    const x: Local = { name: "x", type: "i32" };
    const encode =
      (...body: Code[]) =>
      () =>
        encodeModule(moduleOf([fn("f", body)]));
    expect(encode(w.op("drop", w.get(x)))).toThrow("f uses the local x without having it");
    expect(encode(w.call("g"))).toThrow("f calls g, which is not in the module");
    expect(encode(w.branch("far"))).toThrow("f has no label far here");
    expect(() => encodeModule(moduleOf([fn("f", []), fn("f", [])]))).toThrow(
      "two functions of a module have one name",
    );
  });
});

test("floats are spelt in as few digits as tell them apart", () => {
  expect(floatText(Math.fround(0.1), "f32")).toBe("0.1");
  expect(floatText(0.1, "f64")).toBe("0.1");
  expect(floatText(Math.fround(16777215), "f32")).toBe("16777215");
  const random = randomFrom(5);
  const [float, bits] = [new Float32Array(1), new Uint32Array(1)];
  for (let k = 0; k < 20_000; k++) {
    bits[0] = Math.floor(random() * 2 ** 32);
    [float[0]] = new Float32Array(bits.buffer);
    if (Number.isFinite(float[0])) expect(Math.fround(Number(floatText(float[0], "f32")))).toBe(float[0]);
  }
});

describe("LEB128", () => {
  const unsigned = (x: number): number[] => [...new Bytes().unsigned(x).done()];
  const signed = (x: number | bigint): number[] => [...new Bytes().signed(x).done()];

  test("unsigned", () => {
    expect(unsigned(0)).toEqual([0]);
    expect(unsigned(127)).toEqual([127]);
    expect(unsigned(128)).toEqual([128, 1]);
    expect(unsigned(624485)).toEqual([0xe5, 0x8e, 0x26]);
    expect(unsigned(2 ** 32 - 1)).toEqual([255, 255, 255, 255, 15]);
  });

  test("signed", () => {
    expect(signed(0)).toEqual([0]);
    expect(signed(63)).toEqual([63]);
    expect(signed(64)).toEqual([0xc0, 0]);
    expect(signed(-1)).toEqual([127]);
    expect(signed(-64)).toEqual([64]);
    expect(signed(-65)).toEqual([0xbf, 0x7f]);
    expect(signed(-123456)).toEqual([0xc0, 0xbb, 0x78]);
    expect(signed(2 ** 31 - 1)).toEqual([255, 255, 255, 255, 7]);
    expect(signed(-(2 ** 31))).toEqual([128, 128, 128, 128, 120]);
    expect(signed(-(2n ** 63n))).toEqual([128, 128, 128, 128, 128, 128, 128, 128, 128, 127]);
  });

  test("any number comes back", () => {
    for (let k = 0; k < 64; k++) {
      for (const x of [2n ** BigInt(k) - 1n, 2n ** BigInt(k), -(2n ** BigInt(k)), -(2n ** BigInt(k)) - 1n]) {
        let back = 0n;
        const bytes = signed(x);
        for (const [at, byte] of bytes.entries()) back |= BigInt(byte & 127) << BigInt(7 * at);
        expect(BigInt.asIntN(7 * bytes.length, back)).toBe(x);
      }
    }
  });
});
