import type { Compilation } from "../../compile.ts";
import { interpret, type LoopArray } from "../../eval/interpret.ts";
import type { Buffer } from "../../ir/kernel.ts";
import { eachCall } from "../../ir/loop.ts";
import { stepPhase, type Phase } from "../../ir/phase.ts";
import type { StepGraphs } from "../../ir/program.ts";
import { sizeOf, type DType } from "../../ir/type.ts";

const arrays: Readonly<
  Record<DType, new (memory: ArrayBuffer, offset: number, length: number) => LoopArray>
> = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
};

/** What the loops computed, by the names of the results and of the parameters. */
export interface Interpreted {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, LoopArray>;
}

/** Runs the loops of a forward and a backward pass by the interpreter, on an arena of their own. */
export function interpretTraining(
  { loops, memory, kernels }: Compilation,
  step: StepGraphs,
  state: Uint8Array,
  inputs: ReadonlyMap<string, ArrayLike<number>>,
  n: number,
): Interpreted {
  const arena = new ArrayBuffer(memory.arenaBytes);
  const numbers = memory.numbers.map(({ array }) => new Float64Array(sizeOf(array.shape)));
  const viewOf = (buffer: Buffer): LoopArray => {
    if (buffer.kind === "numbers")
      return numbers[memory.numbers.findIndex(({ holds }) => holds.includes(buffer))];
    const { offset } = memory.placements.get(buffer)!;
    return new arrays[buffer.dtype](arena, offset, sizeOf(buffer.shape));
  };
  new Uint8Array(arena).set(state.subarray(0, memory.stateBytes));
  for (const buffer of kernels.buffers) {
    if (buffer.values && memory.placements.has(buffer)) viewOf(buffer).set(buffer.values);
    const input = buffer.cell?.kind === "input" ? inputs.get(buffer.cell.name) : undefined;
    if (input) viewOf(buffer).set(input);
  }
  const named = new Map(loops.functions.map((fn) => [fn.name, fn]));
  const run = (phase: Phase): void => {
    eachCall(loops.calls.get(phase) ?? [], (call, times) => {
      interpret(
        named.get(call.name)!,
        [...call.arrays.map(viewOf), ...times, ...(call.batch ? [n] : [])],
        named,
      );
    });
  };
  const forward = stepPhase("forward", step);
  run(forward);
  const loss = kernels.results.find(({ phase, name }) => phase === forward && name === "loss")!;
  const found = viewOf(loss.buffer)[0];
  const gradients = kernels.buffers.filter(
    ({ cell }) => cell?.kind === "gradient" && cell.step === step.name,
  );
  // Gradients accumulate from zero.
  for (const buffer of gradients) viewOf(buffer).fill(0);
  run(stepPhase("backward", step));
  return { loss: found, gradients: new Map(gradients.map((buffer) => [buffer.cell!.name, viewOf(buffer)])) };
}
