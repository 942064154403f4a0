import { alike } from "../base/alike.ts";
import { exactText } from "../base/exact.ts";
import type { Buffer, Kernel } from "../ir/kernel.ts";
import { paramType, type LoopFunction } from "../ir/loop.ts";
import { visitStmts } from "../ir/loop-walk.ts";
import { isSlot } from "./denormals.ts";

/** Finds things that are as good as equal. Only those of equal outlines are compared. */
export class Twins<T> {
  private readonly byOutline = new Map<string, T[]>();

  /** What was kept with an equal outline and is a twin; else this is kept, once it is made. */
  find(outline: string, isTwin: (other: T) => boolean, make: () => T): T {
    const others = this.byOutline.get(outline) ?? [];
    const twin = others.find(isTwin);
    if (twin) return twin;
    const thing = make();
    this.byOutline.set(outline, [...others, thing]);
    return thing;
  }
}

/**
 * Layers that repeat have kernels of one form, and are lowered once: the buffer of a kernel that has the part of each of
 * another's, where these are all that lowering could tell the two apart by.
 */
export function counterparts(
  other: Kernel,
  kernel: Kernel,
  padded: ReadonlySet<Buffer>,
): ReadonlyMap<Buffer, Buffer> | undefined {
  const found = new Map<Buffer, Buffer>();
  const taken = new Set<Buffer>();
  const pair = (a: Buffer, b: Buffer): boolean => {
    if (found.has(a) || taken.has(b)) return found.get(a) === b;
    found.set(a, b);
    taken.add(b);
    const facts = (buffer: Buffer): unknown => [buffer.dtype, buffer.shape, padded.has(buffer)];
    return roleOf(a) === roleOf(b) && alike(facts(a), facts(b), () => undefined);
  };
  const form = ({ name: _name, doc: _doc, phase: _phase, ...rest }: Kernel): unknown => rest;
  const isTwin = alike(form(other), form(kernel), (a, b, name) =>
    name === "buffer" || (name === "arrays" && !Array.isArray(a))
      ? pair(a as Buffer, b as Buffer)
      : undefined,
  );
  return isTwin ? found : undefined;
}

/**
 * What lowering asks of a buffer: an optimizer's memory is kept free of denormal numbers, rows may have lanes that other
 * buffers have not, and plain numbers are another kind of array.
 */
const roleOf = (buffer: Buffer): string =>
  isSlot(buffer) ? "slot" : buffer.kind === "row" || buffer.kind === "numbers" ? buffer.kind : "plain";

/** Whether two functions differ only in what they call their arrays. */
export function sameShape(one: LoopFunction, other: LoopFunction): boolean {
  const position = ({ params }: LoopFunction): Map<unknown, number> =>
    new Map(params.map(({ name }, k) => [name, k]));
  const [places, others] = [position(one), position(other)];
  return (
    alike(one.params.map(paramType), other.params.map(paramType), () => undefined) &&
    alike(one.body, other.body, (a, b, name) =>
      name === "array" ? places.get(a) === others.get(b) : undefined,
    )
  );
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
