import { describe, expect, test } from "vitest";
import { adam, cosineDecay, sgd, type OptimizerSpec } from "gradc";
import { randomFrom } from "../../ops/sample.ts";
import { cases } from "./cases.ts";
import { emit, gradientsAt, stepWith } from "./tools.ts";

const length = 30;
const cuts = 20;
const more: readonly (readonly [string, OptimizerSpec])[] = [
  ["a schedule", adam({ learningRate: cosineDecay({ peak: 0.1, steps: 20, warmup: 5 }) })],
  [
    "groups and clipping",
    sgd({ learningRate: 0.1, momentum: 0.9, clipNorm: 0.2, groups: { "**/bias": { momentum: 0.5 } } }),
  ],
];

describe("training goes on from any saved state to the bit", () => {
  test.each([...cases.map(([name, optimizer]) => [name, optimizer] as const), ...more])(
    "%s",
    (_, optimizer) => {
      const random = randomFrom(11);
      const module = emit(optimizer, "f32");
      const whole = module.create({ seed: 1 });
      const saved = [whole.state.slice()];
      for (let step = 1; step <= length; step++) {
        stepWith(whole, gradientsAt(step), "f32");
        saved.push(whole.state.slice());
      }
      for (let cut = 0; cut < cuts; cut++) {
        const at = Math.floor(random() * length);
        const net = module.create({ state: saved[at] });
        for (let step = at + 1; step <= length; step++) stepWith(net, gradientsAt(step), "f32");
        expect(net.step).toBe(length);
        expect(Buffer.compare(net.state, saved[length])).toBe(0);
      }
    },
  );
});
