import { batches } from "../../data/index.ts";
import { argmaxRows, confusionMatrix, confusionTable } from "../../train/index.ts";
import type { Prepared } from "./data.ts";
import type { Net, Spec } from "./module.ts";

/** More classes than this make a table that no terminal shows. */
const mostClasses = 20;

/**
 * The confusion matrix over the test rows, where the model tells classes apart and predicts scores for them.
 * `asked` are the positions of the inputs that `predict` takes.
 */
export function confusionText(
  net: Net,
  spec: Spec,
  { test, classes }: Prepared,
  asked: readonly number[],
): string | undefined {
  const labelAt = spec.inputs.findIndex(({ limit }) => limit !== null);
  const ignored = spec.inputs.at(labelAt)?.allowed;
  const count = labelAt < 0 ? 0 : (spec.inputs[labelAt].limit ?? 0);
  const scores = spec.outputs.find(
    ({ shape }) => shape.length === 2 && shape[0] === "n" && shape[1] === count,
  );
  if (count === 0 || count > mostClasses || !scores) return undefined;
  let matrix;
  for (const batch of batches(test, { size: spec.batch ?? "full" })) {
    const predicted = argmaxRows(
      net.predict(...asked.map((k) => batch.inputs[k]), batch.n)[scores.name],
      batch.n,
      count,
    );
    const labels = batch.inputs[labelAt];
    const counts = Array.from(labels.keys()).filter((row) => labels[row] !== ignored);
    matrix = confusionMatrix(
      counts.map((row) => labels[row]),
      counts.map((row) => predicted[row]),
      count,
      matrix,
    );
  }
  return matrix && confusionTable(matrix, classes);
}
