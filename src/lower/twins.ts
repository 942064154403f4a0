import { exactText } from "../base/exact.ts";
import { indexText, type Index } from "../ir/index.ts";
import type { Buffer, Kernel } from "../ir/kernel.ts";
import { paramType, type LoopFunction } from "../ir/loop.ts";
import { mapExprs, mapStmts, visitStmts } from "../ir/loop-walk.ts";
import { isSlot } from "./dust.ts";
import { buffersOfKernel } from "./function.ts";

/** Finds things whose texts are equal. Texts are long, so they are written only where the outlines are equal too. */
export class Twins<T> {
  private readonly alike = new Map<string, { readonly thing: T; readonly text: () => string }[]>();

  /** What was kept with an equal outline and an equal text; else this is kept, once it is made. */
  find(outline: string, write: () => string, make: () => T): T {
    let known: string | undefined;
    const text = (): string => (known ??= write());
    const others = this.alike.get(outline) ?? [];
    const twin = others.find((other) => other.text() === text());
    if (twin) return twin.thing;
    const thing = make();
    this.alike.set(outline, [...others, { thing, text }]);
    return thing;
  }
}

/** What lowering looks at of a kernel, with buffers in the order of their appearance for their names. */
export interface Form {
  readonly text: string;
  readonly buffers: readonly Buffer[];
}

/** Layers that repeat have kernels of one form, and are lowered once. */
export function formOf(kernel: Kernel): Form {
  const { name: _name, doc: _doc, phase: _phase, ...form } = kernel;
  const all = new Set(buffersOfKernel(kernel).values());
  const places = new Map<unknown, number>();
  const text = exactText(form, (thing) => {
    // Axes are named by position, and their extents stand with the loops.
    if ("terms" in thing) return indexText(thing as Index);
    if (!all.has(thing as Buffer)) return thing;
    const known = places.get(thing);
    if (known !== undefined) return known;
    const { dtype, shape, kind } = thing as Buffer;
    places.set(thing, places.size);
    // An optimizer's memory is kept free of denormal numbers, rows may have lanes that other buffers have not, and plain
    // numbers are another kind of array.
    const role = isSlot(thing as Buffer) ? "slot" : kind === "row" || kind === "numbers" ? kind : "plain";
    return { place: places.size, dtype, shape, role };
  });
  return { text, buffers: [...places.keys()] as Buffer[] };
}

/** A function's text with its arrays named by position: equal for kernels that differ only in their buffers. */
export function shapeOf(fn: LoopFunction): string {
  const position = new Map(fn.params.map((param, k) => [param.name, `$${k}`]));
  const renamed = mapStmts(
    mapExprs(fn.body, (x) => (x.kind === "load" ? { ...x, array: position.get(x.array)! } : x)),
    (stmt) => (stmt.kind === "store" ? { ...stmt, array: position.get(stmt.array)! } : stmt),
  );
  return exactText([fn.params.map(paramType), renamed]);
}

/** What kernels that are lowered alike have in common, at a glance. */
export const outlineOfKernel = ({ outer, stages, core, nest, record }: Kernel): string =>
  exactText([
    outer,
    stages.map(({ inner, items }) => [inner, items.length]),
    core?.template,
    nest?.template,
    record,
  ]);

/** The same for functions of one shape. */
export function outlineOfFunction({ params, body }: LoopFunction): string {
  let count = 0;
  visitStmts(body, () => count++);
  const loops = body.flatMap((stmt) => (stmt.kind === "for" ? [stmt.to, stmt.step] : []));
  return exactText([params.map(paramType), count, loops]);
}
