import type { MemoryPlan } from "../ir/arena.ts";
import type { Schedule } from "../ir/kernel.ts";
import type { LoopProgram } from "../ir/loop.ts";
import type { Program } from "../ir/program.ts";
import { jsEngine } from "./js/engine.ts";
import { printAround, type PrintedFile, type PrintOptions } from "./module/index.ts";

export type { PrintedFile, PrintOptions } from "./module/index.ts";

/** The files of a program for a target. */
export function printModule(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  loops: LoopProgram,
  options: PrintOptions,
): PrintedFile[] {
  const engine = jsEngine(schedule, memory, loops, options.target === "ts");
  return printAround(program, memory, engine, options);
}
