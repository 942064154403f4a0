import { expect, test } from "vitest";
import seed from "../../examples/seed/seed.model.ts";
import { compile } from "../../src/compile.ts";
import { loadText } from "./program.ts";

const rate = 0.5;
const x = [0.05, 0.1];
const y = [0.01, 0.99];
const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** The worked example by hand: every weight by its own name, every derivative written out. */
function straightLine() {
  const w = { a: 0.15, b: 0.25, c: 0.2, d: 0.3, e: 0.4, f: 0.5, g: 0.45, h: 0.55 };
  const bias = { h1: 0.35, h2: 0.35, o1: 0.6, o2: 0.6 };
  return {
    w,
    bias,
    step() {
      const h1 = sigmoid(w.a * x[0] + w.c * x[1] + bias.h1);
      const h2 = sigmoid(w.b * x[0] + w.d * x[1] + bias.h2);
      const o1 = sigmoid(w.e * h1 + w.g * h2 + bias.o1);
      const o2 = sigmoid(w.f * h1 + w.h * h2 + bias.o2);
      const loss = 0.5 * (y[0] - o1) ** 2 + 0.5 * (y[1] - o2) ** 2;
      const d1 = (o1 - y[0]) * o1 * (1 - o1);
      const d2 = (o2 - y[1]) * o2 * (1 - o2);
      const e1 = (d1 * w.e + d2 * w.f) * h1 * (1 - h1);
      const e2 = (d1 * w.g + d2 * w.h) * h2 * (1 - h2);
      const gradients = {
        "hidden/kernel": [e1 * x[0], e2 * x[0], e1 * x[1], e2 * x[1]],
        "hidden/bias": [e1, e2],
        "output/kernel": [d1 * h1, d2 * h1, d1 * h2, d2 * h2],
        "output/bias": [d1, d2],
      };
      w.a -= rate * e1 * x[0];
      w.b -= rate * e2 * x[0];
      w.c -= rate * e1 * x[1];
      w.d -= rate * e2 * x[1];
      w.e -= rate * d1 * h1;
      w.f -= rate * d2 * h1;
      w.g -= rate * d1 * h2;
      w.h -= rate * d2 * h2;
      bias.h1 -= rate * e1;
      bias.h2 -= rate * e2;
      bias.o1 -= rate * d1;
      bias.o2 -= rate * d2;
      return { loss, outputs: [o1, o2], hidden: [h1, h2], gradients };
    },
  };
}

const { files } = compile(seed, { precision: "f64", source: "seed.model.ts" });
const [xs, ys] = [Float64Array.from(x), Float64Array.from(y)];

test("outputs, loss and every gradient are those of the calculation by hand", () => {
  const net = loadText(files[0].text).create();
  const hand = straightLine();
  for (let k = 0; k < 20; k++) {
    const expected = hand.step();
    const [output] = Object.values(net.predict(xs));
    for (const [i, value] of expected.outputs.entries())
      expect(Math.abs(output[i] - value)).toBeLessThanOrEqual(1e-14);
    expect(Math.abs(net.forward(xs, ys) - expected.loss)).toBeLessThanOrEqual(1e-14);
    net.backward();
    for (const [name, values] of Object.entries(expected.gradients)) {
      for (const [i, value] of values.entries())
        expect(Math.abs(net.gradients[name][i] - value), name).toBeLessThanOrEqual(1e-14);
    }
    net.update();
  }
});

test("the hidden units are those of the calculation by hand", () => {
  const { h1, h2 } = { h1: 0.593269992107187, h2: 0.596884378259767 };
  const { hidden } = straightLine().step();
  expect(Math.abs(hidden[0] - h1)).toBeLessThanOrEqual(1e-14);
  // Output kernel gradients are the hidden units times the output's, so the module's own are found by division.
  const net = loadText(files[0].text).create();
  net.forward(xs, ys);
  net.backward();
  const [kernel, bias] = [net.gradients["output/kernel"], net.gradients["output/bias"]];
  expect(Math.abs(kernel[0] / bias[0] - hidden[0])).toBeLessThanOrEqual(1e-14);
  expect(Math.abs(kernel[2] / bias[0] - hidden[1])).toBeLessThanOrEqual(1e-14);
  expect(Math.abs(h2 - hidden[1])).toBeLessThanOrEqual(1e-3);
});

test("10,000 losses follow an independent straight-line program", () => {
  const net = loadText(files[0].text).create();
  const hand = straightLine();
  let worst = 0;
  for (let k = 0; k < 10_000; k++)
    worst = Math.max(worst, Math.abs(net.trainStep(xs, ys) - hand.step().loss));
  expect(worst).toBeLessThanOrEqual(1e-9);
  expect(net.trainStep(xs, ys)).toBeLessThan(1e-4);
});
