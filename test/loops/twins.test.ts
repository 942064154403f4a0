import { expect, test } from "vitest";
import { adam, batch, defineModel, dense, f32, mean, square } from "gradc";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { compile } from "../../src/compile.ts";
import type { Buffer, Item, Kernel, KernelExpr } from "../../src/ir/kernel.ts";
import { printLoop } from "../../src/ir/text/loop-print.ts";
import { lower } from "../../src/lower/index.ts";

const { optimized, kernels, memory } = compile(
  defineModel({
    name: "twins",
    inputs: { x: f32(batch(16), 40) },
    build({ x }) {
      const out = dense(x, { units: 30 });
      return { outputs: { out }, loss: mean(square(out)), optimizer: adam() };
    },
  }),
  { target: "wasm" },
);
const update = kernels.kernels.find(({ phase }) => phase === "update")!;

/** The same kernel over other buffers. */
function over(kernel: Kernel, name: string, other: (buffer: Buffer) => Buffer): Kernel {
  const known = new Map<Buffer, Buffer>();
  const of = (buffer: Buffer): Buffer => {
    const found = known.get(buffer) ?? other(buffer);
    known.set(buffer, found);
    return found;
  };
  const value = (expr: KernelExpr): KernelExpr => {
    if (expr.kind === "load") return { ...expr, buffer: of(expr.buffer) };
    if (expr.kind === "op") return { ...expr, args: expr.args.map(value) };
    if (expr.kind !== "guard") return expr;
    return { ...expr, test: value(expr.test), yes: value(expr.yes), no: value(expr.no) };
  };
  const items = (list: readonly Item[]): Item[] =>
    list.map((item) => ({
      ...item,
      value: value(item.value),
      targets: item.targets.map((target) => ({ ...target, buffer: of(target.buffer) })),
    }));
  const { stages, before, after } = kernel;
  return {
    ...kernel,
    name,
    stages: stages.map((stage) => ({ ...stage, items: items(stage.items) })),
    before: items(before),
    after: items(after),
  };
}

/** The functions that an update and the same over other buffers are lowered to, the other one first. */
function functionsOf(other: (buffer: Buffer) => Buffer, padded: ReadonlySet<Buffer> = new Set()): string[] {
  const schedule = { ...kernels, kernels: [over(update, "other", other), update] };
  const { functions, calls } = lower(optimized, schedule, { ...memory, padded }, wasmBackend);
  const named = new Map(functions.map((fn) => [fn.name, printLoop(fn)]));
  return calls.get("update")!.map(({ name }) => named.get(name)!);
}

test("an optimizer's update shares no function with the same sums elsewhere, which keep what is tiny", () => {
  const isSlot = ({ cell }: Buffer): boolean => cell?.kind === "slot";
  const elsewhere = functionsOf((buffer) => {
    const { name, cell } = buffer;
    const plain = isSlot(buffer) ? { ...cell!, kind: "state" as const } : cell;
    return { ...buffer, name: `other_${name}`, ...(plain ? { cell: plain } : {}) };
  });
  const sweeps = elsewhere.map((text) => text.includes(String(wasmBackend.leastSlot)));
  expect(sweeps).toEqual([false, true]);

  const again = functionsOf((buffer) => ({ ...buffer, name: `other_${buffer.name}` }));
  expect(again[0]).toBe(again[1]);
});

test("an update with room for its last vector shares no function with one that has none", () => {
  const [tight, roomy] = functionsOf((buffer) => ({ ...buffer }), memory.padded);
  const ends = [tight, roomy].map((text) => [...text.matchAll(/i < (\d+)/g)].map(([, end]) => Number(end)));
  expect(ends).toEqual([[1228], [1232]]);
});
