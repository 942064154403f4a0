import type { Backend } from "../../src/ir/backend.ts";
import type { Kernel } from "../../src/ir/kernel.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printKernels } from "../../src/ir/text/kernel-print.ts";
import { ops } from "../../src/ops/table.ts";
import { schedule } from "../../src/schedule/index.ts";
import { programOf } from "../compile/program.ts";

/** The kernels of a graph whose lines are given without header, with at most `most` rows in a batch. */
export function kernelsOf(lines: string, backend: Backend, most = 8): readonly Kernel[] {
  const predict = parseGraph(`graph sample.predict(batch n ≤ ${most})\n${lines}`, ops);
  return schedule(programOf({ predict, precision: "f32" }), ops, backend).kernels;
}

/** The loops of a kernel and what is decided about them, as the heading of its text form says it. */
export function headOf(kernel: Kernel): string {
  const text = printKernels({ kernels: [kernel], buffers: [], results: [] });
  const [head] = text.split("\n").filter((line) => line.startsWith("kernel "));
  return head.replace(/^kernel \S+ \S+ ?/, "");
}
