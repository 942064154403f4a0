// What the recurrent model has to beat: the linear function of today's weather with the least squared error.
import { days, features } from "./days.mjs";

/** Today's features, and 1 for the constant term. */
const rowOf = (x, row) => [...x.subarray((row * days + days - 1) * features, (row + 1) * days * features), 1];

/** Fits weights to all rows of a data set; gives the mean absolute error of their predictions on another. */
export function linearModel({ inputs: [x, y], n }) {
  const size = features + 1;
  // (XᵀX + ridge) w = Xᵀy; the ridge settles what one-hot columns and the constant leave open.
  const system = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size + 1 }, (_, j) => (i === j ? 1e-3 : 0)),
  );
  for (let row = 0; row < n; row++) {
    const values = rowOf(x, row);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) system[i][j] += values[i] * values[j];
      system[i][size] += values[i] * y[row];
    }
  }
  const weights = solve(system);
  const predict = (data, row) =>
    rowOf(data.inputs[0], row).reduce((sum, value, k) => sum + value * weights[k], 0);
  return {
    weights,
    meanError: (data) => meanError(data, (row) => predict(data, row)),
  };
}

/** The mean of |prediction − truth| over all rows. */
export function meanError({ inputs: [, y], n }, predict) {
  let sum = 0;
  for (let row = 0; row < n; row++) sum += Math.abs(predict(row) - y[row]);
  return sum / n;
}

/** Gauss and Jordan on a system that is symmetric and positive definite, so that every pivot is above 0. */
function solve(system) {
  for (const [i, pivot] of system.entries()) {
    for (const [k, row] of system.entries()) {
      if (k === i) continue;
      const factor = row[i] / pivot[i];
      for (let j = i; j < row.length; j++) row[j] -= factor * pivot[j];
    }
  }
  return system.map((row, i) => row[row.length - 1] / row[i]);
}
