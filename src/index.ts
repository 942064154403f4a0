/** The public surface for declaring models; safe in browsers. */
export { GradcError } from "./base/errors.ts";
export type { Value } from "./ir/graph.ts";
export type { OptimizerSpec } from "./ir/program.ts";
export type { BatchDim, Dim, DType, Shape } from "./ir/type.ts";
export {
  defineModel,
  type Built,
  type Inputs,
  type Mode,
  type Model,
  type ModelOptions,
  type Step,
} from "./nn/model/define.ts";
export { batch, bool, f32, f64, i32, times, u32, type InputDeclaration } from "./nn/types.ts";
export { assign, state, type StateOptions } from "./nn/state.ts";
export { randomBernoulli, randomBits, randomNormal, randomUniform } from "./nn/random.ts";
export * from "./nn/layers/noise.ts";
export { batchNorm, type BatchNormOptions } from "./nn/layers/batch-norm.ts";
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
export * from "./nn/activations/index.ts";
export { activation, type Activation, type ActivationName } from "./nn/layers/activation.ts";
export { conv1d, conv2d, conv3d, type ConvOptions } from "./nn/layers/conv.ts";
export {
  conv1dTranspose,
  conv2dTranspose,
  conv3dTranspose,
  type ConvTransposeOptions,
} from "./nn/layers/conv-transpose.ts";
export { dense, type DenseOptions } from "./nn/layers/dense.ts";
export {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type AvgPoolOptions,
  type PoolOptions,
} from "./nn/layers/pool.ts";
export {
  globalAvgPool1d,
  globalAvgPool2d,
  globalAvgPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
  type GlobalPoolOptions,
} from "./nn/layers/global-pool.ts";
export {
  cropping1d,
  cropping2d,
  cropping3d,
  flatten,
  upSampling1d,
  upSampling2d,
  upSampling3d,
  zeroPadding1d,
  zeroPadding2d,
  zeroPadding3d,
  type CroppingOptions,
  type FlattenOptions,
  type Sides,
  type UpSamplingOptions,
  type ZeroPaddingOptions,
} from "./nn/layers/reshape.ts";
export {
  depthwiseConv1d,
  depthwiseConv2d,
  separableConv1d,
  separableConv2d,
  type DepthwiseConvOptions,
  type SeparableConvOptions,
} from "./nn/layers/separable.ts";
export type { MoveOptions, Padding, PerAxis } from "./nn/layers/space.ts";
export { embedding, type EmbeddingOptions } from "./nn/layers/embedding.ts";
export { prelu, type PreluOptions } from "./nn/layers/prelu.ts";
export {
  groupNorm,
  instanceNorm,
  layerNorm,
  rmsNorm,
  unitNorm,
  type GroupNormOptions,
  type InstanceNormOptions,
  type LayerNormOptions,
  type RmsNormOptions,
  type UnitNormOptions,
} from "./nn/layers/normalization.ts";
export { multiHeadAttention, type MultiHeadAttentionOptions } from "./nn/layers/multi-head-attention.ts";
export {
  positionEmbedding,
  rotaryPositions,
  sinusoidalPositions,
  type PositionEmbeddingOptions,
  type RotaryOptions,
  type SinusoidalOptions,
} from "./nn/layers/positions.ts";
export { rnn, type Recurrent, type RnnCell, type SequenceOptions } from "./nn/layers/recurrent.ts";
export { simpleRnn, type SimpleRnnOptions } from "./nn/layers/simple-rnn.ts";
export { lstm, type LstmOptions } from "./nn/layers/lstm.ts";
export { gru, type GruOptions } from "./nn/layers/gru.ts";
export { bidirectional, type BidirectionalOptions, type Direction } from "./nn/layers/bidirectional.ts";
export { param, scope, shared, type InitializerOption, type ParamOptions } from "./nn/param.ts";
export * from "./nn/losses/index.ts";
export { l1, l1l2, l2, type Regularizer } from "./nn/regularizers.ts";
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
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
export * from "./nn/metrics/index.ts";
export {
  category,
  features,
  label,
  labels,
  number,
  table,
  target,
  type ColumnDeclaration,
  type Table,
} from "./nn/table.ts";
