import type { Buffer } from "../../ir/kernel.ts";
import { l, type LoopCall, type LoopFunction, type LoopProgram } from "../../ir/loop.ts";
import { mapExprs, mapStmts } from "../../ir/loop-walk.ts";
import type { Pack } from "../module/pack.ts";

/** Functions take a pack instead of its members; a local that only reads a member is called after it. */
export function packLoops(loops: LoopProgram, packs: readonly Pack[]): LoopProgram {
  const calls = [...loops.calls.values()].flat().concat(loops.step ?? []);
  const positions = new Map<string, readonly (Pack | undefined)[]>();
  for (const fn of loops.functions) {
    const own = calls.filter((call) => call.name === fn.name);
    // A function that several kernels share has no fixed member to read, so its scalars stay views of their own.
    const shared = (own[0]?.arrays ?? []).map((buffer, k) =>
      own.every((call) => call.arrays[k] === buffer) ? packWith(buffer, packs) : undefined,
    );
    positions.set(fn.name, shared);
  }
  const functions = loops.functions.map((fn) =>
    packFunction(
      fn,
      calls.find((call) => call.name === fn.name),
      positions.get(fn.name)!,
    ),
  );
  const pack = (call: LoopCall): LoopCall => {
    const given = new Set<Pack>();
    const arrays = call.arrays.flatMap((buffer, k) => {
      const home = positions.get(call.name)![k];
      if (!home) return [buffer];
      if (given.has(home)) return [];
      given.add(home);
      return [home.buffer];
    });
    return { ...call, arrays };
  };
  const phases = [...loops.calls].map(([phase, list]) => [phase, list.map(pack)] as const);
  return { ...loops, functions, calls: new Map(phases), step: loops.step && pack(loops.step) };
}

const packWith = (buffer: Buffer, packs: readonly Pack[]): Pack | undefined =>
  packs.find((pack) => pack.members.has(buffer));

function packFunction(
  fn: LoopFunction,
  call: LoopCall | undefined,
  positions: readonly (Pack | undefined)[],
): LoopFunction {
  const arrays = fn.params.filter((param) => param.kind === "array");
  const homes = new Map<string, { readonly pack: Pack; readonly index: number }>();
  for (const [k, param] of arrays.entries()) {
    const buffer = call?.arrays[k];
    const pack = positions[k];
    if (pack && buffer) homes.set(param.name, { pack, index: pack.members.get(buffer)! });
  }
  if (homes.size === 0) return fn;
  const names = new Map<string, string>();
  for (const stmt of fn.body) {
    if (stmt.kind !== "let" || stmt.mutable || stmt.value.kind !== "load" || !homes.has(stmt.value.array))
      continue;
    // A second read, after a store, keeps the name that it has.
    if (![...names.values()].includes(stmt.value.array)) names.set(stmt.name, stmt.value.array);
  }
  const body = mapStmts(
    mapExprs(fn.body, (x) => {
      if (x.kind === "local" && names.has(x.name)) return { ...x, name: names.get(x.name)! };
      const home = x.kind === "load" ? homes.get(x.array) : undefined;
      return home && x.kind === "load" ? { ...x, array: home.pack.name, index: l.number(home.index) } : x;
    }),
    (stmt) => {
      if (stmt.kind === "let") return { ...stmt, name: names.get(stmt.name) ?? stmt.name };
      const home = stmt.kind === "store" ? homes.get(stmt.array) : undefined;
      return home && stmt.kind === "store"
        ? { ...stmt, array: home.pack.name, index: l.number(home.index) }
        : stmt;
    },
  );
  const params = new Map(fn.params.map((param) => [param.name, param]));
  for (const param of fn.params) {
    const home = homes.get(param.name);
    if (home) params.set(param.name, { kind: "array", name: home.pack.name, dtype: "f64" });
  }
  const unique = [...new Map([...params.values()].map((param) => [param.name, param])).values()];
  return { ...fn, params: unique, body };
}
