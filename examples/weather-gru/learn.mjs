// How the model is trained on the past and judged on the future, beside two that take no training.
import { batches } from "gradc/data";
import { evaluateAll, fit } from "gradc/train";
import { readDays, weeks } from "./days.mjs";
import { linearModel, meanError } from "./linear.mjs";

/** Mean absolute errors in °C on the last fifth of the days: of the model, the linear one, and "like today". */
export async function learn({ create, spec }, seed) {
  const { train, validation, test } = weeks(readDays());
  const net = create({ seed });
  await fit(net, {
    train: batches(train, { size: spec.batch, seed }),
    validation: batches(validation, { size: spec.batch }),
    epochs: 100,
    monitor: "val_mae",
    patience: 15,
  });
  return {
    mae: evaluateAll(net, batches(test, { size: spec.batch })).mae,
    linear: linearModel(train).meanError(test),
    likeToday: meanError(test, (row) => test.today[row]),
  };
}
