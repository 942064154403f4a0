import { expect, test } from "vitest";
import { batches } from "../../src/data/index.ts";
import { fit, reduceOnPlateau, type PlateauOptions } from "../../src/train/index.ts";
import { create, plane } from "./linear.ts";

/** The rates after each epoch in which a metric takes these values. */
async function rates(values: readonly number[], options: PlateauOptions = {}): Promise<number[]> {
  const hyper = { learningRate: 1, "encoder/learningRate": 0.5, momentum: 0.9 };
  const { onEpochEnd } = reduceOnPlateau({ hyper }, options);
  const found: number[] = [];
  for (const [k, value] of values.entries()) {
    await onEpochEnd?.({ epoch: k + 1, step: k, columns: { loss: 0, val_loss: value, val_accuracy: value } });
    found.push(hyper.learningRate);
    expect(hyper["encoder/learningRate"]).toBe(hyper.learningRate / 2);
    expect(hyper.momentum).toBe(0.9);
  }
  return found;
}

test("rates fall after epochs without improvement", async () => {
  expect(await rates([5, 4, 4, 4, 4, 3, 3, 3], { patience: 2, factor: 0.5 })).toEqual([
    1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25,
  ]);
  expect(await rates([5, 4.9, 4.85, 4.8], { patience: 2, factor: 0.5, minDelta: 0.25 })).toEqual([
    1, 1, 0.5, 0.5,
  ]);
  expect(await rates(Array(12).fill(1))).toEqual([...Array(10).fill(1), 0.1, 0.1]);
  expect(await rates([1, 2, 2, 2, 3], { monitor: "val_accuracy", patience: 1, factor: 0.5 })).toEqual([
    1, 1, 0.5, 0.25, 0.25,
  ]);
  expect(
    await rates([2, 1, 1, 1], { monitor: "val_accuracy", mode: "min", patience: 1, factor: 0.5 }),
  ).toEqual([1, 1, 0.5, 0.25]);
  expect(await rates([NaN, NaN, 1, 1], { patience: 2, factor: 0.5 })).toEqual([1, 0.5, 0.5, 0.5]);
});

test("but not while they cool down, and not below the least", async () => {
  expect(await rates(Array(8).fill(1), { patience: 1, factor: 0.5, cooldown: 2 })).toEqual([
    1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625,
  ]);
  const hyper = { learningRate: 1, "head/learningRate": 0.1 };
  const { onEpochEnd } = reduceOnPlateau({ hyper }, { patience: 1, minLearningRate: 0.4 });
  for (let epoch = 1; epoch <= 3; epoch++) await onEpochEnd?.({ epoch, step: 0, columns: { loss: 1 } });
  expect(hyper).toEqual({ learningRate: 0.4, "head/learningRate": 0.1 });
});

test("in fit, on the loss where nothing is validated", async () => {
  const net = create();
  const callbacks = [reduceOnPlateau(net, { patience: 3, minDelta: 1e9 })];
  await fit(net, { train: batches(plane(50), { size: 16 }), epochs: 4, callbacks });
  expect(net.hyper.learningRate).toBeCloseTo(0.01, 12);
});

test("what makes no sense is refused", () => {
  const make = (options: unknown) => (): unknown =>
    reduceOnPlateau({ hyper: { learningRate: 1 } }, options as PlateauOptions);
  expect(make({ patiance: 1 })).toThrow(/reduceOnPlateau has no option "patiance"[^]*patience/);
  expect(make({ factor: 1 })).toThrow("factor of reduceOnPlateau must be a number between 0 and 1, found 1");
  expect(make({ patience: 0 })).toThrow(
    "patience of reduceOnPlateau must be a whole number of epochs, at least 1, found 0",
  );
  expect(make({ patience: "3" as never })).toThrow('at least 1, found "3"');
  expect(make({ minDelta: -1 })).toThrow(
    "minDelta of reduceOnPlateau must be a number of at least 0, found -1",
  );
  expect(make({ cooldown: 0.5 })).toThrow(
    "cooldown of reduceOnPlateau must be a whole number of epochs, found 0.5",
  );
  expect(make({ minLearningRate: NaN })).toThrow(
    "minLearningRate of reduceOnPlateau must be a number of at least 0, found NaN",
  );
  expect(() => reduceOnPlateau({})).toThrow("the model's optimizer has no learning rate to lower");
  const { onEpochEnd } = reduceOnPlateau({ hyper: { learningRate: 1 } }, { monitor: "val_mae" });
  expect(() => onEpochEnd?.({ epoch: 1, step: 1, columns: { loss: 1, val_loss: 1 } })).toThrow(
    'there is no metric "val_mae" to watch',
  );
});
