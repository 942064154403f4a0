export { argmaxRows, confusionMatrix, confusionTable, type ConfusionMatrix } from "./confusion.ts";
export type { Best, EarlyStoppingOptions } from "./early-stopping.ts";
export { evaluateAll } from "./evaluate.ts";
export { fit, type Callbacks, type EpochRecord, type FitOptions, type History } from "./fit.ts";
export { reduceOnPlateau, type PlateauOptions } from "./plateau.ts";
export type { BlockSpec, InputsAndRows, Metrics, StateBlockSpec, StateSpec, Trainable } from "./types.ts";
export { loadWeights, saveWeights, writeTable } from "./weights.ts";
