import { w, type Code, type Local } from "./encode/code.ts";
import type { WasmFunction } from "./encode/module.ts";

export const remainderName = "remainder";

/**
 * a % b of JavaScript, exact for all doubles: |b| is doubled until it would exceed half of what is left of |a|, then
 * halved again, and taken off wherever it fits. No step rounds.
 */
function remainder(): WasmFunction {
  const local = (name: string): Local => ({ name, type: "f64" });
  const [a, b, rest, least, part] = ["a", "b", "rest", "least", "part"].map(local);
  const magnitude = (x: Local): Code => w.op("f64.abs", w.get(x));
  const isReal = w.op(
    "i32.and",
    w.op("f64.lt", w.tee(rest, magnitude(a)), w.f64(Infinity)),
    w.op("f64.gt", w.tee(least, magnitude(b)), w.f64(0)),
  );
  const fits = w.op("f64.le", w.get(part), w.op("f64.sub", w.get(rest), w.get(part)));
  return {
    name: remainderName,
    doc: ["a % b: exact, with the sign of a, and no number where a is not finite or b is 0."],
    params: [a, b],
    locals: [rest, least, part],
    results: ["f64"],
    exported: null,
    body: [
      w.if(w.op("i32.eqz", isReal), [w.op("return", w.f64(NaN))]),
      w.set(part, w.get(least)),
      w.block("large", [
        w.loop("doubling", [
          w.branch("large", w.op("i32.eqz", fits)),
          w.set(part, w.op("f64.add", w.get(part), w.get(part))),
          w.branch("doubling"),
        ]),
      ]),
      w.block("done", [
        w.loop("halving", [
          w.if(w.op("f64.le", w.get(part), w.get(rest)), [
            w.set(rest, w.op("f64.sub", w.get(rest), w.get(part))),
          ]),
          w.branch("done", w.op("f64.eq", w.get(part), w.get(least))),
          w.set(part, w.op("f64.mul", w.get(part), w.f64(0.5))),
          w.branch("halving"),
        ]),
      ]),
      w.op("f64.copysign", w.get(rest), w.get(a)),
    ],
  };
}

/** Functions that instructions are missing for; a module has those that it calls. */
export const library: ReadonlyMap<string, () => WasmFunction> = new Map([[remainderName, remainder]]);
