import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Generated, Net } from "../../src/cli/train/module.ts";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { loadWeights } from "../../src/train/index.ts";
import { loadText } from "../compile/program.ts";
import { folder, gradc, tree } from "./helpers.ts";
import { tinyModel, tinyTable } from "./models.ts";

const argv = ["train", "tiny.model.ts", "--data", "t.csv", "--epochs", "30"];

describe("train", () => {
  test("trains, tests, saves, and ends with the metric in plain text", async () => {
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable() });
    const { code, out, err } = await gradc(path, argv);
    expect(code).toBe(0);
    expect(err).toContain("90 rows: 63 to train, 9 to validate, 18 to test (stratified)\n");
    expect(err).toMatch(/epoch +1\/30 +loss \d\.\d{4} +val_loss \d\.\d{4} +val_accuracy \d\.\d{4}\n/);
    expect(out).toContain("true \\ predicted");
    expect(out.trimEnd().split("\n").at(-1)).toBe("test accuracy 1.0000");
    expect(tree(path)).toEqual([
      "out/tiny/tiny.gen.d.ts",
      "out/tiny/tiny.gen.js",
      "out/tiny/tiny.log.jsonl",
      "out/tiny/tiny.safetensors",
      "t.csv",
      "tiny.model.ts",
    ]);
    const log = readFileSync(join(path, "out/tiny/tiny.log.jsonl"), "utf8").trimEnd().split("\n");
    expect(Object.keys(JSON.parse(log[0]))).toEqual(["epoch", "step", "loss", "val_loss", "val_accuracy"]);
  });

  test("the same seed gives the same bytes, another seed others", async () => {
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable() });
    const weights = async (seed: string, name: string): Promise<Buffer> => {
      await gradc(path, [...argv, "--seed", seed, "--weights", name]);
      return readFileSync(join(path, name));
    };
    const first = await weights("7", "a.safetensors");
    expect((await weights("7", "b.safetensors")).equals(first)).toBe(true);
    expect((await weights("8", "c.safetensors")).equals(first)).toBe(false);
  });

  test("text labels become sorted classes, and the confusion matrix shows their names", async () => {
    const table = tinyTable(90, (k) => ["pear", "apple", "fig"][k]);
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": table });
    const { out } = await gradc(path, argv);
    expect(out).toMatch(/true \\ predicted +apple +fig +pear +recall/);
  });

  test("--json prints one object", async () => {
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable() });
    const { out } = await gradc(path, [...argv, "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      model: "tiny.model.ts",
      seed: 1,
      rows: { train: 63, validation: 9, test: 18 },
      split: "stratified",
      test: { accuracy: 1 },
    });
  });

  test("--demo shows stages, curve, matrix and files", async () => {
    const path = folder({ "tiny/tiny.model.ts": tinyModel(), "data/tiny.csv": tinyTable() });
    const { code, out } = await gradc(path, ["train", "tiny/tiny.model.ts", "--demo", "--epochs", "10"]);
    expect(code).toBe(0);
    for (const text of [
      "1 forward",
      "7 code",
      "Loss by epoch",
      "true \\ predicted",
      "wrote out/tiny/tiny.safetensors",
    ]) {
      expect(out).toContain(text);
    }
    expect(out.trimEnd().split("\n").at(-1)).toMatch(/^test accuracy \d\.\d{4}$/);
  });
});

describe("bad data leaves no file behind", () => {
  const header = "a,b,label\n";
  test.each([
    ["empty file", "", "error[bad-csv]: t.csv: the file is empty\n  at t.csv\n"],
    [
      "ragged row",
      `${header}1,2,0\n1,2\n`,
      "error[bad-csv]: t.csv: expected 3 fields, found 2\n  at t.csv, line 3, column 3\n  hint: mend the row or drop broken rows\n",
    ],
    [
      "text in a number column",
      tinyTable().replace("\n2,0,0\n", "\n1.5kg,0,0\n"),
      'error[value]: column 1 ("a") holds "1.5kg", which is not a number\n  at t.csv, line 2, column 1 ("a")\n  hint: write a plain decimal number; if it stands for a missing value: --missing 1.5kg\n',
    ],
    [
      "one class only",
      tinyTable(90, () => "1"),
      'error[one-class]: t.csv: column "label" holds only "1"; there is nothing to tell apart\n  hint: is it the right label column, and are the rows sorted by class?\n',
    ],
    [
      "label out of range",
      tinyTable(90, (k) => String(k + 1)),
      'error[value]: column 3 ("label") holds the label "3", but the model knows 0 to 2\n  at t.csv, line 4, column 3 ("label")\n  hint: check the number of classes\n',
    ],
    [
      "no label column",
      tinyTable().replace("label", "kind"),
      'error[no-label]: input "y" needs a label column, and none of t.csv is called so\n  hint: name it with --label; columns: a, b, kind\n',
    ],
    [
      "wrong number of columns",
      tinyTable()
        .replaceAll(/^(\w|-)/gm, "0,$1")
        .replace("0,a", "z,a"),
      'error[bad-inputs]: input "x" is f32 [n,2], but the table has 3 columns for it\n',
    ],
  ])("%s", async (_, table, message) => {
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": table });
    const { code, out, err } = await gradc(path, argv);
    expect({ code, out, err }).toEqual({ code: 1, out: "", err: message });
    expect(tree(path)).toEqual(["t.csv", "tiny.model.ts"]);
  });

  test("unknown label column", async () => {
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable() });
    const { code, err } = await gradc(path, [...argv, "--label", "lable"]);
    expect(code).toBe(1);
    expect(err).toBe('error[unknown-column]: t.csv has no column "lable"\n  hint: did you mean "label"?\n');
  });

  test("missing file", async () => {
    const path = folder({ "tiny.model.ts": tinyModel() });
    expect((await gradc(path, argv)).err).toBe('error[missing-file]: there is no file "t.csv"\n');
  });

  test("a loss that becomes no number", async () => {
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable() });
    const { code, err } = await gradc(path, [...argv, "--learning-rate", "1e300"]);
    expect(code).toBe(1);
    expect(err).toMatch(/error\[non-finite-loss\]: the loss is (NaN|Infinity) in epoch \d+, step \d+; /);
    expect(tree(path)).toEqual(["t.csv", "tiny.model.ts"]);
  });
});

test("a column of text that is not the label asks for --label", async () => {
  const table = tinyTable()
    .split("\n")
    .map((line, i) =>
      line === "" ? "" : `${i === 0 ? "kind" : ["fig", "pear"][i % 2]}${line.slice(line.indexOf(","))}`,
    )
    .join("\n");
  const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": table });
  expect((await gradc(path, argv)).err).toContain(
    '\n  hint: "kind" holds text; if it is what the model predicts: --label kind\n',
  );
});

test("--missing takes several texts, may be repeated, and leaves the model's name alone", async () => {
  const table = `${tinyTable()}NA,0,0\n0,?,1\n0,-,2\n`;
  const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": table });
  const { code, err } = await gradc(path, ["train", "--missing", "NA,?", "--missing", "-", ...argv.slice(1)]);
  expect(code).toBe(1);
  expect(err).toContain("is empty");
});

describe("after the best epoch", () => {
  /** A rate so high that validation is best early on. */
  const restless = [...argv, "--learning-rate", "30", "--patience", "5", "--seed", "3"];
  /** The module, its network with what the file holds, and what the commands said. */
  async function trained(more: readonly string[]) {
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable(90, (k) => String((k * k) % 3)) });
    const { err } = await gradc(path, [...restless, ...more]);
    const { spec, create } = loadText(
      readFileSync(join(path, "out/tiny/tiny.gen.js"), "utf8"),
    ) as unknown as Generated;
    const weights = readFileSync(join(path, "out/tiny/tiny.safetensors"));
    const resumed = (): Net => {
      const net = create();
      loadWeights(net, spec, weights);
      return net;
    };
    const best = Number(/the best (?:was epoch|epoch,) (\d+)/.exec(err)![1]);
    const epochs = err.match(/^epoch /gm)!.length;
    return { err, best, epochs, spec, weights, resumed };
  }

  test("all rows but the test's train for as many epochs", async () => {
    const { err, best, epochs, resumed } = await trained([]);
    expect(best).toBeLessThan(epochs);
    expect(err).toContain(`trained again on all 72 rows but the test's, for as many epochs (${epochs})\n`);
    // 72 rows are nine batches of 8.
    expect(resumed().step).toBe(9 * epochs);
  });

  test("--no-refit restores it, and says so", async () => {
    const { err, best, resumed } = await trained(["--no-refit"]);
    expect(err).toContain(`; the best epoch, ${best}, was restored\n`);
    expect(err).not.toContain("trained again");
    // 63 rows are eight batches.
    expect(resumed().step).toBe(8 * best);
  });

  test("training goes on from the file with the optimizer's state and settings", async () => {
    const { spec, resumed, weights } = await trained([]);
    const blocks = [...spec.parameters, ...spec.states].map(({ name }) => name);
    expect([...decodeSafetensors(weights).tensors.keys()].sort()).toEqual(blocks.sort());
    const net = resumed();
    expect(net.hyper["learningRate"]).toBe(30);
    const { step } = net;
    net.trainStep(new Float32Array(2), new Int32Array(1));
    expect(net.step).toBe(step + 1);
  });
});

test("a folder that cannot be written is told before the training", async () => {
  const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable(), out: "" });
  for (const [more, place] of [
    [[], "out/tiny/tiny.gen.js"],
    [["--out-dir", "d", "--weights", "t.csv/w"], "t.csv/w"],
    [["--out-dir", "d", "--log", "out/log"], "out/log"],
  ] as const) {
    const { code, out, err } = await gradc(path, [...argv, ...more]);
    expect({ code, out, err }).toEqual({
      code: 1,
      out: "",
      err: `error[not-a-directory]: a part of the path "${place}" is a file, not a directory\n`,
    });
  }
  expect(tree(path)).toEqual(["out", "t.csv", "tiny.model.ts"]);
});

test("nothing that was read, or is written too, is overwritten", async () => {
  const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable() });
  for (const more of [
    ["--weights", "t.csv"],
    ["--log", "./tiny.model.ts"],
    ["--weights", "w", "--log", "w"],
  ]) {
    const { code, err } = await gradc(path, [...argv, ...more]);
    expect(code).toBe(2);
    expect(err).toMatch(
      /^error\[same-file\]: "(t\.csv|tiny\.model\.ts|w)" would be overwritten by what training writes\n/,
    );
  }
  expect(tree(path)).toEqual(["t.csv", "tiny.model.ts"]);
});

describe("what cannot be trained", () => {
  const refused = async (model: string, ...more: string[]): Promise<string> => {
    const path = folder({ "tiny.model.ts": model, "t.csv": tinyTable() });
    const { code, out, err } = await gradc(path, [...argv, ...more]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(tree(path)).toEqual(["t.csv", "tiny.model.ts"]);
    return err;
  };
  test("a model without an optimizer", async () => {
    expect(await refused(tinyModel().replace(/^ *optimizer: .*\n/m, ""))).toBe(
      'error[no-optimizer]: model "tiny" has no optimizer, so its parameters cannot be trained\n  hint: return one from its build function, such as adam({ learningRate: 1e-3 })\n',
    );
  });

  test("a model without a loss", async () => {
    const model = tinyModel().replace(/^ *(loss|metrics|optimizer): .*\n/gm, "");
    expect(await refused(model)).toBe(
      'error[no-loss]: model "tiny" has no loss, so there is nothing to train\n  hint: return loss and optimizer from its build function\n',
    );
  });

  test("a batch that the model was not declared for", async () => {
    expect(await refused(tinyModel(), "--batch-size", "9")).toBe(
      'error[batch-size]: a batch of 9 rows is more than the 8 that "tiny" was declared for\n  hint: lower --batch-size, or declare batch(9) in the model file\n',
    );
  });
});

const tableModel = `
import { accuracy, adam, batch, category, defineModel, dense, features, label, labels, number, softmax, softmaxCrossEntropy, table } from "gradc";

const n = batch(16);
const points = table({
  a: number({ missing: "mean", scale: "standard" }),
  b: number({ scale: "range" }),
  side: category(["left", "right"], { missing: "mode" }),
  kind: label(["apple", "fig", "pear"]),
});

export default defineModel({
  name: "points",
  inputs: { x: features(n, points), y: labels(n, points) },
  build({ x, y }) {
    const logits = dense(x, { units: 3, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      metrics: { accuracy: accuracy(logits, y) },
      optimizer: adam({ learningRate: 0.1 }),
    };
  },
});
`;

describe("a model with a table", () => {
  const rows = tinyTable(90, (k) => ["pear", "apple", "fig"][k])
    .trimEnd()
    .split("\n")
    .map((line, i) => (i === 0 ? "kind,a,b,side" : rearranged(line, i)));
  function rearranged(line: string, i: number): string {
    const [a, b, kind] = line.split(",");
    return [kind, i % 9 === 0 ? "" : a, b, i % 7 === 0 ? "" : ["left", "right"][i % 2]].join(",");
  }
  const csv = `${rows.join("\n")}\n`;
  const data = ["train", "points.model.ts", "--data", "t.csv", "--epochs", "40"];

  test("finds its columns by name, fills what is missing, and learns", async () => {
    const path = folder({ "points.model.ts": tableModel, "t.csv": csv });
    const { code, out } = await gradc(path, data);
    expect(code).toBe(0);
    expect(out).toMatch(/true \\ predicted +apple +fig +pear +recall/);
    expect(Number(/test accuracy (\S+)\n$/.exec(out)?.[1])).toBeGreaterThan(0.8);
  });

  test("predicts what it declares, not another column", async () => {
    const path = folder({ "points.model.ts": tableModel, "t.csv": csv });
    const { code, err } = await gradc(path, [...data, "--label", "side"]);
    expect(code).toBe(1);
    expect(err).toBe(
      'error[label-mismatch]: the model\'s table predicts "kind", not "side"\n  hint: leave --label out, or change the table in the model file\n',
    );
  });

  test("a category that was not declared", async () => {
    const path = folder({ "points.model.ts": tableModel, "t.csv": csv.replace("left", "lft") });
    const { code, err } = await gradc(path, data);
    expect(code).toBe(1);
    expect(err).toMatch(/^error\[value\]: column 4 \("side"\) holds "lft", which is none of its values\n/);
    expect(err).toContain('hint: did you mean "left"?\n');
    expect((await gradc(path, [...data, "--drop-broken"])).err).toMatch(/^dropped line \d+: column 4/);
  });

  test("a class that loses all its rows is told", async () => {
    const path = folder({
      "points.model.ts": tableModel,
      "t.csv": csv.replaceAll(/^(fig,.*,)\w*$/gm, "$1up"),
    });
    const { code, err } = await gradc(path, [...data, "--drop-broken"]);
    expect(code).toBe(0);
    expect(err).toContain("dropped 20 more broken rows\n");
    expect(err).toContain(
      'warning: all rows of class "fig" were dropped (30 rows), so the model cannot learn it\n',
    );
  });
});
