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
import { compile, type Compilation } from "../../src/compile.ts";
import type { Model } from "../../src/index.ts";
import type { LoopCall } from "../../src/ir/loop.ts";
import { isBatch } from "../../src/ir/type.ts";
import { seeded } from "../loops/random-loops.ts";
import { firstDifference, interpretCalls, running, view } from "./run.ts";

/** Those that the interpreter runs through in seconds, and those that take minutes. */
const small = { W1, W2, digits, gan, iris, penguins, seed, weather };
const large = { W3, W4, W5, W6, autoencoder, mnist, weatherGru, wordsGpt, wordsLstm };
const models: Readonly<Record<string, Model>> = process.env.GRADC_LONG ? { ...small, ...large } : small;

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
function fill({ memory }: Compilation, bytes: ArrayBuffer): void {
  const random = seeded(1);
  for (const { buffer } of memory.placements.values()) {
    const values = view(bytes, buffer, memory);
    if (buffer.values) values.set(buffer.values);
    else if (buffer.dtype === "f32") for (let k = 0; k < values.length; k++) values[k] = random() * 2 - 1;
    else if (buffer.dtype === "f64") for (let k = 0; k < values.length; k++) values[k] = 0.01 + random();
    else for (let k = 0; k < values.length; k++) values[k] = random() < 0.5 ? 1 : 0;
  }
}

describe("every kernel of the models computes in WebAssembly what the interpreter does", () => {
  test.each(Object.entries(models))("%s", { timeout: 600_000 }, (_, model) => {
    const compilation = compile(model);
    const { loops, memory } = compilation;
    const entries = [...loops.calls].flatMap(([phase, calls]) =>
      groups(calls).map((group, k) => ({
        name: `${phase} ${k}`,
        group,
        calls: [{ kind: "calls" as const, calls: group }],
      })),
    );
    const wasm = running(loops, memory, entries);
    const start = new ArrayBuffer(wasm.memory.byteLength);
    fill(compilation, start);
    const most = Math.max(
      1,
      ...[...memory.placements.keys()].flatMap(({ shape }) =>
        shape.map((dim) => (isBatch(dim) ? dim.max : 1)),
      ),
    );
    for (const { name, group } of entries) {
      for (const n of new Set([1, Math.min(3, most), most])) {
        if (n !== most && !group.some(({ batch }) => batch)) continue;
        const expected = start.slice(0);
        interpretCalls(group, loops, memory, expected, n);
        new Uint8Array(wasm.memory).set(new Uint8Array(start));
        wasm.call(name, n);
        const difference = firstDifference(wasm.memory, expected, memory, memory.placements.keys());
        expect(difference, `${group.map((call) => call.name).join(", ")} for n = ${n}`).toBeNull();
      }
    }
  });
});
