export type Numbers = Float32Array | Float64Array;

/** Several, since a kink such as relu's between the two points, or rounding, spoils a single one. */
const steps = [1e-5, 1e-6, 1e-4];

/**
 * The largest relative error of a gradient against (f(x + h) − f(x − h)) / 2h over the chosen elements.
 * Errors are relative to the gradient, but at least to a thousandth of the loss, below which differences of the
 * loss are rounding. `values` are moved in place and put back.
 */
export function differenceError(
  lossNow: () => number,
  values: Numbers,
  gradient: Numbers,
  elements: readonly number[],
  loss: number,
): number {
  const floor = 1e-3 * Math.max(1, Math.abs(loss));
  let largest = 0;
  for (const k of elements) {
    let error = Infinity;
    for (const step of steps) {
      const difference = centralDifference(lossNow, values, k, step * Math.max(1, Math.abs(values[k])));
      const scale = Math.max(Math.abs(difference), Math.abs(gradient[k]), floor);
      const found = Math.abs(difference - gradient[k]) / scale;
      // A comparison with NaN is false, so a gradient that is no number stays infinitely wrong.
      if (found < error) error = found;
      if (error < 1e-7) break;
    }
    if (error > largest) largest = error;
  }
  return largest;
}

function centralDifference(lossNow: () => number, values: Numbers, k: number, h: number): number {
  const kept = values[k];
  values[k] = kept + h;
  const above = lossNow();
  const right = values[k];
  values[k] = kept - h;
  const below = lossNow();
  const left = values[k];
  values[k] = kept;
  // The step as it was taken, after rounding, is what the difference belongs to.
  return (above - below) / (right - left);
}
