import type { Value } from "../../ir/graph.ts";
import { documented } from "../about.ts";
import { checkNumber } from "../check.ts";
import { here } from "../context.ts";
import { add, maximum, mul, relu, rsqrt, sqrt, square, sub } from "../sugar/elementwise.ts";
import { max, sum } from "../sugar/reduce.ts";
import { alike, checkFloat, vectors } from "./arguments.ts";
import { lossDefaults, reduced, type LossOptions } from "./reduce.ts";

const signed = "predictions […], targets −1 or 1 […] → []";

/** max(1 − target·prediction, 0), averaged over all elements; targets are −1 or 1. */
export const hinge = documented(
  {
    kind: "loss",
    doc: "How far a prediction is from the right side of a margin; targets are −1 or 1.",
    formula: "mean max(1 − t·y, 0)",
    shapes: signed,
    defaults: lossDefaults,
    keras: "Hinge (takes targets 0 and 1 too)",
    pytorch: null,
    optax: "hinge_loss",
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("hinge", predictions, targets);
      return reduced("hinge", relu(sub(1, mul(t, y))), options);
    }),
);

/** max(1 − target·prediction, 0)², averaged over all elements; targets are −1 or 1. */
export const squaredHinge = documented(
  {
    kind: "loss",
    doc: "The hinge loss squared; targets are −1 or 1.",
    formula: "mean max(1 − t·y, 0)²",
    shapes: signed,
    defaults: lossDefaults,
    keras: "SquaredHinge (takes targets 0 and 1 too)",
    pytorch: null,
    optax: null,
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("squaredHinge", predictions, targets);
      return reduced("squaredHinge", square(relu(sub(1, mul(t, y)))), options);
    }),
);

/** max(max (1 − t)·y − Σ t·y + 1, 0) over the last axis, averaged over the rows; targets are one-hot. */
export const categoricalHinge = documented(
  {
    kind: "loss",
    doc: "How far the right class is from being ahead of every other by 1; targets are one-hot.",
    formula: "mean max(max (1 − t)·y − Σ t·y + 1, 0)",
    shapes: "predictions […, classes], targets […, classes] → []",
    defaults: lossDefaults,
    keras: "CategoricalHinge",
    pytorch: null,
    optax: null,
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("categoricalHinge", predictions, targets);
      vectors("categoricalHinge", y);
      const others = max(mul(sub(1, t), y), { axis: -1 });
      return reduced("categoricalHinge", relu(add(sub(others, sum(mul(t, y), { axis: -1 })), 1)), options);
    }),
);

/** Lengths below it count as it, so that a vector of zeros has a direction of zeros and finite gradients. */
const leastLength = 1e-8;
const unit = (x: Value): Value =>
  mul(x, rsqrt(maximum(sum(square(x), { axis: -1, keepDims: true }), leastLength ** 2)));
/** The cosine of the angle between vectors along the last axis; 0 for a vector of zeros. */
export const cosineOf = (y: Value, t: Value): Value => sum(mul(unit(y), unit(t)), { axis: -1 });

/** 1 − the cosine of the angle between vectors along the last axis, averaged over the rows. */
export const cosineDistance = documented(
  {
    kind: "loss",
    doc: "1 − the cosine of the angle between two vectors; lengths count as at least 1e-8.",
    formula: "mean 1 − Σ y·t / (‖y‖·‖t‖)",
    shapes: "predictions […, d], targets […, d] → []",
    defaults: lossDefaults,
    keras: "CosineSimilarity (is the cosine times −1)",
    pytorch: "CosineEmbeddingLoss with y = 1",
    optax: "cosine_distance",
  },
  (predictions: Value, targets: Value, options: LossOptions = {}): Value =>
    here(() => {
      const [y, t] = alike("cosineDistance", predictions, targets);
      vectors("cosineDistance", y);
      return reduced("cosineDistance", sub(1, cosineOf(y, t)), options);
    }),
);

export interface MarginOptions extends LossOptions {
  /** 1 by default. */
  readonly margin?: number;
}
const marginDefaults = { ...lossDefaults, margin: 1 } as const;
const marginOf = (name: string, { margin = marginDefaults.margin }: MarginOptions): number =>
  checkNumber(`margin of ${name}`, margin, 0);
/** Under the root, so that equal vectors have a finite gradient. */
const leastSquare = 1e-12;
const squares = (a: Value, b: Value): Value => sum(square(sub(a, b)), { axis: -1 });
const distance = (a: Value, b: Value): Value => sqrt(add(squares(a, b), leastSquare));

/** max(‖anchor − positive‖ − ‖anchor − negative‖ + margin, 0), averaged over the rows. */
export const tripletMargin = documented(
  {
    kind: "loss",
    doc: "An anchor shall be nearer to its like than to another, by a margin.",
    formula: "mean max(‖a − p‖ − ‖a − q‖ + margin, 0) with ‖v‖ = √(Σ v² + 1e-12)",
    shapes: "anchor, positive, negative […, d] → []",
    defaults: marginDefaults,
    keras: null,
    pytorch: "TripletMarginLoss (adds 1e-6 to each difference)",
    optax: "triplet_margin_loss",
  },
  (anchor: Value, positive: Value, negative: Value, options: MarginOptions = {}): Value =>
    here(() => {
      const name = "tripletMargin";
      const [a, p] = alike(name, anchor, positive, ["anchor", "positive"]);
      const [, q] = alike(name, anchor, negative, ["anchor", "negative"]);
      vectors(name, a);
      const margin = marginOf(name, options);
      return reduced(name, relu(add(sub(distance(a, p), distance(a, q)), margin)), options, ["margin"]);
    }),
);

/** same·d² + (1 − same)·max(margin − d, 0)² for the distance d of two vectors, averaged over the rows. */
export const contrastive = documented(
  {
    kind: "loss",
    doc: "Draws pairs that are alike together and pushes others at least a margin apart (Hadsell et al. 2006).",
    formula: "mean s·d² + (1 − s)·max(margin − d, 0)² with d = √(Σ (a − b)² + 1e-12)",
    shapes: "a, b […, d], same […] of 0 and 1 → []",
    defaults: marginDefaults,
    keras: null,
    pytorch: null,
    optax: null,
  },
  (a: Value, b: Value, same: Value, options: MarginOptions = {}): Value =>
    here(() => {
      const name = "contrastive";
      const [x, y] = alike(name, a, b, ["a", "b"]);
      vectors(name, x);
      const apart = squares(x, y);
      const [, s] = alike(name, apart, checkFloat(name, "same", same), ["distances", "same"]);
      const short = relu(sub(marginOf(name, options), distance(x, y)));
      const losses = add(mul(s, apart), mul(sub(1, s), square(short)));
      return reduced(name, losses, options, ["margin"]);
    }),
);
