import { invariant } from "../base/errors.ts";
import type { Backend } from "../ir/backend.ts";
import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule, TimeLoop } from "../ir/kernel.ts";
import { byFunction } from "../ir/kernel-walk.ts";
import { entriesOf, type Phase } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import type { LoopCall, LoopFunction, LoopParam, LoopProgram } from "../ir/loop.ts";
import {
  lowerKernel,
  type LoopListener,
  type Lowered,
  type LoweredKernel,
  type Lowering,
} from "./function.ts";
import { withPlainNames } from "./plain-names.ts";
import { lowerPass } from "./row-pass.ts";
import { straightStep } from "./step.ts";
import { templateLookup } from "./templates.ts";
import { counterparts, outlineOfFunction, outlineOfKernel, sameShape, Twins } from "./twins.ts";

/** Every kernel as a function of the loop level; kernels that differ only in their buffers share one. */
export function lower(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  backend: Backend,
  see?: LoopListener,
): LoopProgram {
  const lowering: Lowering = {
    backend,
    templates: templateLookup(),
    called: new Map(),
    padded: memory.padded,
    ...(see && { see }),
  };
  const functions = new Functions(schedule, lowering);
  const phases = entriesOf(program).flatMap((entry) => entry.phases);
  const calls = new Map(phases.map((phase): [Phase, LoopCall[]] => [phase, []]));
  const straight = straightStep(program, schedule, memory, lowering);
  for (const { phase, ...pass } of straight?.phases ?? [])
    calls.get(phase)!.push(callOf(functions.add(pass)));
  const step = straight && callOf(functions.add(straight.step));
  for (const together of byFunction(schedule.kernels)) {
    const [{ phase, loops, record: { pass } }] = together; // prettier-ignore
    if (straight?.phases.some((part) => part.phase === phase)) continue;
    const own = pass
      ? functions.add(lowerPass(pass, together, schedule, lowering))
      : functions.ofKernel(together[0]);
    calls.get(phase)!.push(callOf(own, loops));
  }
  return { functions: [...lowering.called.values(), ...functions.list], calls, step, plain: functions.plain };
}

interface Known {
  readonly kernel: Kernel;
  readonly lowered: Lowered;
}

/** The functions of a program, in the order in which they are made. */
class Functions {
  readonly list: LoopFunction[] = [];
  /** What stands in for some of them on engines without relaxed SIMD. */
  readonly plain = new Map<string, LoopFunction>();
  private readonly lowering: Lowering;
  private readonly buffers: ReadonlyMap<string, Buffer>;
  private readonly byShape = new Twins<LoopFunction>();
  private readonly byForm = new Twins<Known>();

  constructor({ buffers }: Schedule, lowering: Lowering) {
    this.lowering = lowering;
    this.buffers = new Map(buffers.map((buffer) => [buffer.name, buffer]));
  }

  add(own: Lowered): Lowered {
    this.list.push(own.fn);
    return own;
  }

  /** The function of a kernel, which may be that of another with the arrays that this one has in their places. */
  ofKernel(kernel: Kernel): Lowered {
    const { padded } = this.lowering;
    let own: ReadonlyMap<Buffer, Buffer> | undefined;
    const isTwin = (known: Known): boolean =>
      (own = counterparts(known.kernel, kernel, padded)) !== undefined;
    const make = (): Known => ({ kernel, lowered: this.shared(lowerKernel(kernel, this.lowering)) });
    const { lowered } = this.byForm.find(outlineOfKernel(kernel), isTwin, make);
    return own ? { fn: lowered.fn, arrays: lowered.arrays.map((array) => own!.get(array)!) } : lowered;
  }

  /** The same arrays with a function that is there already, if one is of the same shape. */
  private shared({ own, plain }: LoweredKernel): Lowered {
    const lowered = withPlainNames(own, this.buffers);
    const { fn, arrays } = lowered;
    const isTwin = (other: LoopFunction): boolean => sameShape(other, fn);
    const make = (): LoopFunction => {
      if (plain) this.plain.set(fn.name, inPlaceOf(lowered, withPlainNames(plain(), this.buffers)));
      return this.add(lowered).fn;
    };
    return { fn: this.byShape.find(outlineOfFunction(fn), isTwin, make), arrays };
  }
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

function callOf({ fn, arrays }: Lowered, loops: readonly TimeLoop[] = []): LoopCall {
  const scalars = fn.params.flatMap((param) => (param.kind === "scalar" ? [param.name] : []));
  const times = scalars.filter((name) => loops.some(({ axis }) => axis.name === name));
  return { name: fn.name, arrays, loops, times, batch: scalars.includes("n") };
}
