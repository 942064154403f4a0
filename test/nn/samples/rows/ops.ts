import { add, max, maximum, min, minimum, mul, prod, sub } from "gradc";
import type { LayerSample } from "../sample.ts";

/** What the samples of single ops cannot show: operands that are computed again where the gradient needs them. */
export const rows: readonly LayerSample[] = ["f32[n,3]", "f32[3]", "f32[2,3]"].flatMap(
  (type): LayerSample[] => [
    {
      name: `max and min of computed numbers, ${type}`,
      inputs: { x: type, y: type },
      build: ({ x, y }) => ({
        most: max(mul(sub(1, x), y), { axis: -1 }),
        least: min(add(mul(x, x), y), { axis: -1 }),
        all: max(mul(x, y)),
      }),
    },
    {
      name: `maximum and minimum of computed numbers, ${type}`,
      inputs: { x: type, y: type },
      build: ({ x, y }) => ({ a: maximum(mul(x, y), add(x, y)), b: minimum(mul(x, 3), sub(y, x)) }),
    },
    {
      name: `prod of computed numbers, ${type}`,
      inputs: { x: type, y: type },
      build: ({ x, y }) => prod(mul(sub(1, x), y), { axis: -1 }),
    },
  ],
);
