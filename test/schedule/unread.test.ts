import { describe, expect, test } from "vitest";
import {
  batch, defineModel, exp, f32, matmul, max, scaledDotProductAttention, sin, sum, tril, triu, type Value,
} from "../../src/index.ts"; // prettier-ignore
import { compile, type Compilation } from "../../src/compile.ts";
import { indexAdd, indexAxis, indexConstant, indexText, type Index } from "../../src/ir/index.ts";
import type { Buffer, KernelExpr } from "../../src/ir/kernel.ts";
import { targetsOf, visitKernelExpr } from "../../src/ir/kernel-walk.ts";
import { verifyKernel } from "../../src/ir/verify/kernel.ts";
import { verifyUnread } from "../../src/ir/verify/unread.ts";
import { runWasm } from "../compile/agree.ts";
import { firstDifference, runLoops } from "../compile/program.ts";
import { causal, feedOf, stagesOf, whole } from "./causal.ts";

function hasLoadOf(value: KernelExpr, buffer: Buffer): boolean {
  let found = false;
  visitKernelExpr(value, (expr) => (found ||= expr.kind === "load" && expr.buffer === buffer));
  return found;
}

/** Up to where the columns of products are read, as text. */
const reads = ({ kernels: { kernels } }: Compilation): string[] =>
  kernels.flatMap(({ phase, read }) => (read ? [`${phase} ${read.axis}≤${indexText(read.upTo)}`] : []));

describe("products leave out tiles that nobody reads", () => {
  test("the scores under a causal mask, and the gradient of their weights", () => {
    const ends = (queries: number, target: "js" | "wasm"): string[] =>
      reads(compile(causal({ queries }), { target, debug: true }));
    const wide = ["forward g≤h+1", "backward g≤h+3", "predict g≤h+1", "evaluate g≤h+1"];
    expect(ends(64, "wasm")).toEqual(wide.map((text) => text.replace("+1", "+3")));
    expect(ends(16, "js")).toEqual(wide);
    // What fills no vector at the end of a row is read whether it is masked or not.
    expect(ends(22, "wasm")).toEqual(["forward g≤h+1", "predict g≤h+1", "evaluate g≤h+1"]);
  });

  test("columns in panels of two", () => {
    const model = defineModel({
      name: "wide",
      inputs: { q: f32(batch(8), 4, 64, 16) },
      build: ({ q }) => ({ outputs: { z: scaledDotProductAttention(q, q, q, { causal: true }) } }),
    });
    expect(reads(compile(model, { target: "js", debug: true }))).toEqual(["predict p≤(h+1)/2+1"]);
  });

  const square = (of: (scores: Value) => { readonly [name: string]: Value }, rows: number | null = 16): string[] => {
    const [x, y] = [f32(rows ?? batch(16), 6), f32(16, 6)];
    const build = ({ x, y }: { x: Value; y: Value }): { outputs: { [name: string]: Value } } => ({
      outputs: of(matmul(x, y, { transposeB: true })),
    });
    return reads(compile(defineModel({ name: "square", inputs: { x, y }, build }), { target: "wasm", debug: true }));
  }; // prettier-ignore
  /** Of exponentials, which each of their readers computes anew. */
  const largest = (x: Value, of = (y: Value): Value => y, axis = 1): Value => max(of(exp(x)), { axis });

  test("only where every reader looks at one side of the diagonal", () => {
    const cut = ["predict j≤i+3"];
    expect(square((s) => ({ a: largest(s, tril) }))).toEqual(cut);
    expect(square((s) => ({ a: largest(s, tril), b: sum(tril(sin(s)), { axis: 1 }) }))).toEqual(cut);
    expect(square((s) => ({ a: largest(s, tril, 0) }))).toEqual(cut);
    expect(square((s) => ({ a: largest(s) }))).toEqual([]);
    expect(square((s) => ({ a: largest(s, tril), b: largest(s) }))).toEqual([]);
    expect(square((s) => ({ a: largest(s, tril), b: largest(s, triu) }))).toEqual([]);
    expect(square((s) => ({ a: largest(s, (x) => tril(x, { k: 1 })) }))).toEqual([]);
    expect(square((s) => ({ a: largest(s, tril), s }))).toEqual([]);
    expect(square((s) => ({ a: largest(s, tril), b: matmul(s, s) }))).toEqual([]);
    // Rows that are those of a batch end with n.
    expect(square((s) => ({ a: largest(s, tril) }), null)).toEqual([]);
  });

  test.each([8, 12, 16, 22, 33, 64])("length %i: nothing that was left out is seen", (queries) => {
    const compilation = compile(causal({ queries }), { target: "wasm" });
    const stages = stagesOf(compilation);
    const full = whole(stages, compilation);
    const feed = feedOf(stages, 2, queries);
    const expected = runLoops(full, feed, 2);
    // Memory that nobody writes holds numbers that are none, then others.
    for (const poison of [255, 0x7e])
      expect(firstDifference(expected, runWasm(stages, feed, 2, false, poison)!)).toBe(undefined);
  });

  test("the verifier finds columns left out of what is no single product, or by the batch", () => {
    const { kernels } = compile(causal({ queries: 16 }), { target: "wasm" });
    const kernel = kernels.kernels.find(({ read }) => read)!;
    const faults = (upTo: Index, axis = "g"): readonly string[] =>
      verifyKernel({ ...kernel, read: { axis, upTo } }, 4);
    const [i, h, g] = kernel.outer.map(indexAxis);
    expect(faults(kernel.read!.upTo)).toEqual([]);
    const text = `${kernel.name}: columns are left out that a row of the tile may need`;
    expect(faults(indexAdd(h, indexConstant(0)))).toEqual([text]);
    expect(faults(indexAdd(i, indexConstant(3)))).toEqual([text]);
    expect(faults(g)).toEqual([text]);
    expect(verifyKernel({ ...kernel, core: null }, 4)).toContain(`${kernel.name}: only products leave columns out`); // prettier-ignore
  });

  test("the verifier finds who reads what is left out", () => {
    for (const target of ["js", "wasm"] as const) {
      const { kernels } = compile(causal({ queries: 16 }), { target }).kernels;
      expect(verifyUnread(kernels)).toEqual([]);
      const product = kernels.find(({ phase, read }) => phase === "forward" && read)!;
      const [{ buffer }] = targetsOf(product);
      const readers = kernels.filter(({ stages }) => stages.some(({ only, items }) => only && items.some(({ value }) => hasLoadOf(value, buffer))));
      expect(readers.length).toBeGreaterThan(0);
      // A pass that drops the end of rows and the mask, or one of them where the other is not.
      for (const reader of readers) {
        const bare = (value: KernelExpr): KernelExpr => (value.kind === "op" ? (value.op === "select" ? bare(value.args[1]) : { ...value, args: value.args.map(bare) }) : value);
        const stages = reader.stages.map(({ inner, items }) => ({ inner, items: items.map((item) => ({ ...item, value: bare(item.value) })) }));
        const broken = kernels.map((kernel) => (kernel === reader ? { ...kernel, stages } : kernel));
        expect(verifyUnread(broken)).toEqual([`${reader.name}: all of ${buffer.name} is read, of which ${product.name} leaves columns out`]);
      }
      const [other] = kernels.filter(({ core }) => core);
      const core = { ...other.core!, operands: other.core!.operands.map((operand) => ({ ...operand, buffer })) };
      const broken = kernels.map((kernel) => (kernel === other ? { ...kernel, core } : kernel));
      expect(verifyUnread(broken).length).toBe(1);
    }
  }); // prettier-ignore
});
