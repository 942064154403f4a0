export {
  accuracy,
  binaryAccuracy,
  confusionMatrix,
  f1,
  precision,
  recall,
  topKAccuracy,
  type ClassMetricOptions,
  type ConfusionOptions,
  type ThresholdOptions,
  type TopKOptions,
} from "./classes.ts";
export { cosineSimilarity, r2, rootMeanSquaredError, runningMean } from "./regression.ts";
export { perplexity, rocAuc, type PerplexityOptions, type RocAucOptions } from "./scores.ts";
export type { Metric, MetricOptions, Total } from "./metric.ts";
