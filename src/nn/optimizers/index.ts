export { isOptimizer, type OptimizerOptions } from "./optimizer.ts";
export type { GroupOptions } from "./groups.ts";
export { sgd, type SgdOptions } from "./sgd.ts";
export { adam, adamW, type AdamOptions } from "./adam.ts";
