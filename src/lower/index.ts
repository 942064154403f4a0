import { exactText } from "../base/exact.ts";
import type { Backend } from "../ir/backend.ts";
import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel, Schedule, TimeLoop } from "../ir/kernel.ts";
import { entriesOf, type Phase } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import type { LoopCall, LoopFunction, LoopProgram } from "../ir/loop.ts";
import { buffersOfKernel, lowerKernel, type LoopListener, type Lowered, type Lowering } from "./function.ts";
import { withPlainNames } from "./plain-names.ts";
import { stepFunction } from "./step.ts";
import { templateLookup } from "./templates.ts";
import { mapExprs, mapStmts } from "../ir/loop-walk.ts";

/** Every kernel as a function of the loop level; kernels that differ only in their buffers share one. */
export function lower(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  backend: Backend,
  see?: LoopListener,
): LoopProgram {
  const lowering: Lowering = { backend, templates: templateLookup(), called: new Map(), ...(see && { see }) };
  const functions: LoopFunction[] = [];
  const byShape = new Map<string, LoopFunction>();
  const calls = new Map<Phase, LoopCall[]>(
    entriesOf(program)
      .flatMap(({ phases }) => phases)
      .map((phase) => [phase, []]),
  );
  const shared = (lowered: Lowered): Lowered => {
    const shape = shapeOf(lowered);
    const twin = byShape.get(shape);
    if (twin) return { ...lowered, fn: twin };
    byShape.set(shape, lowered.fn);
    functions.push(lowered.fn);
    return lowered;
  };
  const buffers = new Map(schedule.buffers.map((buffer) => [buffer.name, buffer]));
  const known = new Map<string, { readonly lowered: Lowered; readonly buffers: readonly Buffer[] }>();
  const lowerOnce = (kernel: Kernel): Lowered => {
    const { key, buffers: own } = formOf(kernel);
    const twin = known.get(key);
    if (twin) {
      const arrays = twin.lowered.arrays.map((array) => own[twin.buffers.indexOf(array)]);
      return { fn: twin.lowered.fn, arrays };
    }
    const lowered = shared(withPlainNames(lowerKernel(kernel, lowering), buffers));
    known.set(key, { lowered, buffers: own });
    return lowered;
  };
  for (const kernel of schedule.kernels) {
    const lowered = lowerOnce(kernel);
    calls.get(kernel.phase)!.push(callOf(lowered.fn, lowered, kernel.loops));
  }
  const step = stepFunction(program, schedule, memory, lowering);
  if (step) functions.push(step.fn);
  return {
    functions: [...lowering.called.values(), ...functions],
    calls,
    step: step && callOf(step.fn, step),
  };
}

function callOf(fn: LoopFunction, { arrays }: Lowered, loops: readonly TimeLoop[] = []): LoopCall {
  const scalars = fn.params.flatMap((param) => (param.kind === "scalar" ? [param.name] : []));
  const times = scalars.filter((name) => loops.some(({ axis }) => axis.name === name));
  return { name: fn.name, arrays, loops, times, batch: scalars.includes("n") };
}

/**
 * What lowering looks at, with buffers in the order of their appearance for their names: layers that repeat are
 * lowered once.
 */
function formOf(kernel: Kernel): { readonly key: string; readonly buffers: readonly Buffer[] } {
  const { name: _name, doc: _doc, phase: _phase, ...form } = kernel;
  const all = new Set(buffersOfKernel(kernel).values());
  const places = new Map<unknown, number>();
  const key = exactText(form, (thing) => {
    if (!all.has(thing as Buffer)) return thing;
    const known = places.get(thing);
    if (known !== undefined) return known;
    const { dtype, shape } = thing as Buffer;
    places.set(thing, places.size);
    return { place: places.size, dtype, shape };
  });
  return { key, buffers: [...places.keys()] as Buffer[] };
}

/** A function's text with its arrays named by position: equal for kernels that differ only in their buffers. */
function shapeOf({ fn }: Lowered): string {
  const position = new Map(fn.params.map((param, k) => [param.name, `$${k}`]));
  const renamed = mapStmts(
    mapExprs(fn.body, (x) => (x.kind === "load" ? { ...x, array: position.get(x.array)! } : x)),
    (stmt) => (stmt.kind === "store" ? { ...stmt, array: position.get(stmt.array)! } : stmt),
  );
  return exactText([fn.params.map((param) => (param.kind === "array" ? param.dtype : param.type)), renamed]);
}
