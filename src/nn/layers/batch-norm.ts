import type { Value } from "../../ir/graph.ts";
import { isBatch, typeText } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkNumber, checkOptions } from "../check.ts";
import { currentRun, refuse } from "../context.ts";
import { ones, zeros } from "../initializers.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { assignNext, state } from "../state.ts";
import { add, mul, rsqrt, square, sub } from "../sugar/elementwise.ts";
import { axisOf, needFloat } from "../sugar/operand.ts";
import { reshape } from "../sugar/movement.ts";
import { mean } from "../sugar/reduce.ts";

export interface BatchNormOptions {
  /** The axis of features; -1, the last, by default. */
  readonly axis?: number;
  /** What a moving statistic keeps of itself at each update, in Keras' sense; 0.99 by default. */
  readonly momentum?: number;
  /** Added to the variance; 1e-3 by default. */
  readonly epsilon?: number;
  /** Adds `beta`; true by default. */
  readonly center?: boolean;
  /** Multiplies by `gamma`; true by default. */
  readonly scale?: boolean;
  /** zeros() by default. */
  readonly betaInitializer?: InitializerOption;
  /** ones() by default. */
  readonly gammaInitializer?: InitializerOption;
  /** zeros() by default. */
  readonly movingMeanInitializer?: InitializerOption;
  /** ones() by default. */
  readonly movingVarianceInitializer?: InitializerOption;
  readonly betaRegularizer?: Regularizer;
  readonly gammaRegularizer?: Regularizer;
  /** "batchNorm", "batchNorm_1", … by default. */
  readonly name?: string;
}

const known = [
  "axis", "momentum", "epsilon", "center", "scale", "betaInitializer", "gammaInitializer", "movingMeanInitializer",
  "movingVarianceInitializer", "betaRegularizer", "gammaRegularizer", "name",
] as const; // prettier-ignore

/** Normalises each feature over all other axes: Ioffe & Szegedy 2015. */
export const batchNorm = documented(
  {
    kind: "layer",
    doc: "Normalises each feature by its mean and biased variance over all other axes of the batch, or in inference by moving statistics, which are state: moving ← momentum · moving + (1 − momentum) · of the batch, the biased variance too.",
    formula: "y = gamma · (x − mean) / √(variance + epsilon) + beta",
    shapes: "[…, d] → […, d]; gamma, beta, movingMean, movingVariance [d]",
    defaults: { axis: -1, momentum: 0.99, epsilon: 1e-3, center: true, scale: true },
    keras: "BatchNormalization",
    pytorch: "BatchNorm1d, BatchNorm2d (momentum = 1 − momentum, eps 1e-5, unbiased running variance)",
    onnx: "BatchNormalization",
  },
  (x: Value, options: BatchNormOptions = {}): Value =>
    inLayer("batchNorm", options.name, () => {
      checkOptions("batchNorm", options, known);
      const value = needFloat("batchNorm", x);
      const { shape } = value.type;
      if (shape.length < 2)
        refuse(
          "shape",
          `batchNorm needs at least one axis beside that of features, found ${typeText(value.type)}`,
        );
      const axis = axisOf("batchNorm", options.axis ?? -1, shape.length);
      const width = shape[axis];
      if (isBatch(width))
        return refuse(
          "shape",
          `batchNorm: axis ${axis} of ${typeText(value.type)} is the batch, not features`,
        );
      const momentum = checkNumber("momentum of batchNorm", options.momentum ?? 0.99, 0);
      if (momentum > 1) refuse("option", `momentum of batchNorm must be at most 1, found ${momentum}`);
      const epsilon = checkNumber("epsilon of batchNorm", options.epsilon ?? 1e-3, 0);
      const [gamma, beta] = [
        options.scale === false
          ? undefined
          : param("gamma", [width], {
              initializer: options.gammaInitializer ?? ones(),
              regularizer: options.gammaRegularizer,
            }),
        options.center === false
          ? undefined
          : param("beta", [width], {
              initializer: options.betaInitializer ?? zeros(),
              regularizer: options.betaRegularizer,
            }),
      ];
      const moving = [
        state("movingMean", [width], { initializer: options.movingMeanInitializer ?? zeros() }),
        state("movingVariance", [width], { initializer: options.movingVarianceInitializer ?? ones() }),
      ];
      // Statistics and parameters lie along the axis of features.
      const along = (v: Value): Value =>
        reshape(
          v,
          shape.map((_, k) => (k === axis ? width : 1)),
        );
      const others = shape.map((_, k) => k).filter((k) => k !== axis);
      const over = (v: Value): Value => mean(v, { axes: others });
      const { training } = currentRun();
      const center = training ? over(value) : moving[0];
      const centered = sub(value, along(center));
      // The variance of the differences from the mean: squares of large numbers would cancel.
      const variance = training ? over(square(centered)) : moving[1];
      for (const [k, batch] of [center, variance].entries())
        assignNext(moving[k], (before) => add(mul(before, momentum), mul(batch, 1 - momentum)));
      const normal = mul(centered, along(rsqrt(add(variance, epsilon))));
      const scaled = gamma ? mul(normal, along(gamma)) : normal;
      return beta ? add(scaled, along(beta)) : scaled;
    }),
);
