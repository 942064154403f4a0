import { withNames } from "../ir/doc-names.ts";
import { plainName, type Buffer } from "../ir/kernel.ts";
import { mapExprs, mapStmts, namesIn } from "../ir/loop-walk.ts";
import type { Lowered } from "./function.ts";

/**
 * A function whose temporaries are called as in the entry that had them first, where nothing else in it is: one value
 * has one name wherever it is computed, in the function and in what its comment says.
 * @param buffers everything that has a name
 */
export function withPlainNames({ fn, arrays }: Lowered, buffers: ReadonlyMap<string, Buffer>): Lowered {
  const taken = new Set([...namesIn(fn.body), ...fn.params.map(({ name }) => name)]);
  const names = new Map<string, string>();
  for (const { name, cell } of arrays) {
    const plain = plainName(name);
    const first = buffers.get(plain);
    if (cell || !first || first.cell || taken.has(plain)) continue;
    taken.add(plain);
    names.set(name, plain);
  }
  if (names.size === 0) return { fn, arrays };
  const renamed = (name: string): string => names.get(name) ?? name;
  const body = mapStmts(
    mapExprs(fn.body, (x) => (x.kind === "load" ? { ...x, array: renamed(x.array) } : x)),
    (stmt) => (stmt.kind === "store" ? { ...stmt, array: renamed(stmt.array) } : stmt),
  );
  const params = fn.params.map((param) => ({ ...param, name: renamed(param.name) }));
  return { fn: { ...fn, doc: withNames(fn.doc, names), params, body }, arrays };
}
