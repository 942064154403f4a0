export { ctc, type CtcOptions } from "./ctc.ts";
export { gaussianNll, poisson, quantileLoss, type QuantileOptions } from "./likelihood.ts";
export {
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  sumSquaredError,
  type HuberOptions,
} from "./regression.ts";
export {
  klDivergence,
  sigmoidBinaryCrossEntropy,
  softmaxCrossEntropy,
  softmaxCrossEntropyOneHot,
  type BinaryCrossEntropyOptions,
  type CrossEntropyOneHotOptions,
  type CrossEntropyOptions,
  type SmoothingOptions,
} from "./classes.ts";
export {
  sigmoidFocalLoss,
  softmaxFocalLoss,
  type SigmoidFocalOptions,
  type SoftmaxFocalOptions,
} from "./focal.ts";
export {
  categoricalHinge,
  contrastive,
  cosineDistance,
  hinge,
  squaredHinge,
  tripletMargin,
  type MarginOptions,
} from "./margin.ts";
export type { LossOptions, Reduction } from "./reduce.ts";
