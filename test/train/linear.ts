import type { Batch } from "../../src/data/index.ts";
import type { StateSpec } from "../../src/train/index.ts";

/** Where linear regression on two features keeps its state, with table statistics and one slot of an optimizer. */
export const spec = {
  gradc: "0.1.0",
  name: "linear",
  layoutHash: "5f0c21aa",
  parameters: [
    { name: "dense/kernel", dtype: "f32", shape: [2, 1], offset: 0 },
    { name: "dense/bias", dtype: "f32", shape: [1], offset: 8 },
  ],
  states: [
    { name: "table/fill", dtype: "f32", shape: [2], offset: 12, inference: true },
    { name: "table/shift", dtype: "f32", shape: [2], offset: 20, inference: true },
    { name: "table/scale", dtype: "f32", shape: [2], offset: 28, inference: true },
    { name: "step", dtype: "u32", shape: [], offset: 36 },
    { name: "sgd/velocity", dtype: "f64", shape: [1], offset: 40 },
  ],
  table: { columns: [] },
} as const satisfies StateSpec;

/** Linear regression by hand, with the interface of a generated module: mean squared error, plain descent. */
export interface Linear {
  readonly state: Uint8Array;
  readonly step: number;
  readonly params: { readonly "dense/kernel": Float32Array; readonly "dense/bias": Float32Array };
  readonly hyper: { learningRate: number };
  trainStep(x: Float32Array, y: Float32Array, n?: number): number;
  evaluate(
    x: Float32Array,
    y: Float32Array,
    n?: number,
  ): { loss: number; mae: number; accuracy: number; errors: Float64Array };
  resetMetrics(): void;
}

export function create(): Linear {
  const buffer = new ArrayBuffer(52);
  const kernel = new Float32Array(buffer, 0, 2);
  const bias = new Float32Array(buffer, 8, 1);
  const step = new Uint32Array(buffer, 36, 1);
  new Uint32Array(buffer, 48, 1)[0] = 0x5f0c21aa;
  const hyper = { learningRate: 0.1 };
  const totals = { rows: 0, squares: 0, absolute: 0, near: 0 };
  const metrics = { loss: 0, mae: 0, accuracy: 0, errors: new Float64Array(2) };
  const residual = (x: Float32Array, y: Float32Array, i: number): number =>
    x[2 * i] * kernel[0] + x[2 * i + 1] * kernel[1] + bias[0] - y[i];
  return {
    state: new Uint8Array(buffer),
    get step() {
      return step[0];
    },
    params: { "dense/kernel": kernel, "dense/bias": bias },
    hyper,
    trainStep(x, y, n = y.length) {
      let loss = 0;
      const gradient = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        const r = residual(x, y, i);
        loss += (r * r) / n;
        gradient[0] += (2 * r * x[2 * i]) / n;
        gradient[1] += (2 * r * x[2 * i + 1]) / n;
        gradient[2] += (2 * r) / n;
      }
      kernel[0] -= hyper.learningRate * gradient[0];
      kernel[1] -= hyper.learningRate * gradient[1];
      bias[0] -= hyper.learningRate * gradient[2];
      step[0]++;
      return loss;
    },
    evaluate(x, y, n = y.length) {
      for (let i = 0; i < n; i++) {
        const r = residual(x, y, i);
        totals.squares += r * r;
        totals.absolute += Math.abs(r);
        totals.near += Number(Math.abs(r) < 0.1);
      }
      totals.rows += n;
      metrics.loss = totals.squares / totals.rows;
      metrics.mae = totals.absolute / totals.rows;
      metrics.accuracy = totals.near / totals.rows;
      metrics.errors[0] = totals.rows - totals.near;
      return metrics;
    },
    resetMetrics() {
      Object.assign(totals, { rows: 0, squares: 0, absolute: 0, near: 0 });
    },
  };
}

/** n points on the plane 2·a − 3·b + 1. */
export function plane(n: number): Batch {
  const x = Float32Array.from({ length: 2 * n }, (_, i) => Math.sin(i * 12.9898));
  const y = Float32Array.from({ length: n }, (_, i) => 2 * x[2 * i] - 3 * x[2 * i + 1] + 1);
  return { inputs: [x, y], n };
}
