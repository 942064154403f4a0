import * as g from "gradc";
import type { Value } from "gradc";
import { dimsOf, type Blocks } from "./draw.ts";

const width = (x: Value): number => dimsOf(x)[0];

/** What suits [n, d] alone. */
export const vectors: Blocks = {
  matmul: (x, d) => {
    const units = d.widthFor(x);
    const transposeB = d.chance(0.5);
    const kernel = g.param("kernel", transposeB ? [units, width(x)] : [width(x), units]);
    return g.matmul(x, kernel, { transposeB });
  },
  outer: (x, d) => {
    const other = g.dense(x, {
      units: d.width(Math.max(1, Math.floor(d.room / width(x)))),
      activation: "tanh",
    });
    return g.mul(g.expandDims(x, 2), g.expandDims(other, 1));
  },
  /** The features' products over the batch, as in a covariance. */
  covariance: (x, d) => {
    const narrow = g.dense(x, { units: d.width(24), activation: "tanh" });
    const products = g.matmul(narrow, narrow, { transposeA: true });
    return g.matmul(narrow, d.chance(0.5) ? g.tanh(products) : g.tril(products));
  },
  /** Rows look at one another, those before or after them alone. */
  triangle: (x, d) => {
    const scores = g.div(g.matmul(x, g.tanh(x), { transposeB: true }), width(x));
    const k = d.int(-1, 1);
    return g.add(x, g.matmul(d.chance(0.5) ? g.tril(scores, { k }) : g.triu(scores, { k }), x));
  },
  attentionOverBatch: (x) => g.matmul(g.softmax(g.matmul(x, x, { transposeB: true })), x),
  mixture: (x, d) => {
    const units = d.width(Math.min(64, d.room));
    const experts = [1, 2, 3].map(() => g.dense(x, { units, activation: d.activation() }));
    const gates = g.dense(x, { units: experts.length, activation: "softmax" });
    const mixed = experts.map((expert, k) =>
      g.mul(expert, g.slice(gates, { start: [0, k], limit: [null, k + 1] })),
    );
    return mixed.reduce((a, b) => g.add(a, b));
  },
  lookup: (x, d) => {
    const classes = d.int(2, 9);
    const chosen = g.argMax(g.dense(x, { units: classes }), { axis: 1 });
    return g.concat([x, g.embedding(chosen, { inputDim: classes, outputDim: d.int(1, 5) })], { axis: 1 });
  },
  scattered: (x, d) => {
    // Of numbers that are equal but for rounding another may be the largest on another target.
    const chosen = g.argMax(g.dense(x, { units: width(x) }), { axis: 1 });
    const table = g.param("table", [width(x), d.int(1, 6)], { initializer: g.uniform() });
    const updates = g.dense(x, { units: dimsOf(table)[0], activation: "tanh" });
    return g.matmul(x, g.scatterAdd(table, chosen, updates));
  },
  picked: (x, d) => {
    const count = Math.min(width(x), d.int(1, 4));
    const { values, indices } = g.topK(x, { k: count });
    return g.concat([values, g.takeAlongAxis(g.tanh(x), indices, { axis: 1 })], { axis: 1 });
  },
  sorted: (x) => (width(x) <= 24 ? g.sort(x, { axis: 1 }) : x),
  einsum: (x, d) => {
    const [a, b] = [d.width(8), d.width(8)];
    const kernel = g.param("kernel", [width(x), a, b]);
    return g.einsum("ni,iab->nba", x, kernel);
  },
};
