import type { Buffer, Kernel, KernelExpr } from "../kernel.ts";
import { itemsOf, targetsOf } from "../kernel-walk.ts";

/**
 * What always holds where a product leaves columns out: whoever reads what it writes does so under a test of two places, as
 * a causal mask is, or in a row that ends early. Others would read what an earlier call or another tensor has left there.
 */
export function verifyUnread(kernels: readonly Kernel[]): readonly string[] {
  return kernels.flatMap((product) => {
    if (!product.read) return [];
    const [{ buffer }] = targetsOf(product);
    const readers = kernels.filter((kernel) => readsAll(kernel, buffer));
    return readers.map(
      ({ name }) => `${name}: all of ${buffer.name} is read, of which ${product.name} leaves columns out`,
    );
  });
}

function readsAll(kernel: Kernel, buffer: Buffer): boolean {
  if (kernel.core?.operands.some((operand) => operand.buffer === buffer)) return true;
  if (kernel.nest?.arrays.includes(buffer)) return true;
  const short = new Set(kernel.stages.flatMap(({ only, items }) => (only ? items : [])));
  return itemsOf(kernel).some((item) => !short.has(item) && readsBare(item.value, buffer));
}

/** Whether an expression reads a buffer where no test of places chooses what it reads. */
function readsBare(expr: KernelExpr, buffer: Buffer): boolean {
  switch (expr.kind) {
    case "load":
      return expr.buffer === buffer;
    case "guard":
      return [expr.test, expr.yes, expr.no].some((part) => readsBare(part, buffer));
    case "op": {
      const parts =
        expr.op === "select" && comparesPlaces(expr.args[0]) ? [expr.args[0], expr.args[2]] : expr.args;
      return parts.some((part) => readsBare(part, buffer));
    }
    default:
      return false;
  }
}

/** Whether a test compares two places, alone or beside other tests that must hold too. */
function comparesPlaces(test: KernelExpr): boolean {
  if (test.kind !== "op") return false;
  if (test.op === "and") return test.args.some(comparesPlaces);
  return test.op === "lessEqual" && test.args.every(({ kind }) => kind === "index");
}
