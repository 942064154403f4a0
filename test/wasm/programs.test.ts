import { describe, expect, test } from "vitest";
import W1 from "../../bench/workloads/W1.model.ts";
import W2 from "../../bench/workloads/W2.model.ts";
import W3 from "../../bench/workloads/W3.model.ts";
import W4 from "../../bench/workloads/W4.model.ts";
import W5 from "../../bench/workloads/W5.model.ts";
import W6 from "../../bench/workloads/W6.model.ts";
import autoencoder from "../../examples/autoencoder/autoencoder.model.ts";
import digits from "../../examples/digits/digits.model.ts";
import gan from "../../examples/gan/gan.model.ts";
import iris from "../../examples/iris/iris.model.ts";
import mnist from "../../examples/mnist/mnist.model.ts";
import penguins from "../../examples/penguins/penguins.model.ts";
import seed from "../../examples/seed/seed.model.ts";
import weather from "../../examples/weather/weather.model.ts";
import weatherGru from "../../examples/weather-gru/weather-gru.model.ts";
import wordsGpt from "../../examples/words-gpt/words-gpt.model.ts";
import wordsLstm from "../../examples/words-lstm/words-lstm.model.ts";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { encodeModule, wasmModules, type WasmEntry } from "../../src/backends/wasm/index.ts";
import type { Model } from "../../src/index.ts";
import type { MemoryPlan } from "../../src/ir/arena.ts";
import type { Backend } from "../../src/ir/backend.ts";
import { withBuilder } from "../../src/ir/builder.ts";
import { mapGraphs } from "../../src/ir/program.ts";
import { assertLoops } from "../../src/ir/verify/loop.ts";
import { lower } from "../../src/lower/index.ts";
import { plan } from "../../src/memory/index.ts";
import { buildGraph } from "../../src/nn/model/build.ts";
import { differentiate } from "../../src/nn/model/differentiate.ts";
import { opsOf } from "../../src/ops/table.ts";
import { optimizeGraph } from "../../src/optimize/index.ts";
import { schedule } from "../../src/schedule/index.ts";
import type { LoopCall, LoopProgram } from "../../src/ir/loop.ts";
import { isBatch } from "../../src/ir/type.ts";
import { assembled, firstDifference, interpretCalls, plainLoops, running, view } from "./run.ts";
import { randomFrom } from "../ops/sample.ts";

/** Those that the interpreter runs through in seconds, and those that take minutes. */
const small = { W1, W2, digits, iris, penguins, seed, weather };
const large = { W3, W4, W5, W6, autoencoder, gan, mnist, weatherGru, wordsGpt, wordsLstm };
const models: Readonly<Record<string, Model>> = process.env.GRADC_LONG ? { ...small, ...large } : small;

/** The loops of a model for a target: float64 scalars for js, float32 in four lanes for wasm. */
function lowered(
  model: Model,
  backend: Backend,
): { readonly loops: LoopProgram; readonly memory: MemoryPlan } {
  const forward = buildGraph(model, { precision: "f32", source: "some.model.ts" });
  const training = differentiate(forward);
  const table = opsOf(forward.builder);
  const graphs = mapGraphs(training.graphs, (graph) =>
    withBuilder(forward.builder, () => optimizeGraph(graph, table, backend)),
  );
  const program = { ...training, graphs };
  const kernels = schedule(program, table, backend);
  const memory = plan(program, kernels);
  const all = lower(program, kernels, memory, backend);
  // Kernels as phases call them, with what they call; a tiny step written as one straight line is the js target's own.
  const functions = all.functions.filter(({ name }) => name !== all.step?.name);
  const loops = { ...all, functions, step: null };
  assertLoops(loops);
  return { loops, memory };
}

/** Neighbours that stand in one loop over time. */
function groups(calls: readonly LoopCall[]): LoopCall[][] {
  const groups: LoopCall[][] = [];
  for (const call of calls) {
    const last = groups.at(-1);
    if (last && call.loops.length > 0 && last[0].loops[0] === call.loops[0]) last.push(call);
    else groups.push([call]);
  }
  return groups;
}

/** Numbers such as kernels meet: small ones, of either sign; whole ones are valid labels of any model. */
function fill(memory: MemoryPlan, bytes: ArrayBuffer): void {
  const random = randomFrom(1);
  for (const { buffer } of memory.placements.values()) {
    const values = view(bytes, buffer, memory);
    if (buffer.values) values.set(buffer.values);
    else if (buffer.dtype === "f32") for (let k = 0; k < values.length; k++) values[k] = random() * 2 - 1;
    else if (buffer.dtype === "f64") for (let k = 0; k < values.length; k++) values[k] = 0.01 + random();
    else for (let k = 0; k < values.length; k++) values[k] = random() < 0.5 ? 1 : 0;
  }
}

type Entry = WasmEntry & { readonly group: readonly LoopCall[] };

/** Runs every entry in WebAssembly and by the interpreter. */
function compare(loops: LoopProgram, memory: MemoryPlan, entries: readonly Entry[]): void {
  const wasm = running(loops, memory, entries);
  const start = new ArrayBuffer(wasm.memory.byteLength);
  fill(memory, start);
  const most = Math.max(
    1,
    ...[...memory.placements.keys()].flatMap(({ shape }) => shape.map((dim) => (isBatch(dim) ? dim.max : 1))),
  );
  const known = new Set<string>();
  for (const { name, group } of entries) {
    // Functions that have been seen to compute are called with other arrays: few rows tell whether with the right ones.
    const functions = group.map((call) => call.name).join(", ");
    const few = Math.min(3, most);
    const turns = Math.max(...group[0].loops.map(({ axis }) => axis.extent), 1);
    // Where many turns take minutes, two tiles and a row are as good as all of them.
    const whole = turns * most > 300 ? Math.min(9, most) : most;
    const full = known.has(functions) ? [few] : [1, few, whole];
    known.add(functions);
    for (const n of new Set(group.some(({ batch }) => batch) ? full : [most])) {
      const expected = start.slice(0);
      interpretCalls(group, loops, memory, expected, n);
      new Uint8Array(wasm.memory).set(new Uint8Array(start));
      wasm.call(name, n);
      // Numbers that are none may differ in their bits.
      if (Buffer.compare(new Uint8Array(wasm.memory), new Uint8Array(expected)) === 0) continue;
      const difference = firstDifference(wasm.memory, expected, memory, memory.placements.keys());
      expect(difference, `${functions} for n = ${n}`).toBeNull();
    }
  }
}

describe.each([
  ["js", { ...jsBackend("f32"), numbers: null }],
  ["wasm", wasmBackend],
] as const)(
  "every kernel, lowered for %s, computes in WebAssembly what the interpreter does",
  (_target, backend) => {
    test.each(Object.entries(models))("%s", { timeout: 600_000 }, (_, model) => {
      const { loops, memory } = lowered(model, backend);
      const entries = [...loops.calls].flatMap(([phase, calls]) =>
        groups(calls).map((group, k) => ({
          name: `${phase} ${k}`,
          group,
          calls: [{ kind: "calls" as const, calls: group }],
        })),
      );
      const { plain, relaxed } = wasmModules(loops, memory, entries);
      for (const module of [plain, relaxed()]) {
        const isSame = Buffer.compare(assembled(module), encodeModule(module)) === 0;
        expect(isSame, "another assembler makes the same bytes of the text").toBe(true);
      }
      for (const own of loops.plain.size > 0 ? [loops, plainLoops(loops)] : [loops])
        compare({ ...own, plain: new Map() }, memory, entries);
    });
  },
);
