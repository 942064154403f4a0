/** The public surface for declaring models; safe in browsers. */
export { GradcError } from "./base/errors.ts";
export type { Value } from "./ir/graph.ts";
export type { OptimizerSpec } from "./ir/program.ts";
export type { BatchDim, Dim, DType, Shape } from "./ir/type.ts";
export { defineModel, type Built, type Mode, type Model, type ModelOptions } from "./nn/model/define.ts";
export { batch, bool, f32, f64, i32, times, u32, type InputDeclaration } from "./nn/types.ts";
export * from "./nn/sugar/index.ts";
export {
  coordinates,
  defineOp,
  expr,
  type CustomOp,
  type Expr,
  type Index,
  type OpDeclaration,
} from "./nn/custom-op.ts";
export * from "./nn/activations.ts";
export { activation, type Activation, type ActivationName } from "./nn/layers/activation.ts";
export { dense, type DenseOptions } from "./nn/layers/dense.ts";
export { embedding, type EmbeddingOptions } from "./nn/layers/embedding.ts";
export { prelu, type PreluOptions } from "./nn/layers/prelu.ts";
export { param, scope, shared, type InitializerOption, type ParamOptions } from "./nn/param.ts";
export * from "./nn/losses/index.ts";
export { l1, l2, type Regularizer } from "./nn/regularizers.ts";
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  normal,
  ones,
  orthogonal,
  truncatedNormal,
  uniform,
  values,
  zeros,
  type Initializer,
} from "./nn/initializers.ts";
export type { NestedNumbers } from "./nn/nested.ts";
export * from "./nn/optimizers/index.ts";
export * from "./nn/schedules/index.ts";
export { accuracy, confusionMatrix, f1, precision, recall, type Metric } from "./nn/metrics.ts";
export { category, features, label, labels, number, table, target, type Table } from "./nn/table.ts";
