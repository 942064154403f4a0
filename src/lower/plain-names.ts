import { withNames } from "../ir/doc-names.ts";
import { plainName, type Buffer } from "../ir/kernel.ts";
import type { LoopStmt } from "../ir/loop.ts";
import { mapExprs, mapStmts, namesIn } from "../ir/loop-walk.ts";
import type { Lowered } from "./function.ts";

/**
 * The names of temporaries as in the entry that had them first, where nothing else in a function is called so: one value
 * has one name wherever it is computed, in the function and in what its comment says.
 * @param buffers everything that has a name
 */
export function plainNames(
  arrays: Iterable<Buffer>,
  names: Iterable<string>,
  buffers: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, string> {
  const taken = new Set(names);
  const found = new Map<string, string>();
  for (const { name, cell } of arrays) {
    const plain = plainName(name);
    const first = buffers.get(plain);
    if (cell || !first || first.cell || taken.has(plain)) continue;
    taken.add(plain);
    found.set(name, plain);
  }
  return found;
}

/** A function whose arrays have plain names. */
export function withPlainNames({ fn, arrays }: Lowered, buffers: ReadonlyMap<string, Buffer>): Lowered {
  const own = fn.params.map(({ name }) => name);
  const names = plainNames(arrays, [...namesIn(fn.body), ...own], buffers);
  if (names.size === 0) return { fn, arrays };
  const params = fn.params.map((param) => ({ ...param, name: names.get(param.name) ?? param.name }));
  return { fn: { ...fn, doc: withNames(fn.doc, names), params, body: withArrays(fn.body, names) }, arrays };
}

/** A body whose arrays have other names, in its comments too. */
export function withArrays(
  body: readonly LoopStmt[],
  names: ReadonlyMap<string, string>,
): readonly LoopStmt[] {
  const renamed = (name: string): string => names.get(name) ?? name;
  return mapStmts(
    mapExprs(body, (x) => (x.kind === "load" ? { ...x, array: renamed(x.array) } : x)),
    (stmt) => {
      if (stmt.kind === "note") return { ...stmt, text: withNames([stmt.text], names)[0] };
      return stmt.kind === "store" ? { ...stmt, array: renamed(stmt.array) } : stmt;
    },
  );
}
