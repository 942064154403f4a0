import { bidirectional, add, gru, lstm, matmul, mul, notEqual, rnn, simpleRnn, tanh } from "gradc";
import type { LayerSample } from "../sample.ts";

export const rows: readonly LayerSample[] = [
  {
    name: "simpleRnn, the last output",
    inputs: { x: "f32[n,3,2]" },
    build: ({ x }) => simpleRnn(x, { units: 3 }),
    smooth: true,
  },
  {
    name: "simpleRnn over one time, without a bias, with penalties",
    inputs: { x: "f32[n,1,2]" },
    build: ({ x }) =>
      simpleRnn(x, { units: 2, useBias: false, activation: "sigmoid", returnSequences: true }),
    smooth: true,
  },
  {
    name: "lstm, all outputs",
    inputs: { x: "f32[n,4,2]" },
    build: ({ x }) => lstm(x, { units: 3, returnSequences: true }),
    smooth: true,
  },
  {
    name: "lstm backwards with states in and out",
    inputs: { x: "f32[n,3,2]", h: "f32[n,2]", c: "f32[n,2]" },
    build: ({ x, h, c }) => {
      const [y, hidden, cell] = lstm(x, {
        units: 2,
        goBackwards: true,
        returnSequences: true,
        returnState: true,
        initialState: [h, c],
      });
      return { y, hidden, cell };
    },
    smooth: true,
  },
  {
    name: "lstm with a mask, two of them",
    inputs: { x: "f32[n,4,2]", words: "i32[n,4]~0..2" },
    build: ({ x, words }) => {
      const mask = notEqual(words, 0);
      const below = lstm(x, { units: 2, returnSequences: true, mask });
      return lstm(below, { units: 3, mask });
    },
  },
  {
    name: "gru with the reset after the product",
    inputs: { x: "f32[n,3,2]" },
    build: ({ x }) => gru(x, { units: 2, returnSequences: true }),
    smooth: true,
  },
  {
    name: "gru with the reset before the product",
    inputs: { x: "f32[n,3,2]" },
    build: ({ x }) => gru(x, { units: 3, resetAfter: false, goBackwards: true }),
    smooth: true,
  },
  {
    name: "bidirectional, every merge",
    inputs: { x: "f32[n,3,2]" },
    build: ({ x }) => {
      const both = bidirectional(x, (z, way) => gru(z, { units: 2, returnSequences: true, ...way }));
      return bidirectional(both, (z, way) => simpleRnn(z, { units: 2, ...way }), { mergeMode: "mul" });
    },
    smooth: true,
  },
  {
    name: "rnn with a step of one's own, an output that is no state, and a mask",
    inputs: { x: "f32[n,3,2]", mask: "bool[n,3]", w: "f32[2,2]" },
    build: ({ x, mask, w }) =>
      rnn(x, {
        stateSizes: [2],
        step: (now, [h]) => {
          const next = tanh(add(matmul(h, w), now));
          return [mul(next, now), [next]];
        },
        returnSequences: true,
        mask,
      }),
  },
];
