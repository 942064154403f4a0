import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { compile, type Compilation } from "../../src/compile.ts";
import type { LoopFunction } from "../../src/ir/loop.ts";
import type { Model } from "gradc";
import { kernelsOf } from "./kernels-of.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = (folder: string): string[] =>
  readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".model.ts"))
    .map((name) => `${folder}/${name}`);
const paths = [...files("examples"), ...files("bench/workloads")].sort();

const made = new Map<string, Compilation>();
/** A model compiled, once for all that is asked of it. */
async function compiled(path: string, target: "js" | "wasm"): Promise<Compilation> {
  const { default: model } = (await import(`${root}/${path}`)) as { readonly default: Model };
  const key = `${path} ${target}`;
  const compilation = made.get(key) ?? compile(model, { target });
  made.set(key, compilation);
  return compilation;
}

/** What a comment speaks of: names, but not those of functions, of gradients and of places along axes. */
const spokenOf = (line: string): string[] =>
  line
    .replace(/ {2}\([^()]*\)$/, "")
    .replace(/^∂loss\/∂[^ [=]+/, "")
    .match(/(?<![\w/])[A-Za-z_]\w*(?![\w(/])/g) ?? [];

describe("what is said of a function speaks of what it is given", () => {
  test("all models are looked at", () => expect(paths.length).toBeGreaterThan(18));

  describe.each(paths)("%s", (path) => {
    test.each(["js", "wasm"] as const)("%s", async (target) => {
      const { loops, kernels } = await compiled(path, target);
      const buffers = new Set(kernels.buffers.map(({ name }) => name));
      const plain = new Set([...buffers].map((name) => name.replace(/_\d+$/, "")));
      const called = new Set([...loops.calls.values()].flat().map(({ name }) => name));
      const own = loops.functions.filter(({ name }) => called.has(name));
      const strange = own.flatMap(({ name, doc, params }: LoopFunction) => {
        const given = new Set(params.map((param) => param.name));
        const words = doc.filter((line) => line.includes(" = ")).flatMap(spokenOf);
        const wrong = words.filter((word) => (buffers.has(word) || plain.has(word)) && !given.has(word));
        return wrong.map((word) => `${name}: ${word} in ${doc.join(" | ")}`);
      });
      expect(strange).toEqual([]);
    });
  });
});

describe("a parameter that is written out anew is called after it", () => {
  test.each([
    ["examples/digits/digits.model.ts", "logits_kernel_transposed = logits_kernelᵀ"],
    ["examples/mnist/mnist.model.ts", "shapes_kernel_rearranged[0,0,i,j,h,g] = shapes_kernel[-1*i+4,-1*j+4,g,h]"],
    ["examples/words-gpt/words-gpt.model.ts", "attentionOutput_kernel_transposed[i,j,h] = second_attention_attentionOutput_kernel[10*j+h,i]"],
  ])("%s", async (path, said) => {
    const { loops } = await compiled(path, "wasm");
    const docs = loops.functions.flatMap(({ doc }) => doc);
    expect(docs.map((line) => line.replace(/ {2}\([^()]*\)$/, ""))).toContain(said);
  }); // prettier-ignore
});

const saidOf = (...lines: readonly string[]): string[] =>
  kernelsOf(lines.map((line) => `  ${line}`).join("\n"), jsBackend("f32")).flatMap(({ doc }) => doc);

describe("formulas as they are written on paper", () => {
  const inputs = ["%x: f32[n,4] = input \"x\"", "%y: f32[n,4] = input \"y\"", "%w: f32[4,3] = parameter \"w\"", "%v: f32[3,4] = parameter \"v\""]; // prettier-ignore
  const none = "batchA: [], batchB: []";
  test.each<readonly [string, readonly string[]]>([
    ["x − (y − x) · y", ["%1: f32[n,4] = sub %y, %x", "%2: f32[n,4] = mul %1, %y", "%r: f32[n,4] = sub %x, %2"]],
    ["(x + y)² / y", ["%1: f32[n,4] = add %x, %y", "%2: f32[n,4] = square %1", "%r: f32[n,4] = div %2, %y"]],
    ["−(x + y) · y", ["%1: f32[n,4] = add %x, %y", "%2: f32[n,4] = neg %1", "%r: f32[n,4] = mul %2, %y"]],
    ["x − y", ["%1: f32[n,4] = neg %y", "%r: f32[n,4] = add %x, %1"]],
    ["x − 0.25", ["%1: f32[n,4] = broadcastTo -0.25 {shape: [n,4]}", "%r: f32[n,4] = add %x, %1"]],
    ["x + 0.25", ["%1: f32[n,4] = broadcastTo -0.25 {shape: [n,4]}", "%r: f32[n,4] = sub %x, %1"]],
    ["x · (1 / y)", ["%1: f32[n,4] = reciprocal %y", "%r: f32[n,4] = mul %x, %1"]],
    ["x · w", ["%r: f32[n,3] = matmul %x, %w {transposeA: false, transposeB: false}"]],
    ["x · vᵀ", ["%r: f32[n,3] = matmul %x, %v {transposeA: false, transposeB: true}"]],
    ["xᵀ · y", ["%r: f32[4,4] = matmul %x, %y {transposeA: true, transposeB: false}"]],
    ["x · vᵀ", [`%r: f32[n,3] = dotGeneral %x, %v {${none}, contractA: [1], contractB: [1]}`]],
    ["xᵀ · y", [`%r: f32[4,4] = dotGeneral %x, %y {${none}, contractA: [0], contractB: [0]}`]],
    ["Σₖ x[i,k] · y[i,k]", ["%r: f32[n] = dotGeneral %x, %y {batchA: [0], batchB: [0], contractA: [1], contractB: [1]}"]],
    ["(x · w) · (x · w)", ["%1: f32[n,3] = matmul %x, %w {transposeA: false, transposeB: false}", "%r: f32[n,3] = mul %1, %1"]],
    ["wᵀ", ["%1: f32[3,4] = transpose %w {permutation: [1,0]}", "%r: f32[3,4] = contiguous %1"]],
    ["x[i,j+1]", ["%1: f32[n,2] = slice %x {start: [0,1], limit: [n,3], strides: [1,1]}", "%r: f32[n,2] = contiguous %1"]],
    ["where(j ≤ i, x, 0)", ["%1: i32[n,4] = iota {shape: [n,4], axis: 0, dtype: \"i32\"}", "%2: i32[n,4] = iota {shape: [n,4], axis: 1, dtype: \"i32\"}", "%3: bool[n,4] = lessEqual %2, %1", "%4: f32[n,4] = broadcastTo 0 {shape: [n,4]}", "%r: f32[n,4] = where %3, %x, %4"]],
  ])("%s", (formula, lines) => {
    const place = /\[i|\(j/.test(formula) ? `[${formula.includes("Σ") ? "i" : "i,j"}]` : "";
    expect(saidOf(...inputs, ...lines, 'return output "out" %r')).toEqual([`out${place} = ${formula}`]);
  }); // prettier-ignore

  test("paths are called as their parameters, so that a stroke is a division", () => {
    const lines = ['%a: f32[4] = parameter "loss/sum"', '%b: f32[4] = parameter "loss/rows"', "%r: f32[4] = div %a, %b"]; // prettier-ignore
    expect(saidOf(...lines, 'return output "out" %r')).toEqual(["out = loss_sum / loss_rows"]);
  });
});
