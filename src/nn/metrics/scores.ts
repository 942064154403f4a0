import type { Value } from "../../ir/graph.ts";
import { iota } from "../../ops/leaves.ts";
import { documented } from "../about.ts";
import { checkCount } from "../check.ts";
import { here } from "../context.ts";
import { softmaxCrossEntropy } from "../losses/classes.ts";
import { counted, vectors, withLabels, type IgnoreOption } from "../losses/arguments.ts";
import { cast, equal, exp, floor, greater, logicalAnd, logicalNot, minimum, mul, sigmoid, where } from "../sugar/elementwise.ts"; // prettier-ignore
import { expandDims, reshape } from "../sugar/movement.ts";
import { sum } from "../sugar/reduce.ts";
import { withPositives } from "./classes.ts";
import { countsOf, meanMetric, metric, ratio, type Metric, type MetricOptions } from "./metric.ts";

export interface RocAucOptions extends MetricOptions {
  /** How many equal parts the probabilities from 0 to 1 are counted in; 200 by default. */
  readonly thresholds?: number;
}
const aucDefaults = { thresholds: 200 } as const;
/**
 * The area under the ROC curve: how often a positive has a higher probability than a negative, equals counted half.
 * Probabilities are counted in `thresholds` equal parts, so that those in one part count as equal. 0 while there
 * are only positives or only negatives.
 */
export const rocAuc = documented(
  {
    kind: "metric",
    doc: "The area under the ROC curve of binary logits: how often a positive is ahead of a negative. Probabilities in one of the equal parts from 0 to 1 count as equal.",
    formula: "Σ over pairs of [p⁺ > p⁻] + ½·[p⁺ = p⁻], divided by their number",
    shapes: "logits […], targets […] of 0 and 1",
    defaults: aucDefaults,
    keras: "AUC(from_logits: true, num_thresholds)",
    pytorch: "torchmetrics AUROC(thresholds)",
  },
  (logits: Value, targets: Value, options: RocAucOptions = {}): Metric =>
    here(() => {
      const name = "rocAuc";
      const [x, positive] = withPositives(name, logits, targets);
      const parts = checkCount(`thresholds of ${name}`, options.thresholds ?? aucDefaults.thresholds);
      const counts = countsOf(name, x, options, ["thresholds"]);
      const part = cast(minimum(floor(mul(sigmoid(x), parts)), parts - 1), "i32");
      const column = (value: Value): Value => expandDims(reshape(value, [-1]), 1);
      const hit = equal(column(part), iota({ shape: [parts], axis: 0, dtype: "i32" }));
      const truth = column(positive);
      const histogram = (which: Value): Value => {
        const within = logicalAnd(hit, which);
        return sum(counts ? where(within, column(counts), 0) : cast(within, "f32"), { axis: 0 });
      };
      const totals = { positives: histogram(truth), negatives: histogram(logicalNot(truth)) };
      return metric(totals, ([positives, negatives]) => {
        const shape = [parts, parts];
        const [row, other] = [0, 1].map((axis) => iota({ shape, axis, dtype: "i32" }));
        // Row: the part of a negative; the positives of higher parts count whole, those of its own half.
        const won = where(greater(other, row), positives, where(equal(other, row), mul(positives, 0.5), 0));
        return ratio(sum(mul(sum(won, { axis: 1 }), negatives)), mul(sum(positives), sum(negatives)));
      });
    }),
);

export interface PerplexityOptions extends MetricOptions, IgnoreOption {}
/** e to the mean cross-entropy of class logits over all positions of all calls. */
export const perplexity = documented(
  {
    kind: "metric",
    doc: "Among how many equally likely classes the model is as unsure: e to the mean cross-entropy.",
    formula: "exp mean −log softmax(x)[label]",
    shapes: "logits […, classes], i32 labels […]",
    keras: "keras_hub Perplexity",
    pytorch: "torchmetrics Perplexity",
  },
  (logits: Value, labels: Value, options: PerplexityOptions = {}): Metric =>
    here(() => {
      const name = "perplexity";
      const [x, y] = withLabels(name, logits, labels);
      const { labels: known, mask } = counted(name, y, vectors(name, x), options);
      const losses = softmaxCrossEntropy(x, known, { reduction: "none" });
      return meanMetric(losses, countsOf(name, losses, options, ["ignoreIndex"], mask), exp);
    }),
);
