import { expect, test } from "vitest";
import type { CompileOptions } from "../../src/compile.ts";
import * as gradc from "../../src/index.ts";
import { type Model, type Value } from "../../src/index.ts";
import { running } from "../examples/run.ts";

const { add, batch, defineModel, f32, max, maximum, mean, mul, normal, param, sgd, square, uniform } = gradc;

/** The gradient of a maximum asks which elements equal it; kernels that round otherwise must not lose the answer. */
const cases: { readonly [name: string]: (x: Value, p: Value, q: Value) => Value } = {
  "down columns that end in a scalar rest": (x, p, q) => max(add(mul(x, p), q), { axis: 0 }),
  "of a softmax that is computed in the same kernel": (x, p) => max(mul(gradc.softmax(x), p), { axis: 1 }),
  "of normalized rows": (x) => max(gradc.rmsNorm(x), { axis: 1 }),
  "of all": (x, p, q) => max(add(mul(x, p), q)),
  "beside what it is the maximum of": (x, p, q) => {
    const v = add(mul(x, p), q);
    return maximum(v, max(v, { axis: 0, keepDims: true }));
  },
  "pooled": (x, p, q) => gradc.globalMaxPool1d(gradc.expandDims(add(mul(x, p), q), [2])),
}; // prettier-ignore

const modelOf = (of: (typeof cases)[string]): Model =>
  defineModel({
    name: "compared",
    inputs: { x: f32(batch(4), 6) },
    build({ x }) {
      const p = param("p", [6], { initializer: uniform({ min: 0.5, max: 1.5 }) });
      const q = param("q", [6], { initializer: normal({ stddev: 1 }) });
      const rest = mul(0.01, add(mean(square(p)), mean(square(q))));
      return {
        outputs: { x },
        loss: add(mean(square(of(x, p, q))), rest),
        optimizer: sgd({ learningRate: 0.1 }),
      };
    },
  });

test.each(Object.entries(cases))("the gradient of a maximum %s", async (_name, of) => {
  const model = modelOf(of);
  const x = Float32Array.from({ length: 24 }, (_, k) => Math.sin(k * 1.7 + 1) * 2);
  const exact = (await running(model, { precision: "f64" })).generated.create();
  const targets: CompileOptions[] = [{}, { target: "wasm", strict: true }, { target: "wasm" }];
  for (const options of targets) {
    const net = (await running(model, options)).generated.create({ seed: 1 });
    for (const [name, values] of Object.entries(net.params)) exact.params[name].set(values);
    net.forward(x);
    net.backward();
    exact.forward(Float64Array.from(x) as unknown as Float32Array);
    exact.backward();
    for (const [name, gradient] of Object.entries(net.gradients))
      for (const [k, value] of gradient.entries())
        expect(value, `${options.target ?? "js"}: gradient of ${name}[${k}]`).toBeCloseTo(
          exact.gradients[name][k],
          4,
        );
  }
});
