import type { MemoryPlan } from "../../ir/arena.ts";
import type { Schedule } from "../../ir/kernel.ts";
import type { LoopProgram } from "../../ir/loop.ts";
import { stepParts, stepPhase, type Phase } from "../../ir/phase.ts";
import type { Engine } from "../module/engine.ts";
import { packsOf } from "../module/pack.ts";
import type { Exports } from "./entries.ts";
import type { WasmSource } from "./source.ts";

/** Kernels in a WebAssembly instance, whose exports run whole phases and whose memory is the arena. */
export function wasmEngine(
  schedule: Schedule,
  memory: MemoryPlan,
  loops: LoopProgram,
  { phases, steps }: Exports,
  { definitions, last, instance, given }: WasmSource,
): Engine {
  const callsOf = (phase: Phase) => loops.calls.get(phase) ?? [];
  const usesBatch = (phase: Phase): boolean => callsOf(phase).some(({ batch }) => batch);
  const call = (name: string, batch: boolean, self: string): string[] => [
    `${self}.$wasm.${name}(${batch ? "n" : ""});`,
  ];
  const constructor = { parameters: [{ name: "wasm", type: "WebAssembly.Exports" }], first: [] };
  const buffer = "const buffer = wasm.memory.buffer;";
  return {
    schedule,
    packs: packsOf(
      schedule.buffers.filter(({ cell }) => cell?.kind === "hyper" || cell?.kind === "state"),
      memory,
    ),
    takesViews: false,
    // Kernels know where everything lies; only what comes from outside is written through a view.
    buffersOf: (phase) =>
      callsOf(phase)
        .flatMap(({ arrays }) => arrays)
        .filter(({ cell }) => cell?.kind === "input" || cell?.kind === "seed"),
    usesBatch,
    // Methods call nothing of the module's top level but its checks.
    names: [],
    kernels: definitions,
    last,
    helpers: [],
    fields: [{ name: "$wasm", type: "WebAssembly.Exports", value: "wasm" }],
    run(phase, self) {
      const name = phases.get(phase);
      return name === undefined ? [] : call(name, usesBatch(phase), self);
    },
    runStep(step, self) {
      const name = steps.get(step);
      const batch = stepParts.some((part) => usesBatch(stepPhase(part, step)));
      return name === undefined ? null : call(name, batch, self);
    },
    predictorShare: "its code and its memory are those of the whole network",
    memory: {
      place: String,
      predictor: { ...constructor, first: [buffer] },
      network: { ...constructor, first: ["super(wasm);", buffer] },
      step: [{ name: "buffer", type: "ArrayBuffer" }],
      create: [`const net = new Network(${instance});`],
      createPredictor: [
        `const own = ${instance};`,
        `new Uint8Array(own.memory.buffer).set(state.subarray(0, ${memory.predictorStateBytes}));`,
        "return new Predictor(own);",
      ],
      given: given ? [{ name: "wasm", type: "CompiledModule" }] : [],
    },
  };
}
