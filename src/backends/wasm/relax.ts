import { mapCode, w, type Code } from "./encode/code.ts";
import type { WasmModule } from "./encode/module.ts";

/**
 * The same module with relaxed instructions: a product that joins a sum is rounded once with it, where the host can,
 * and a mask chooses lanes in one step. The latter changes no result, since masks are all ones or all zeros in a lane.
 */
export const relaxedModule = (module: WasmModule): WasmModule => ({
  ...module,
  functions: module.functions.map((fn) => ({ ...fn, body: fn.body.map((code) => mapCode(code, relaxed)) })),
});

/** A sum begins with its product, as where both are one instruction: the two variants then name locals in one order. */
export function productFirst(code: Code): Code {
  if (code.kind !== "plain" || code.op !== "f32x4.add") return code;
  const [a, b] = code.args;
  return isProduct(b) && mayMove(a) ? w.op("f32x4.add", b, a) : code;
}

function relaxed(code: Code): Code {
  if (code.kind !== "plain") return code;
  const [a, b] = code.args;
  switch (code.op) {
    case "f32x4.add":
      return isProduct(a) ? w.op("f32x4.relaxed_madd", ...a.args, b) : code;
    case "f32x4.sub":
      return isProduct(b) && mayMove(a) ? w.op("f32x4.relaxed_nmadd", ...b.args, a) : code;
    case "v128.bitselect":
      return w.op("i32x4.relaxed_laneselect", ...code.args);
    default:
      return code;
  }
}

const isProduct = (x: Code): x is Code & { readonly kind: "plain" } =>
  x.kind === "plain" && x.op === "f32x4.mul";

/** Whether code may run after what follows it: it keeps nothing in a local that the latter may read. */
const mayMove = (code: Code): boolean =>
  code.kind !== "tee" && (!("args" in code) || code.args.every(mayMove));
