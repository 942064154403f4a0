import { expect, test } from "vitest";
import gan from "../../examples/gan/gan.model.ts";
import mnist from "../../examples/mnist/mnist.model.ts";
import { compile } from "../../src/compile.ts";
import { indexText } from "../../src/ir/index.ts";
import type { Kernel, KernelExpr } from "../../src/ir/kernel.ts";
import { printKernels } from "../../src/ir/text/kernel-print.ts";

/** The formula with all that it shares written out. */
function whole(expr: KernelExpr): string {
  const call = (head: string, args: readonly KernelExpr[]): string =>
    `${head}(${args.map(whole).join(", ")})`;
  if (expr.kind === "op") return call(expr.op === "cast" ? expr.dtype : expr.op, expr.args);
  if (expr.kind === "guard") return call("guard", [expr.test, expr.yes, expr.no]);
  if (expr.kind === "load") return `${expr.buffer.name}[${expr.at.map(indexText).join(", ")}]`;
  if (expr.kind === "local") return expr.name;
  if (expr.kind === "index") return `(${indexText(expr.index)})`;
  if (expr.kind === "size") return expr.times === 1 ? "n" : `${expr.times}*n`;
  return Object.is(expr.value, -0) ? "-0" : String(expr.value);
}

const textOf = (kernel: Kernel): string => printKernels({ kernels: [kernel], buffers: [], results: [] });

test.each([mnist, gan])("nothing of a formula is lost where its shared parts have lines of their own", (model) => {
  let parts = 0;
  for (const kernel of compile(model).kernels.kernels) {
    const known = new Map<string, string>();
    const lines = textOf(kernel).split("\n").filter((line) => /^ +\w+ = /.test(line)).map((line) => {
      const [, name, text] = /^ +(\w+) = (.*)$/.exec(line)!;
      const written = text.replace(/\bt\d+\b/g, (part) => known.get(part) ?? part);
      if (/^t\d+$/.test(name)) {
        // Each name is the next one.
        expect(name).toBe(`t${known.size + 1}`);
        known.set(name, written);
        parts++;
      }
      return `${name} = ${written}`;
    });
    const items = [...kernel.before, ...kernel.stages.flatMap((stage) => stage.items), ...kernel.after];
    for (const { name, value, reduce } of items) {
      const fold = reduce ? `${reduce.op}${reduce.over === "outer" ? " over all" : ""} ` : "";
      const told = `${name} = ${fold}${whole(value)}`;
      expect(lines.some((line) => line === told || line.startsWith(`${told} `))).toBe(true);
    }
    for (const line of textOf(kernel).split("\n")) expect(line.length).toBeLessThan(200);
  }
  expect(parts).toBeGreaterThan(10);
}); // prettier-ignore
