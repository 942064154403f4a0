import { visitCode, type Local } from "./encode/code.ts";
import type { WasmFunction } from "./encode/module.ts";
import type { ValueType } from "./encode/opcodes.ts";

/** Types in the order of their numbers, since runs of one type are declared together; what is used most comes first. */
const order: readonly ValueType[] = ["i32", "v128", "i64", "f32", "f64"];

/**
 * Functions whose locals have one number wherever they have one name and type, so that like loops are like bytes, which
 * a compressor sees. For that some numbers of a function stay idle: they are locals without a name, which optimized code
 * does not have. Integers come first, and vectors start at one number everywhere.
 */
export function withCommonNumbers(functions: readonly WasmFunction[]): WasmFunction[] {
  const all = functions.map((fn) => ({ fn, params: fn.params.length, keys: keysOf(fn) }));
  // As in the colouring of a graph: a key takes the first number that is free in all functions that have it.
  const users = new Map<string, { readonly type: ValueType; readonly functions: number[] }>();
  for (const [k, { keys }] of all.entries())
    for (const [{ type }, key] of keys) {
      const known = users.get(key);
      if (known) known.functions.push(k);
      else users.set(key, { type, functions: [k] });
    }
  const taken = all.map(() => new Set<number>());
  const numbers = new Map<string, number>();
  const typeAt = new Map<number, ValueType>();
  let start = 0;
  for (const type of order) {
    let end = start;
    for (const [key, { type: own, functions: mine }] of users) {
      if (own !== type) continue;
      let number = Math.max(start, ...mine.map((k) => all[k].params));
      while (mine.some((k) => taken[k].has(number))) number++;
      for (const k of mine) taken[k].add(number);
      numbers.set(key, number);
      typeAt.set(number, type);
      end = Math.max(end, number + 1);
    }
    start = end;
  }
  return all.map(({ fn, params, keys }) => {
    const named = new Map([...keys].map(([local, key]) => [numbers.get(key)!, local]));
    const idle = (number: number): Local => ({ name: "", type: typeAt.get(number) ?? "i32" });
    // All declare all, in the same bytes.
    const count = named.size > 0 ? start - params : 0;
    const locals = Array.from({ length: count }, (_, k) => named.get(params + k) ?? idle(params + k));
    return { ...fn, locals };
  });
}

/** The locals of a function in the order of their appearance, each with its type, its name and which of that name it is. */
function keysOf({ locals, body }: WasmFunction): Map<Local, string> {
  const own = new Set(locals);
  const keys = new Map<Local, string>();
  const counts = new Map<string, number>();
  for (const code of body)
    visitCode(code, (x) => {
      if (!("local" in x) || keys.has(x.local) || !own.has(x.local)) return;
      const name = `${x.local.type} ${x.local.name}`;
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      keys.set(x.local, `${name} ${count}`);
    });
  return keys;
}
