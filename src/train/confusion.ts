import { fail } from "../base/errors.ts";

/** How often each true class (row) was taken for each class (column); row-major. */
export interface ConfusionMatrix {
  /** How many classes there are. */
  readonly classes: number;
  /** One row for each true class, [classes, classes]. */
  readonly counts: Int32Array;
}

/** The position of the largest of `classes` numbers in each of n rows; the first among equals. */
export function argmaxRows(scores: ArrayLike<number>, n: number, classes: number): Int32Array {
  return Int32Array.from({ length: n }, (_, row) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (scores[row * classes + k] > scores[row * classes + best]) best = k;
    return best;
  });
}

/**
 * Counts true against predicted classes; with `matrix`, adds to it.
 * Fails with `shape` where the lengths differ, with `value` where a class is not from 0 to `classes` − 1.
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
  matrix: ConfusionMatrix = { classes, counts: new Int32Array(classes * classes) },
): ConfusionMatrix {
  if (labels.length !== predictions.length) {
    fail("shape", `there are ${labels.length} labels, but ${predictions.length} predictions`);
  }
  const isClass = (k: number): boolean => Number.isInteger(k) && k >= 0 && k < classes;
  for (let i = 0; i < labels.length; i++) {
    if (!isClass(labels[i]) || !isClass(predictions[i])) {
      fail("value", `row ${i} has label ${labels[i]} and prediction ${predictions[i]} of ${classes} classes`);
    }
    matrix.counts[labels[i] * classes + predictions[i]]++;
  }
  return matrix;
}

/** The matrix as plain text, true classes down and predicted ones across, with the recall of each class. */
export function confusionTable({ classes, counts }: ConfusionMatrix, names: readonly string[] = []): string {
  const name = (k: number): string => names[k] ?? String(k);
  const all = Array.from({ length: classes }, (_, k) => k);
  const rows = all.map((k) => {
    const row = [...counts.subarray(k * classes, (k + 1) * classes)];
    const total = row.reduce((sum, count) => sum + count, 0);
    return [name(k), ...row.map(String), total === 0 ? "-" : (row[k] / total).toFixed(4)];
  });
  const cells = [["true \\ predicted", ...all.map(name), "recall"], ...rows];
  const widths = cells[0].map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  return cells
    .map((row) =>
      row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join("  "),
    )
    .join("\n");
}
