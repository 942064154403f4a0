import { expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "gradc/compiler";
import { loadText } from "../compile/program.ts";

test("what a loop leaves of each time is not overwritten by the carry of the next", () => {
  const n = g.batch(2);
  const model = g.defineModel({
    name: "running",
    inputs: { x: g.f32(n, 2, 3) },
    build({ x }) {
      const first = g.reshape(g.slice(x, { limit: [null, 1] }), [n, 3]);
      const step = (h: g.Value, now: g.Value): [g.Value, g.Value] => {
        const next = g.add(g.mul(h, 0.5), now);
        return [next, g.mul(next, now)];
      };
      const [, all] = g.scan(step, g.mul(first, 0), g.transpose(x, [1, 0, 2]));
      const w = g.param("w", [3]);
      const y = g.transpose(all, [1, 0, 2]);
      return { outputs: { y }, loss: g.mean(g.mul(y, w)), optimizer: g.sgd({ learningRate: 0.1 }) };
    },
  });
  const x = Float32Array.from({ length: 12 }, (_, k) => k + 1);
  // h₀ = x₀ and y₀ = x₀², then h₁ = x₀ / 2 + x₁ and y₁ = h₁·x₁.
  const expected = [...x].map((now, k) => {
    const before = x[k - 3];
    return Math.floor(k / 3) % 2 === 0 ? now * now : (before / 2 + now) * now;
  });
  for (const target of ["js", "wasm"] as const) {
    const { files } = compile(model, { target, debug: true });
    const net = loadText(files[0].text).create({ seed: 1 });
    expect([...net.predict(x, 2)["y"]]).toEqual(expected);
  }
});
