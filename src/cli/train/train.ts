import { dirname, join } from "node:path";
import { fail } from "../../base/errors.ts";
import { batches, joined } from "../../data/index.ts";
import { evaluateAll, fit, saveWeights, writeTable, type History, type Metrics } from "../../train/index.ts";
import type { Compilation } from "../../compile.ts";
import { outdatedFiles } from "../compile/outdated.ts";
import type { TrainFlags } from "./flags.ts";
import type { Context } from "../io.ts";
import { loadGenerated } from "../load-generated.ts";
import { compileModel, loadModel } from "../load-model.ts";
import { evaluateInputs, functionInputs } from "../entries.ts";
import { sayTarget } from "../say-target.ts";
import { sizesOf, sizesText } from "../sizes.ts";
import { plural } from "../text.ts";
import { usage } from "../usage.ts";
import { confusionText } from "./confusion.ts";
import { demoCompiled, demoCurve } from "./demo.ts";
import { prepare, type Prepared } from "./data.ts";
import type { Generated, Net, Spec } from "./module.ts";
import { setLearningRate } from "./rate.ts";
import { columnsText, firstMetric, metricText } from "./progress.ts";

/** Smaller steps than the largest batch that a model can take generalise better on tables of this kind. */
const usualBatch = 16;

/** From a model file and a table to tested weights on disk; the report goes to stdout. */
export async function train(context: Context, path: string, flags: TrainFlags): Promise<void> {
  const { disk, print, style } = context;
  const loaded = await loadModel(disk, path);
  const demo = flags.demo === true && !flags.json;
  let rules = 0;
  const compilation = await compileModel(disk, loaded, {
    target: flags.target,
    // What nobody chose must not make the numbers depend on the host.
    strict: flags.strict ?? flags.target === "auto",
    precision: flags.precision,
    debug: flags.debug,
    ...(demo ? { see: (_pass, _graph, applied) => void (rules += applied.length) } : {}),
  });
  const loadedModule = await loadGenerated<Generated>(compilation);
  checkTrainable(loadedModule.spec, compilation, flags);
  const generated = { ...loadedModule, spec: trainingSpec(loadedModule.spec) };
  const { spec } = generated;
  const folder = flags.outDir.replaceAll("{name}", loaded.name);
  const modules = compilation.files.map(({ name }) => join(folder, name));
  const weights = flags.weights ?? join(folder, `${loaded.name}.safetensors`);
  const logFile = flags.log ?? join(folder, `${loaded.name}.log.jsonl`);
  const source = flags.data ?? exampleData(path, loaded.name);
  checkDistinct(disk, [loaded.path, source, ...modules, weights, logFile]);
  disk.checkWritable([...modules, weights, logFile]);
  if (demo) await demoCompiled(context, loaded, compilation, rules);
  const data = prepare(disk, source, generated, flags);
  describeData(context, data);
  if (flags.target === "auto") sayTarget(context, compilation);
  const net = generated.create({ seed: flags.seed });
  const start = (): void => {
    net.init(flags.seed);
    if (flags.learningRate !== undefined) setLearningRate(net.hyper, flags.learningRate);
    if (data.statistics) writeTable(net, spec, data.statistics);
  };
  start();
  const log: string[] = [];
  const history = await fitNet(context, net, spec, data, flags, (line) => log.push(line));
  if (refits(flags, data, history)) {
    start();
    await refit(context, net, spec, data, flags, history.epochs.length);
  }
  const tested = evaluateAll(net, batches(data.test, { size: spec.batch ?? "full" }));

  const files = [
    ...compilation.files.map(({ text }, k) => ({ path: modules[k], content: text })),
    { path: weights, content: saveWeights(net, spec, { state: true }) },
    { path: logFile, content: log.join("") },
  ];
  disk.writeAtomically(files, outdatedFiles(disk, folder, loaded.name, modules));

  const sizes = sizesOf(compilation);
  if (flags.json) return print(summary(loaded.path, flags, data, history, tested, files, sizes, disk.shown));
  if (demo) await demoCurve(context, history);
  const asked = functionInputs(compilation, spec, "predict");
  const confusion = confusionText(net, spec, data, asked);
  if (confusion !== undefined)
    print(`\n${style("bold", "Test rows, true classes down, predicted across")}\n${confusion}`);
  print(`\n${style("bold", loaded.name)}: ${sizesText(sizes)}`);
  for (const { path: file } of files) print(`wrote ${disk.shown(file)}`);
  print(
    `test ${Object.entries(scalars(tested))
      .map(([name, value]) => metricText(name, value))
      .join(", ")}`,
  );
  const [name, value] = firstMetric(spec, tested);
  // Plain text without colour, since scripts read it.
  print(`test ${metricText(name, value)}`);
}

/** The spec with the inputs alone that training takes: those that only functions read need no data. */
const trainingSpec = (spec: Spec): Spec => ({
  ...spec,
  inputs: evaluateInputs(spec).map((k) => spec.inputs[k]),
});

/** Refuses before any data are read. */
function checkTrainable(spec: Spec, { training }: Compilation, { batchSize }: TrainFlags): void {
  if (training.graphs.steps.length === 0) {
    fail("no-loss", `model "${spec.name}" has no loss, so there is nothing to train`, {
      hint: "return loss and optimizer from its build function",
    });
  }
  const named = training.graphs.steps.flatMap(({ name }) => name ?? []);
  if (named.length > 0) {
    fail("several-steps", `model "${spec.name}" has steps of its own: ${named.join(", ")}`, {
      hint: `train knows one loss; call net.steps[${JSON.stringify(named[0])}].trainStep from a script`,
    });
  }
  if (training.graphs.steps.every(({ update }) => update === null)) {
    fail("no-optimizer", `model "${spec.name}" has no optimizer, so its parameters cannot be trained`, {
      hint: "return one from its build function, such as adam({ learningRate: 1e-3 })",
    });
  }
  if (batchSize !== undefined && spec.batch !== null && batchSize > spec.batch) {
    fail(
      "batch-size",
      `a batch of ${batchSize} rows is more than the ${spec.batch} that "${spec.name}" was declared for`,
      { hint: `lower --batch-size, or declare batch(${batchSize}) in the model file` },
    );
  }
}

/** No file that is written may be one that was read, or another that is written. */
function checkDistinct(disk: Context["disk"], paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    const place = disk.absolute(path);
    if (seen.has(place)) {
      usage(
        `"${disk.shown(path)}" would be overwritten by what training writes`,
        "give --weights, --log and --out-dir places of their own",
        "same-file",
      );
    }
    seen.add(place);
  }
}

/** The examples keep their tables in one directory beside their own. */
const exampleData = (path: string, name: string): string => join(dirname(path), "..", "data", `${name}.csv`);

function describeData(
  { note, noteStyle }: Context,
  { report, rows, train, validation, test, by }: Prepared,
): void {
  if (report.duplicates > 0) note(`dropped ${plural(report.duplicates, "duplicate row")}`);
  if (report.missing > 0) note(`dropped ${plural(report.missing, "row")} with missing values`);
  for (const { line, reason } of report.broken.slice(0, 10)) note(`dropped line ${line}: ${reason}`);
  if (report.broken.length > 10) note(`dropped ${report.broken.length - 10} more broken rows`);
  for (const { name, rows: lost } of report.lostClasses) {
    const sentence = `all rows of class "${name}" were dropped (${plural(lost, "row")}), so the model cannot learn it`;
    note(`${noteStyle("yellow", "warning:")} ${sentence}`);
  }
  const parts = `${train.n} to train, ${validation?.n ?? 0} to validate, ${test.n} to test`;
  note(`${rows} rows: ${parts} (${by})`);
}

async function fitNet(
  { io, note, noteStyle }: Context,
  net: Net,
  spec: Spec,
  data: Prepared,
  flags: TrainFlags,
  log: (line: string) => void,
): Promise<History> {
  const size = batchSizeOf(flags, spec, data.train.n);
  const epochs = flags.epochs ?? 200;
  const history = await fit(net, {
    train: batches(data.train, { size, seed: flags.seed }),
    // A batch declared for training is also what evaluation can take at once.
    validation: data.validation && batches(data.validation, { size: spec.batch ?? "full" }),
    epochs,
    patience: flags.patience,
    signal: io.signal,
    log,
    callbacks: [
      {
        onEpochEnd: ({ epoch, columns }) =>
          note(`epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}  ${columnsText(columns)}`),
      },
    ],
  });
  const best = history.best ? `; ${bestText(history.best.epoch, refits(flags, data, history))}` : "";
  const ends = { finished: "finished", early: "stopped early, no more improvement", aborted: "interrupted" };
  note(noteStyle("dim", `${ends[history.stopped]} after ${plural(history.epochs.length, "epoch")}${best}`));
  return history;
}

const bestText = (epoch: number, again: boolean): string =>
  again ? `the best was epoch ${epoch}` : `the best epoch, ${epoch}, was restored`;

/** Whether the validation rows will train too. */
const refits = (flags: TrainFlags, { validation }: Prepared, { best, stopped }: History): boolean =>
  flags.refit && validation !== undefined && best !== undefined && stopped !== "aborted";

/** Validation has told how many epochs it takes; the rows it needed now train as well. */
async function refit(
  { io, note, noteStyle }: Context,
  net: Net,
  spec: Spec,
  data: Prepared,
  flags: TrainFlags,
  epochs: number,
): Promise<void> {
  const rows = data.validation ? joined(data.train, data.validation) : data.train;
  const size = batchSizeOf(flags, spec, rows.n);
  const train = batches(rows, { size, seed: flags.seed });
  const again = await fit(net, { train, epochs, signal: io.signal });
  const long =
    again.stopped === "aborted"
      ? `interrupted after ${plural(again.epochs.length, "epoch")} of ${epochs}`
      : `for as many epochs (${epochs})`;
  note(noteStyle("dim", `trained again on all ${rows.n} rows but the test's, ${long}`));
}

const batchSizeOf = (flags: TrainFlags, spec: Spec, rows: number): number =>
  Math.min(flags.batchSize ?? usualBatch, spec.batch ?? rows, rows);

const scalars = (metrics: Metrics): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(metrics).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );

function summary(
  model: string,
  flags: TrainFlags,
  data: Prepared,
  history: History,
  tested: Metrics,
  files: readonly { readonly path: string }[],
  sizes: object,
  shown: (path: string) => string,
): string {
  return JSON.stringify({
    model: shown(model),
    seed: flags.seed,
    rows: { train: data.train.n, validation: data.validation?.n ?? 0, test: data.test.n },
    split: data.by,
    epochs: history.epochs.length,
    stopped: history.stopped,
    best: history.best ?? null,
    test: scalars(tested),
    files: files.map(({ path }) => shown(path)),
    sizes,
  });
}
