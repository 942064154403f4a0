import * as gradc from "gradc";
import type { LayerSample } from "../sample.ts";

/** What metrics compute in a call; that they add up over calls is tested in `running-metrics.test.ts`. */
export const rows: readonly LayerSample[] = [
  {
    name: "of class logits",
    inputs: { x: "f32[n,4]", y: "i32[n]~0..4", w: "f32[n]~0.5..2", m: "bool[n]" },
    build: ({ x, y, w, m }) => ({
      accuracy: gradc.accuracy(x, y),
      top: gradc.topKAccuracy(x, y, { k: 2, weights: w, mask: m }),
      confusion: gradc.confusionMatrix(x, y, { weights: w }),
      f1: gradc.f1(x, y, { mask: m, ignoreIndex: 2 }),
    }),
  },
  {
    name: "of sequences",
    inputs: { x: "f32[n,3,4]", y: "i32[n,3]~0..4", w: "f32[n]~0.5..2", m: "bool[n,3]" },
    build: ({ x, y, w, m }) => ({
      accuracy: gradc.accuracy(x, y, { mask: m }),
      perplexity: gradc.perplexity(x, y, { weights: w, mask: m, ignoreIndex: 1 }),
      recall: gradc.recall(x, y, { weights: w }),
    }),
  },
  {
    name: "of binary logits",
    inputs: { x: "f32[n,3]", t: "i32[n,3]~0..2", m: "bool[n]" },
    build: ({ x, t, m }) => ({
      accuracy: gradc.binaryAccuracy(x, t, { mask: m }),
      auc: gradc.rocAuc(x, gradc.cast(t, "f32"), { thresholds: 7, mask: m }),
      precision: gradc.precision(gradc.reshape(x, [-1]), gradc.reshape(t, [-1])),
    }),
  },
  {
    name: "of numbers",
    inputs: { y: "f32[n,3]", t: "f32[n,3]", w: "f32[n]~0.5..2" },
    build: ({ y, t, w }) => ({
      r2: gradc.r2(y, t, { weights: w }),
      rmse: gradc.rootMeanSquaredError(y, t),
      cosine: gradc.cosineSimilarity(y, t, { weights: w }),
      mean: gradc.runningMean(y),
    }),
  },
];
