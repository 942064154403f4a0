import type { Backend } from "../ir/backend.ts";
import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule, TimeLoop } from "../ir/kernel.ts";
import { byFunction } from "../ir/kernel-walk.ts";
import { entriesOf, type Phase } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import type { LoopCall, LoopFunction, LoopProgram } from "../ir/loop.ts";
import { lowerKernel, type LoopListener, type Lowered, type Lowering } from "./function.ts";
import { withPlainNames } from "./plain-names.ts";
import { lowerPass } from "./row-pass.ts";
import { straightStep } from "./step.ts";
import { templateLookup } from "./templates.ts";
import { counterparts, outlineOfFunction, outlineOfKernel, sameShape, Twins } from "./twins.ts";

interface Known {
  readonly kernel: Kernel;
  readonly lowered: Lowered;
}

/** Every kernel as a function of the loop level; kernels that differ only in their buffers share one. */
export function lower(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  backend: Backend,
  see?: LoopListener,
): LoopProgram {
  const { padded } = memory;
  const lowering: Lowering = {
    backend,
    templates: templateLookup(),
    called: new Map(),
    padded,
    ...(see && { see }),
  };
  const functions: LoopFunction[] = [];
  const byShape = new Twins<LoopFunction>();
  const byForm = new Twins<Known>();
  const calls = new Map<Phase, LoopCall[]>(
    entriesOf(program)
      .flatMap(({ phases }) => phases)
      .map((phase) => [phase, []]),
  );
  const shared = ({ fn, arrays }: Lowered): Lowered => {
    const make = (): LoopFunction => {
      functions.push(fn);
      return fn;
    };
    return { fn: byShape.find(outlineOfFunction(fn), (other) => sameShape(other, fn), make), arrays };
  };
  const buffers = new Map(schedule.buffers.map((buffer) => [buffer.name, buffer]));
  const lowerOnce = (kernel: Kernel): Lowered => {
    let own: ReadonlyMap<Buffer, Buffer> | undefined;
    const isTwin = (known: Known): boolean =>
      (own = counterparts(known.kernel, kernel, padded)) !== undefined;
    const make = (): Known => ({
      kernel,
      lowered: shared(withPlainNames(lowerKernel(kernel, lowering), buffers)),
    });
    const { lowered } = byForm.find(outlineOfKernel(kernel), isTwin, make);
    return own ? { fn: lowered.fn, arrays: lowered.arrays.map((array) => own!.get(array)!) } : lowered;
  };
  const straight = straightStep(program, schedule, memory, lowering);
  for (const { phase, fn, arrays } of straight?.phases ?? []) {
    functions.push(fn);
    calls.get(phase)!.push(callOf(fn, { fn, arrays }));
  }
  if (straight) functions.push(straight.step.fn);
  for (const together of byFunction(schedule.kernels)) {
    const [kernel] = together;
    if (straight?.phases.some(({ phase }) => phase === kernel.phase)) continue;
    const { pass } = kernel.record;
    if (pass) {
      const own = lowerPass(pass, together, schedule, lowering);
      functions.push(own.fn);
      calls.get(kernel.phase)!.push(callOf(own.fn, own));
      continue;
    }
    const lowered = lowerOnce(kernel);
    calls.get(kernel.phase)!.push(callOf(lowered.fn, lowered, kernel.loops));
  }
  return {
    functions: [...lowering.called.values(), ...functions],
    calls,
    step: straight && callOf(straight.step.fn, straight.step),
  };
}

function callOf(fn: LoopFunction, { arrays }: Lowered, loops: readonly TimeLoop[] = []): LoopCall {
  const scalars = fn.params.flatMap((param) => (param.kind === "scalar" ? [param.name] : []));
  const times = scalars.filter((name) => loops.some(({ axis }) => axis.name === name));
  return { name: fn.name, arrays, loops, times, batch: scalars.includes("n") };
}
