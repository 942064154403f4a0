import type { Value } from "../../ir/graph.ts";
import { isBatch } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { here } from "../context.ts";
import { alike, checkFloat, vectors } from "../losses/arguments.ts";
import { cosineOf } from "../losses/margin.ts";
import { cast, div, equal, lessEqual, mul, sqrt, square, sub, where } from "../sugar/elementwise.ts";
import { broadcastTo, reshape } from "../sugar/movement.ts";
import { mean, sum } from "../sugar/reduce.ts";
import { countsOf, meanMetric, metric, type Metric, type MetricOptions } from "./metric.ts";

const shapes = "predictions […], targets […]";

/** The mean of values over all calls: exact for masked and weighted values too, unlike the mean of a scalar. */
export const runningMean = documented(
  {
    kind: "metric",
    doc: "The mean of any values over all calls, such as losses with reduction none.",
    formula: "Σ w·v / Σ w",
    shapes: "values […]",
    keras: "Mean",
    pytorch: "torchmetrics MeanMetric",
  },
  (values: Value, options: MetricOptions = {}): Metric =>
    here(() => {
      const x = checkFloat("runningMean", "values", values);
      return meanMetric(x, countsOf("runningMean", x, options));
    }),
);

/** √ mean (predictions − targets)² over all elements. */
export const rootMeanSquaredError = documented(
  {
    kind: "metric",
    doc: "The root of the squared error's mean over all elements of all calls.",
    formula: "√ mean (y − t)²",
    shapes,
    keras: "RootMeanSquaredError",
    pytorch: "torchmetrics MeanSquaredError(squared: false)",
  },
  (predictions: Value, targets: Value, options: MetricOptions = {}): Metric =>
    here(() => {
      const [y, t] = alike("rootMeanSquaredError", predictions, targets);
      return meanMetric(square(sub(y, t)), countsOf("rootMeanSquaredError", y, options), sqrt);
    }),
);

/**
 * The share of the targets' variance that is explained: 1 − Σ (y − t)² / Σ (t − mean t)², for each column of the
 * last axis, and the plain mean of the columns. Targets that are all equal (whose standard deviation is below a
 * millionth of their size) give 1 if met exactly, else 0.
 */
export const r2 = documented(
  {
    kind: "metric",
    doc: "The share of the targets' variance that is explained, the plain mean over the columns of the last axis.",
    formula: "1 − Σ (y − t)² / Σ (t − mean t)²",
    shapes,
    keras: "R2Score",
    pytorch: "torchmetrics R2Score",
  },
  (predictions: Value, targets: Value, options: MetricOptions = {}): Metric =>
    here(() => {
      const [y, t] = alike("r2", predictions, targets);
      const last = t.type.shape.at(-1);
      const columns = t.type.shape.length < 2 || last === undefined || isBatch(last) ? 1 : last;
      const table = (x: Value): Value => reshape(cast(x, "f64"), [-1, columns]);
      const given = countsOf("r2", y, options);
      const counts = given && table(given);
      const added = (x: Value): Value =>
        sum(counts ? where(equal(counts, 0), 0, mul(x, counts)) : x, { axis: 0 });
      const wide = table(t);
      const totals = {
        errors: added(square(sub(table(y), wide))),
        targets: added(wide),
        squares: added(square(wide)),
        rows: added(cast(broadcastTo(1, wide.type.shape), "f64")),
      };
      return metric(totals, ([errors, total, squares, rows]) => {
        const known = where(equal(rows, 0), 1, rows);
        const variance = sub(squares, div(square(total), known));
        // What rounding leaves of equal targets is no variance.
        const flat = lessEqual(variance, mul(squares, 1e-12));
        const score = sub(1, div(errors, where(flat, 1, variance)));
        return mean(where(flat, cast(equal(errors, 0), "f64"), score));
      });
    }),
);

/** The cosine of the angle between vectors along the last axis, averaged over the rows. */
export const cosineSimilarity = documented(
  {
    kind: "metric",
    doc: "The cosine of the angle between two vectors, averaged over the rows.",
    formula: "mean Σ y·t / (‖y‖·‖t‖)",
    shapes: "predictions […, d], targets […, d]",
    keras: "CosineSimilarity",
    pytorch: "torchmetrics CosineSimilarity",
  },
  (predictions: Value, targets: Value, options: MetricOptions = {}): Metric =>
    here(() => {
      const [y, t] = alike("cosineSimilarity", predictions, targets);
      vectors("cosineSimilarity", y);
      const cosines = cosineOf(y, t);
      return meanMetric(cosines, countsOf("cosineSimilarity", cosines, options));
    }),
);
