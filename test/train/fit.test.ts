import { afterEach, describe, expect, test, vi } from "vitest";
import { batches } from "../../src/data/index.ts";
import { evaluateAll, fit, type EpochRecord } from "../../src/train/index.ts";
import { create, plane } from "./linear.ts";

const train = (): ReturnType<typeof batches> => batches(plane(50), { size: 16, seed: 1 });
const validation = batches(plane(20), { size: 16 });

describe("fit", () => {
  test("finds the plane", async () => {
    const net = create();
    const history = await fit(net, { train: train(), validation, epochs: 600, metrics: true });
    expect(
      [...net.params["dense/kernel"], ...net.params["dense/bias"]].map((w) => Math.round(w * 100) / 100),
    ).toEqual([2, -3, 1]);
    expect(history.stopped).toBe("finished");
    expect(history.epochs.length).toBe(600);
    const { epoch, step, columns } = history.epochs[599];
    expect([epoch, step]).toEqual([600, 2400]);
    expect(Object.keys(columns).sort()).toEqual([
      "accuracy",
      "errors",
      "loss",
      "mae",
      "val_accuracy",
      "val_errors",
      "val_loss",
      "val_mae",
    ]);
    expect(columns.val_accuracy).toBe(1);
  });

  test("the loss of an epoch is the mean over its rows, not over its batches", async () => {
    const net = create();
    net.hyper.learningRate = 0;
    const { epochs } = await fit(net, { train: batches(plane(50), { size: 16 }), epochs: 1 });
    expect(epochs[0].columns.loss).toBeCloseTo(evaluateAll(net, [plane(50)]).loss as number, 10);
    expect(Object.keys(epochs[0].columns)).toEqual(["loss"]);
  });

  test("equal runs give equal bytes and equal histories", async () => {
    const run = async (): Promise<unknown> => {
      const net = create();
      return [await fit(net, { train: train(), validation, epochs: 5 }), net.state];
    };
    expect(await run()).toEqual(await run());
  });

  test("calls back after batches and epochs, and writes one line an epoch", async () => {
    const steps: number[] = [];
    const records: EpochRecord[] = [];
    const lines: string[] = [];
    const onBatchEnd = (step: number, loss: number): number => steps.push(loss > 0 ? step : -1);
    const onEpochEnd = async (record: EpochRecord): Promise<void> => void records.push(await record);
    const { epochs } = await fit(create(), {
      train: train(),
      validation,
      epochs: 2,
      callbacks: [{ onBatchEnd }, { onEpochEnd }],
      log: (line) => lines.push(line),
    });
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(records).toEqual(epochs);
    expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
    const [first] = lines.map((line): unknown => JSON.parse(line));
    expect(first).toMatchObject({
      epoch: 1,
      step: 4,
      loss: epochs[0].columns.loss,
      val_errors: [expect.any(Number), 0],
    });
  });

  test("stops early and puts the best state back", async () => {
    const net = create();
    const states: Uint8Array[] = [];
    const history = await fit(net, {
      train: train(),
      validation,
      epochs: 50,
      patience: 2,
      callbacks: [
        {
          onEpochEnd({ epoch }) {
            states.push(net.state.slice());
            if (epoch === 5) net.hyper.learningRate = -0.3;
          },
        },
      ],
    });
    expect(history.stopped).toBe("early");
    expect(history.epochs.length).toBe(7);
    expect(history.best).toEqual({ epoch: 5, value: history.epochs[4].columns.val_loss });
    expect(net.state).toEqual(states[4]);
  });

  test("watches any column, upwards where more is better", async () => {
    const run = (options: object): ReturnType<typeof fit> =>
      fit(create(), { train: train(), validation, epochs: 30, ...options });
    const accuracy = await run({ monitor: "val_accuracy" });
    expect(accuracy.best!.value).toBe(
      Math.max(...accuracy.epochs.map(({ columns }) => columns.val_accuracy as number)),
    );
    const mae = await run({ monitor: "val_mae", mode: "max" });
    expect(mae.best!.epoch).toBe(1);
    const coarse = await run({ monitor: "loss", minDelta: 1e9, patience: 3, restoreBest: false });
    expect([coarse.epochs.length, coarse.best!.epoch]).toEqual([4, 1]);
  });

  test("an unknown column to watch is answered with the nearest", async () => {
    for (const monitor of ["val_los", "val_errors", "toString"]) {
      const run = fit(create(), { train: train(), validation, epochs: 3, monitor });
      await expect(run).rejects.toThrow(`there is no metric "${monitor}" to watch\n  hint: `);
    }
  });

  test("can be aborted between batches, also from outside while it runs", async () => {
    const controller = new AbortController();
    const history = await fit(create(), {
      train: train(),
      epochs: 9,
      signal: controller.signal,
      callbacks: [{ onBatchEnd: (step) => void (step === 6 && controller.abort()) }],
    });
    expect([history.stopped, history.epochs.length]).toEqual(["aborted", 1]);
    const outside = new AbortController();
    setTimeout(() => outside.abort(), 20);
    expect((await fit(create(), { train: train(), epochs: Infinity, signal: outside.signal })).stopped).toBe(
      "aborted",
    );
  });

  test("gives the event loop its turn within a long epoch", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const slow = (): void => {
      const end = performance.now() + 15;
      while (performance.now() < end);
    };
    await fit(create(), { train: train(), epochs: 1, callbacks: [{ onBatchEnd: slow }] });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  test("a loss that is no number stops, with step, last loss and the first bad parameter", async () => {
    const net = create();
    net.hyper.learningRate = 1e30;
    const run = fit(net, { train: train(), epochs: 3 });
    await expect(run).rejects.toMatchObject({ code: "non-finite-loss" });
    await expect(run).rejects.toThrow(
      /^the loss is (Infinity|NaN) in epoch 1, step \d; the last finite loss was [\d.e+]+; the first parameter with a value that is not finite is "dense\/kernel"\n {2}hint: lower/,
    );
  });

  test("a bad input shows at the first step, with every parameter finite", async () => {
    const bad = { ...create(), trainStep: () => NaN, step: 1 };
    await expect(fit(bad, { train: train(), epochs: 1 })).rejects.toThrow(
      "the loss is NaN in epoch 1, step 1; no loss before it was finite; every parameter is still finite",
    );
  });

  test("no data is an error, and so are no epochs", async () => {
    await expect(fit(create(), { train: [], epochs: 1 })).rejects.toThrow("there are no batches to train on");
    expect(() => evaluateAll(create(), [])).toThrow("there are no batches to evaluate on");
    for (const [epochs, found] of [
      [0, "0"],
      [1.5, "1.5"],
      [-1, "-1"],
      [NaN, "NaN"],
      ["100", '"100"'],
    ] as const) {
      await expect(fit(create(), { train: train(), epochs: epochs as number })).rejects.toThrow(
        `fit needs epochs, a whole number of at least 1; found ${found}`,
      );
    }
  });

  test("options that are not these are refused", async () => {
    const call = (options: object): Promise<unknown> =>
      fit(create(), { train: train(), epochs: 1, ...options });
    await expect(call({ epoch: 3 })).rejects.toThrow(
      'fit has no option "epoch"\n  hint: did you mean "epochs"?',
    );
    await expect(call({ train: { inputs: [], n: 0 } })).rejects.toThrow(
      'fit\'s "train" is not a sequence of batches\n  hint: wrap it in batches(data, { size: 32 })',
    );
    await expect(call({ validation: {} })).rejects.toThrow('fit\'s "validation" is not a sequence');
    await expect(call({ train: undefined })).rejects.toThrow('fit\'s "train" is not');
  });
});

describe("where there is no setImmediate", () => {
  afterEach(() => vi.unstubAllGlobals());

  test.each([[["setImmediate"]], [["setImmediate", "MessageChannel"]]])(
    "fit runs without %s",
    async (missing) => {
      for (const name of missing) vi.stubGlobal(name, undefined);
      expect((await fit(create(), { train: train(), epochs: 2 })).epochs.length).toBe(2);
    },
  );
});
