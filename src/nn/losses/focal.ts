import type { Value } from "../../ir/graph.ts";
import * as fused from "../../ops/fused.ts";
import { documented } from "../about.ts";
import { checkNumber, reject } from "../check.ts";
import { here } from "../context.ts";
import { add, expm1, mul, neg, pow, sigmoid, sub } from "../sugar/elementwise.ts";
import { alike, checkUnnormalized, classWeightsOf, vectors, withLabels } from "./arguments.ts";
import { weightsOfLabels } from "./classes.ts";
import { lossDefaults, reduced, type LossOptions } from "./reduce.ts";

interface Focus extends LossOptions {
  /** How much easy examples count less: 0 (not at all) or at least 1; 2 by default. */
  readonly gamma?: number;
}
const focusDefaults = { ...lossDefaults, gamma: 2 } as const;

/** (1 − p)^gamma for the probability p of what is right. */
function focused(name: string, miss: Value, { gamma = focusDefaults.gamma }: Focus): Value | undefined {
  const power = checkNumber(`gamma of ${name}`, gamma, 0);
  if (power > 0 && power < 1) {
    reject(
      "option",
      `gamma of ${name} must be 0 or at least 1, found ${power}`,
      "in between, the gradient is infinite where an example is surely right",
    );
  }
  return power === 0 ? undefined : pow(miss, power);
}

export interface SigmoidFocalOptions extends Focus {
  /** The weight of positives, against 1 − alpha for negatives; both are 1 by default. */
  readonly alpha?: number;
}
/** Binary cross-entropy of logits times (1 − p)^gamma, averaged over all elements: Lin et al. 2017. */
export const sigmoidFocalLoss = documented(
  {
    kind: "loss",
    doc: "Binary cross-entropy in which what is surely right counts less (Lin et al. 2017).",
    formula: "mean a·(1 − p)^gamma·(−log p) with p = σ(x) where t = 1, 1 − σ(x) where t = 0; a = alpha·t + (1 − alpha)·(1 − t)",
    shapes: "logits […], targets […] → []",
    defaults: focusDefaults,
    keras: "BinaryFocalCrossentropy(from_logits: true)",
    pytorch: "torchvision sigmoid_focal_loss (alpha 0.25)",
    optax: "sigmoid_focal_loss",
  },
  (logits: Value, targets: Value, options: SigmoidFocalOptions = {}): Value =>
    here(() => {
      const name = "sigmoidFocalLoss";
      const [x, t] = alike(name, logits, targets, ["logits", "targets"]);
      checkUnnormalized(name, x, "sigmoid");
      const not = sub(1, t);
      const each = fused.sigmoidCrossEntropy(x, t, { positiveWeight: 1 });
      const factor = focused(name, add(mul(sigmoid(x), not), mul(sigmoid(neg(x)), t)), options);
      const losses = factor ? mul(each, factor) : each;
      const { alpha } = options;
      if (alpha === undefined) return reduced(name, losses, options, ["gamma", "alpha"]);
      const share = checkNumber(`alpha of ${name}`, alpha, 0);
      const balance = add(mul(t, share), mul(not, 1 - share));
      return reduced(name, mul(losses, balance), options, ["gamma", "alpha"]);
    }),
); // prettier-ignore

export interface SoftmaxFocalOptions extends Focus {
  /** A weight for each class, as numbers or as a value [classes]; all 1 by default. The mean divides by rows. */
  readonly classWeights?: readonly number[] | Value;
}
/** Cross-entropy of class logits times (1 − p)^gamma for the label's probability p, averaged over the rows. */
export const softmaxFocalLoss = documented(
  {
    kind: "loss",
    doc: "Cross-entropy of class labels in which what is surely right counts less (Lin et al. 2017).",
    formula: "mean w[label]·(1 − p)^gamma·(−log p) with p = softmax(x)[label]",
    shapes: "logits […, classes], i32 labels […] → []",
    defaults: focusDefaults,
    keras: "CategoricalFocalCrossentropy(from_logits: true, alpha 0.25, one-hot targets)",
    pytorch: null,
    optax: null,
  },
  (logits: Value, labels: Value, options: SoftmaxFocalOptions = {}): Value =>
    here(() => {
      const name = "softmaxFocalLoss";
      const [x, y] = withLabels(name, logits, labels);
      checkUnnormalized(name, x, "softmax");
      const weights = classWeightsOf(name, options.classWeights, x);
      const each = fused.sparseSoftmaxCrossEntropy(x, y);
      // 1 − p = −(e^(−loss) − 1), without cancellation where p is near 1.
      const factor = focused(name, neg(expm1(neg(each))), options);
      const losses = factor ? mul(each, factor) : each;
      const balanced = weights ? mul(losses, weightsOfLabels(y, weights, vectors(name, x))) : losses;
      return reduced(name, balanced, options, ["gamma", "classWeights"]);
    }),
);
