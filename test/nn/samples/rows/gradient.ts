import { add, customVjp, exp, log1p, mul, onGradient, sigmoid, stopGradient, sub, tanh } from "gradc";
import type { LayerSample } from "../sample.ts";

/** log(1 + eˣ), whose own gradient overflows where the one written here does not. */
const softplus = customVjp(
  (x) => log1p(exp(x)),
  ({ inputs: [x], cotangent }) => mul(cotangent, sigmoid(x)),
);

export const rows: readonly LayerSample[] = [
  {
    name: "customVjp: one input",
    inputs: { x: "f32[n,3]" },
    build: ({ x }) => mul(softplus(x), x),
    smooth: true,
  },
  {
    name: "customVjp: two inputs, the output used, a stopped value read",
    inputs: { x: "f32[n,3]", y: "f32[n,3]" },
    build: ({ x, y }) => {
      const zero = stopGradient(sub(x, x));
      const product = customVjp(
        (a, b) => add(mul(a, exp(b)), zero),
        ({ inputs: [, b], output, cotangent }) => [mul(cotangent, exp(b)), mul(cotangent, output)],
      );
      return product(tanh(x), y);
    },
    smooth: true,
  },
  {
    name: "customVjp: one value as two inputs",
    inputs: { x: "f32[3]" },
    build: ({ x }) => customVjp((a, b) => mul(a, b), ({ inputs: [a, b], cotangent: g }) => [mul(g, b), mul(g, a)])(x, x), // prettier-ignore
    smooth: true,
  },
  {
    name: "onGradient: a hook that changes nothing",
    inputs: { x: "f32[n,3]" },
    build: ({ x }) => tanh(onGradient(mul(x, x), (g) => g)),
    smooth: true,
  },
];
