import {
  add,
  layerNorm,
  multiHeadAttention,
  positionEmbedding,
  rotaryPositions,
  scaledDotProductAttention,
  sinusoidalPositions,
  square,
} from "gradc";
import type { LayerSample } from "../sample.ts";

const small = { numHeads: 2, keyDim: 3 } as const;
export const rows: readonly LayerSample[] = [
  {
    name: "attention to itself",
    inputs: { x: "f32[n,4,5]" },
    build: ({ x }) => multiHeadAttention(x, small),
    smooth: true,
  },
  {
    name: "causal attention, packed",
    inputs: { x: "f32[n,4,6]" },
    build: ({ x }) => multiHeadAttention(x, { ...small, causal: true, packed: true }),
    smooth: true,
  },
  {
    name: "attention across, padded keys, another width of values",
    inputs: { x: "f32[n,3,4]", y: "f32[n,5,2]", m: "bool[n,5]" },
    build: ({ x, y, m }) => multiHeadAttention(x, { ...small, value: y, valueDim: 2, outputDim: 3, mask: m }),
    smooth: true,
  },
  {
    name: "a mask for each query, causal too, keys of their own, no bias",
    inputs: { x: "f32[n,4,2]", k: "f32[n,4,3]", m: "bool[n,4,4]" },
    build: ({ x, k, m }) =>
      multiHeadAttention(x, { numHeads: 1, keyDim: 2, key: k, mask: m, causal: true, useBias: false }),
    smooth: true,
  },
  {
    name: "one token, one head, one feature",
    inputs: { x: "f32[n,1,1]" },
    build: ({ x }) => multiHeadAttention(x, { numHeads: 1, keyDim: 1, causal: true }),
    smooth: true,
  },
  {
    name: "scaledDotProductAttention without a batch, and of a batch of sequences",
    inputs: { q: "f32[3,2]", k: "f32[4,2]", v: "f32[4,3]", s: "f32[n,2,4,3]" },
    build: ({ q, k, v, s }) => ({
      plain: scaledDotProductAttention(q, k, v, { scale: 0.7 }),
      batch: scaledDotProductAttention(s, s, s, { causal: true }),
    }),
    smooth: true,
  },
  {
    name: "scores as large as 1e4",
    inputs: { q: "f32[n,3,2]~-100..100", k: "f32[n,3,2]~-100..100", v: "f32[n,3,2]" },
    build: ({ q, k, v }) => scaledDotProductAttention(q, k, v, { causal: true }),
    tolerance32: 1e-3,
  },
  {
    name: "positions, learned, fixed and rotary",
    inputs: { x: "f32[n,3,4]", h: "f32[n,2,3,4]", t: "f32[n,3,2,4]" },
    build: ({ x, h, t }) => ({
      learned: square(add(x, positionEmbedding(x, { sequenceLength: 5 }))),
      fixed: square(add(x, sinusoidalPositions(x, { maxWavelength: 100 }))),
      rotary: square(rotaryPositions(h)),
      outside: rotaryPositions(t, { axis: 1, maxWavelength: 50 }),
    }),
    smooth: true,
  },
  {
    name: "two blocks of normalized attention",
    inputs: { x: "f32[n,3,4]" },
    build: ({ x }) => {
      const block = (h: typeof x) =>
        add(h, multiHeadAttention(layerNorm(h, { epsilon: 0.1 }), { ...small, causal: true, packed: true }));
      return block(block(x));
    },
    smooth: true,
  },
];
