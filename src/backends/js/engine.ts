import type { MemoryPlan } from "../../ir/arena.ts";
import type { Schedule } from "../../ir/kernel.ts";
import { callTree, type CallTree, type LoopCall, type LoopProgram } from "../../ir/loop.ts";
import type { Phase } from "../../ir/phase.ts";
import type { Engine, EngineMemory, Field } from "../module/engine.ts";
import { align16 } from "../module/layout.ts";
import { packsOf } from "../module/pack.ts";
import { functionText, tablesOf } from "./function.ts";
import { packLoops } from "./pack.ts";
import { numbersLines, powersLines } from "./tables.ts";
import { shareViews } from "./views.ts";

/** Kernels as functions of the module, which methods call with the views that an instance holds. */
export function jsEngine(
  schedule: Schedule,
  memory: MemoryPlan,
  program: LoopProgram,
  types: boolean,
): Engine {
  const shared = shareViews(schedule, memory, program);
  const touched = new Set(
    [...shared.loops.calls.values()]
      .flat()
      .concat(shared.loops.step ?? [])
      .flatMap((call) => call.arrays),
  );
  const packs = packsOf(
    schedule.buffers.filter((b) => touched.has(b) || b.cell?.kind === "hyper" || b.cell?.kind === "state"),
    memory,
  );
  const loops = packLoops(shared.loops, packs);
  const callsOf = (phase: Phase): readonly LoopCall[] => loops.calls.get(phase) ?? [];
  const all = loops.functions.map(tablesOf);
  const powers = all.some((tables) => tables.powers);
  const tables: Field[] = [
    ...(powers ? [{ name: "$powers", type: "Float64Array", value: "powersOfTwo()" }] : []),
    ...(all.some(({ bits }) => bits)
      ? [
          { name: "$bits", type: "Float64Array", value: "new Float64Array(1)" },
          { name: "$words", type: "Uint32Array", value: "new Uint32Array(this.$bits.buffer)" },
        ]
      : []),
  ];
  return {
    schedule: shared.schedule,
    packs,
    takesViews: true,
    // What is written as one straight line stands in for the forward phase and those after it.
    buffersOf: (phase) => [
      ...callsOf(phase).flatMap((call) => call.arrays),
      ...(phase === "forward" ? (loops.step?.arrays ?? []) : []),
    ],
    usesBatch: (phase) => callsOf(phase).some((call) => call.batch),
    names: ["powersOfTwo", "numbers", ...loops.functions.map(({ name }) => name)],
    last: [],
    kernels: loops.functions.flatMap((fn) => [functionText(fn, types), ""]),
    helpers: [
      ...(powers ? powersLines(types) : []),
      ...(memory.numbers.length > 0 ? numbersLines(types) : []),
    ],
    fields: tables,
    run: (phase, self) => callLines(callTree(callsOf(phase)), loops, self),
    runStep: (_step, self) => loops.step && [callText(loops.step, loops, self)],
    predictorShare: "bundlers leave the training half out",
    memory: memoryOf(memory),
  };
}

/** The statement that calls a kernel with the views of an instance. */
function callText(call: LoopCall, { functions }: LoopProgram, self: string): string {
  const tables = tablesOf(functions.find((fn) => fn.name === call.name)!);
  const args = [
    ...call.arrays.map((buffer) => `${self}.$${buffer.name}`),
    ...(tables.powers ? [`${self}.$powers`] : []),
    ...(tables.bits ? [`${self}.$bits`, `${self}.$words`] : []),
    ...call.times,
    ...(call.batch ? ["n"] : []),
  ];
  return `${call.name}(${args.join(", ")});`;
}

export function callLines(tree: readonly CallTree[], loops: LoopProgram, self: string): string[] {
  return tree.flatMap((item) => {
    if (!("loop" in item)) return [callText(item, loops, self)];
    const { name, extent } = item.loop.axis;
    const head = item.loop.reverse
      ? `let ${name} = ${extent - 1}; ${name} >= 0; ${name}--`
      : `let ${name} = 0; ${name} < ${extent}; ${name}++`;
    return [`for (${head}) {`, ...callLines(item.calls, loops, self).map((line) => `  ${line}`), "}"];
  });
}

/** One buffer: saved bytes count from its start, scratch from wherever the scratch begins. */
function memoryOf(memory: MemoryPlan): EngineMemory {
  const { stateBytes, predictorStateBytes, predictorBytes, arenaBytes } = memory;
  const [scratch, predictorScratch] = [align16(stateBytes), align16(predictorStateBytes)];
  const place = (offset: number): string => {
    if (offset < stateBytes) return String(offset);
    return offset === scratch ? "scratch" : `scratch + ${offset - scratch}`;
  };
  const both = [
    { name: "buffer", type: "ArrayBuffer" },
    { name: "scratch", type: "number" },
  ];
  return {
    place,
    predictor: { parameters: both, first: [] },
    network: {
      parameters: both.slice(0, 1),
      first: [`const scratch = ${scratch};`, "super(buffer, scratch);"],
    },
    step: both,
    create: [`const net = new Network(new ArrayBuffer(${arenaBytes}));`],
    createPredictor: [
      `const buffer = new ArrayBuffer(${predictorScratch + predictorBytes - scratch});`,
      `new Uint8Array(buffer).set(state.subarray(0, ${predictorStateBytes}));`,
      `return new Predictor(buffer, ${predictorScratch});`,
    ],
    given: [],
  };
}
