export type { LearningRate, Schedule } from "./schedule.ts";
export {
  exponentialDecay,
  inverseTimeDecay,
  linearWarmup,
  piecewiseConstant,
  polynomialDecay,
  stepDecay,
  type ExponentialDecayOptions,
  type LinearWarmupOptions,
  type PiecewiseConstantOptions,
  type PolynomialDecayOptions,
  type StepDecayOptions,
} from "./decay.ts";
export {
  cosineDecay,
  cosineRestarts,
  oneCycle,
  type CosineDecayOptions,
  type CosineRestartsOptions,
  type OneCycleOptions,
} from "./cosine.ts";
