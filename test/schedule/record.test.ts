import { describe, expect, test } from "vitest";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { verifyKernel } from "../../src/ir/verify/kernel.ts";
import { ops } from "../../src/ops/table.ts";
import { optimizeGraph } from "../../src/optimize/index.ts";
import { schedule } from "../../src/schedule/index.ts";
import { programOf } from "../compile/program.ts";
import { randomGraph } from "../optimize/random-graph.ts";
import { headOf, kernelsOf } from "./kernels-of.ts";

const product = (rows: string, depth: string | number, columns: number): string => `
  %x: f32[${rows},${depth}] = input "x"
  %w: f32[${depth},${columns}] = parameter "w"
  %1: f32[${rows},${columns}] = matmul %x, %w {transposeA: false, transposeB: false}
  return output "y" %1`;

describe("lanes", () => {
  test.each<[string, string, string]>([
    ["neighbours in memory are neighbours in lanes", `
      %x: f32[n,32] = input "x"
      %1: f32[n,32] = exp %x
      return output "y" %1`, "i<32*n lanes i"],
    ["what is written decides where what is read lies across", `
      %x: f32[32,16] = parameter "x"
      %1: f32[16,32] = transpose %x {permutation: [1,0]}
      %2: f32[16,32] = exp %1
      return output "y" %2`, "i<16 j<32 lanes j"],
    ["a long row is folded in lanes", `
      %x: f32[n,64] = input "x"
      %1: f32[n] = sum %x {axes: [1]}
      return output "y" %1`, "i<n lanes k"],
    ["of four numbers it does not pay to join four lanes: four rows are folded at once", `
      %x: f32[n,4] = input "x"
      %1: f32[n] = sum %x {axes: [1]}
      return output "y" %1`, "i<n lanes i"],
    ["a fold along columns runs in lanes across them", `
      %x: f32[n,64] = input "x"
      %1: f32[64] = sum %x {axes: [0]}
      return output "y" %1`, "i<64 lanes i"],
    ["a position is searched one number at a time", `
      %x: f32[n,64] = input "x"
      %1: i32[n] = argMax %x {axes: [1]}
      return output "y" %1`, "i<n"],
    ["and so it is where rows are neighbours", `
      %x: f32[64,32] = parameter "x"
      %1: i32[32] = argMax %x {axes: [0]}
      return output "y" %1`, "i<32"],
    ["float64 has no lanes", `
      %x: f64[n,64] = input "x"
      %1: f64[n,64] = neg %x
      return output "y" %1`, "i<64*n"],
    ["a number alone has no axis", `
      %x: f32[] = parameter "x"
      %1: f32[] = exp %x
      return output "y" %1`, ""],
    ["a product's columns lie side by side", product("n", 64, 32), "i<n j<32 lanes j"],
    ["one column has its depth in lanes", product("n", 64, 1), "i<n lanes k"],
    ["rows against rows have their depth in lanes", `
      %x: f32[n,64] = input "x"
      %w: f32[6,64] = parameter "w"
      %1: f32[n,6] = matmul %x, %w {transposeA: false, transposeB: true}
      return output "y" %1`, "i<n j<6 lanes k"],
  ])("%s", (_, lines, wanted) => {
    const kernels = kernelsOf(lines, wasmBackend);
    expect(kernels.map(headOf).map((head) => head.replace(/ ?(tile|plain)( alone| single| \S+×\d+)+/g, ""))).toEqual([wanted]);
    // A target without lanes has the same loops.
    const [plain] = kernelsOf(lines, jsBackend("f32"));
    expect(plain.record.lanes).toEqual([]);
  }); // prettier-ignore
});

/** Vector registers of a machine with SSE or NEON as WebAssembly sees it. */
const registers = 16;
const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 33, 64];

describe("the tile of a product in lanes", () => {
  const tileOf = (rows: number | "n", columns: number, depth = 32) => {
    const [kernel] = kernelsOf(product(String(rows), depth, columns), wasmBackend, 64);
    const column = kernel.outer.length - 1;
    const isRow = kernel.outer.length > 1;
    return {
      kernel,
      inLanes: kernel.record.lanes.includes(kernel.outer[column].name),
      rows: isRow ? kernel.record.tile[column - 1] : 1,
      columns: kernel.record.tile[column],
    };
  };
  /** Products, sums and loads of one step along the depth, as they stand in the loop. */
  const instructions = (rows: number, columns: number): number => 2 * rows * columns + rows + columns;
  /** Those of one step for all of rows × columns, where what tiles leave over is a smaller tile. */
  const total = (height: number, width: number, rows: number, columns: number): number => {
    const parts = (extent: number, size: number): readonly (readonly [size: number, count: number])[] => [
      [size, Math.floor(extent / size)],
      [extent % size, 1],
    ];
    return parts(height, rows)
      .flatMap(([r, down]) =>
        parts(width, columns).map(([c, across]) => (r && c ? down * across * instructions(r, c) : 0)),
      )
      .reduce((sum, part) => sum + part, 0);
  };
  const heights = [...sizes, "n"] as const;
  const all = heights.flatMap((height) => [4, 8, 12, 20, 28, 32, 60, 64, 128].map((width) => [height, width] as const)); // prettier-ignore

  test.each(all)("%s rows by %d columns", (height, width) => {
    const { inLanes, rows, columns, kernel } = tileOf(height, width);
    expect(inLanes).toBe(true);
    const [most, vectors] = [height === "n" ? 64 : height, width / 4];
    expect(rows).toBeLessThanOrEqual(most);
    expect(columns).toBeLessThanOrEqual(vectors);
    // A sum for each place, what the columns read, and what one row reads: the product is one with the sum.
    expect(rows * columns + columns + 1).toBeLessThan(registers);
    // Engines without relaxed SIMD read all rows, and a product takes a register too.
    const { tile } = kernel.record.plain ?? kernel.record;
    const [down, across] = [tile.at(-2) ?? 1, tile.at(-1)!];
    expect(down * across + down + across + 1).toBeLessThan(registers);
    expect(total(most, vectors, rows, columns)).toBeLessThanOrEqual(total(most, vectors, 1, 1));
    expect(kernel.record.tile.length).toBe(kernel.outer.length);
  });

  test("what is read serves several places where there are several", () => {
    for (const [height, width] of all) {
      if (height !== "n" && height < 4) continue;
      const { rows, columns } = tileOf(height, width);
      // Alone, every place takes two loads; the largest tiles of 16 registers take less than one.
      expect(rows + columns, `${height} × ${width}: ${rows} × ${columns}`).toBeLessThanOrEqual(
        1.25 * rows * columns,
      );
    }
    const { rows, columns } = tileOf("n", 128, 256);
    expect(rows + columns).toBeLessThan(rows * columns);
  });
});

describe("the record of any kernel", () => {
  test.each([
    ["js", jsBackend("f32")],
    ["wasm", wasmBackend],
  ] as const)("of random graphs keeps within its axes on %s", (_, backend) => {
    let tiled = 0;
    let inLanes = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const graph = randomGraph(seed, 20, "f32");
      if (graph.outputs.length === 0) continue;
      const predict = optimizeGraph(graph, ops, backend);
      const { kernels } = schedule(programOf({ predict, precision: "f32" }), ops, backend);
      for (const kernel of kernels) {
        expect(verifyKernel(kernel, backend.lanes), `seed ${seed}`).toEqual([]);
        if (kernel.record.tile.some((size) => size > 1)) tiled++;
        if (kernel.record.lanes.length > 0) inLanes++;
      }
    }
    expect(tiled).toBeGreaterThan(10);
    expect(inLanes > 20).toBe(backend.lanes > 1);
  });

  test.each([6, 8, 10, 12, 64])("a batch of at most %d as rows, as columns and as depth", (most) => {
    const products = [
      product("n", 16, 24),
      `%x: f32[16,n] = input "x"
       %w: f32[24,16] = parameter "w"
       %1: f32[24,n] = matmul %w, %x {transposeA: false, transposeB: false}
       return output "y" %1`,
      `%x: f32[n,16] = input "x"
       %z: f32[n,24] = input "z"
       %1: f32[16,24] = matmul %x, %z {transposeA: true, transposeB: false}
       return output "y" %1`,
    ];
    for (const lines of products)
      for (const backend of [jsBackend("f32"), wasmBackend])
        for (const kernel of kernelsOf(lines, backend, most))
          expect(verifyKernel(kernel, backend.lanes)).toEqual([]);
  });
});
