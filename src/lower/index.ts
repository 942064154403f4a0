import { invariant } from "../base/errors.ts";
import type { Backend } from "../ir/backend.ts";
import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule, TimeLoop } from "../ir/kernel.ts";
import { byFunction } from "../ir/kernel-walk.ts";
import { entriesOf, type Phase } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import type { LoopCall, LoopFunction, LoopParam, LoopProgram } from "../ir/loop.ts";
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
  const plain = new Map<string, LoopFunction>();
  const byShape = new Twins<LoopFunction>();
  const byForm = new Twins<Known>();
  const calls = new Map<Phase, LoopCall[]>(
    entriesOf(program)
      .flatMap(({ phases }) => phases)
      .map((phase) => [phase, []]),
  );
  const buffers = new Map(schedule.buffers.map((buffer) => [buffer.name, buffer]));
  const shared = (kernel: Kernel): Lowered => {
    const { own, plain: others } = lowerKernel(kernel, lowering);
    const lowered = withPlainNames(own, buffers);
    const { fn, arrays } = lowered;
    const make = (): LoopFunction => {
      functions.push(fn);
      if (others) plain.set(fn.name, inPlaceOf(lowered, withPlainNames(others(), buffers)));
      return fn;
    };
    return { fn: byShape.find(outlineOfFunction(fn), (other) => sameShape(other, fn), make), arrays };
  };
  const lowerOnce = (kernel: Kernel): Lowered => {
    let mine: ReadonlyMap<Buffer, Buffer> | undefined;
    const isTwin = (known: Known): boolean =>
      (mine = counterparts(known.kernel, kernel, padded)) !== undefined;
    const make = (): Known => ({ kernel, lowered: shared(kernel) });
    const { lowered } = byForm.find(outlineOfKernel(kernel), isTwin, make);
    return mine ? { fn: lowered.fn, arrays: lowered.arrays.map((array) => mine!.get(array)!) } : lowered;
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
      const whole = lowerPass(pass, together, schedule, lowering);
      functions.push(whole.fn);
      calls.get(kernel.phase)!.push(callOf(whole.fn, whole));
      continue;
    }
    const lowered = lowerOnce(kernel);
    calls.get(kernel.phase)!.push(callOf(lowered.fn, lowered, kernel.loops));
  }
  return {
    functions: [...lowering.called.values(), ...functions],
    calls,
    step: straight && callOf(straight.step.fn, straight.step),
    plain,
  };
}

/** A function that does the same as another under its name, with its arrays and scalars in that order: both are called alike. */
function inPlaceOf({ fn: { name, params }, arrays }: Lowered, other: Lowered): LoopFunction {
  const own = new Map<unknown, LoopParam>();
  for (const [k, param] of other.fn.params.entries()) own.set(other.arrays[k] ?? param.name, param);
  const ordered = params.map((param, k) => own.get(arrays[k] ?? param.name));
  invariant(
    own.size === params.length && ordered.every((param) => param !== undefined),
    `${name} takes other parameters in other tiles`,
  );
  return { ...other.fn, name, params: ordered };
}

function callOf(fn: LoopFunction, { arrays }: Lowered, loops: readonly TimeLoop[] = []): LoopCall {
  const scalars = fn.params.flatMap((param) => (param.kind === "scalar" ? [param.name] : []));
  const times = scalars.filter((name) => loops.some(({ axis }) => axis.name === name));
  return { name: fn.name, arrays, loops, times, batch: scalars.includes("n") };
}
