import type { Command } from "commander";
import type { KernelTime } from "../bench/kernels.ts";
import type { Time } from "../bench/measure.ts";
import type { Context, Session } from "../io.ts";
import {
  checkTarget,
  jsonOption,
  precisionOption,
  strictOption,
  targetOption,
  wholeNumber,
} from "../options.ts";
import { countText, tableText, timeText, bytesText } from "../text.ts";

interface Flags {
  readonly target: "js" | "wasm";
  readonly strict?: boolean;
  readonly precision?: "f32" | "f64";
  readonly samples: number;
  readonly rows?: number;
  readonly kernels?: boolean;
  readonly json?: boolean;
  readonly debug?: boolean;
}

const examples = `
Inputs are random. Times are for one call with a full batch, on this machine, in this process.
Of kernels, a multiply-add counts as two operations and any other as one; bytes are those of all elements read
or written, each once.

Examples:
  $ gradc bench digits.model.ts
  $ gradc bench digits.model.ts --target wasm
  $ gradc bench digits.model.ts --rows 1 --json
  $ gradc bench digits.model.ts --kernels`;

export const declareBench = (program: Command, session: Session): Command =>
  program
    .command("bench")
    .summary("time each function of the module")
    .description("Compiles a model and times each function of its module on random inputs.")
    .argument("<model>", "model file, e.g. digits.model.ts")
    .addOption(targetOption("whose module", ["js", "wasm"]).default("js"))
    .addOption(strictOption())
    .addOption(precisionOption())
    .option("--samples <count>", "measurements of each function", wholeNumber(1), 31)
    .option("--rows <n>", "rows of a call (default: the model's batch)", wholeNumber(1))
    .option("--kernels", "time each kernel too, with operations and bytes a second")
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (model: string, flags: Flags) => await bench(session.context(), model, flags));

async function bench(context: Context, path: string, flags: Flags): Promise<void> {
  const { loadModel, compileModel } = await import("../load-model.ts");
  const { loadGenerated } = await import("../load-generated.ts");
  const { sizesOf } = await import("../sizes.ts");
  const { target, strict, precision, debug } = flags;
  checkTarget(target, flags);
  const loaded = await loadModel(context.disk, path);
  const compilation = await compileModel(context.disk, loaded, { target, strict, precision, debug });
  const generated = await loadGenerated<import("../train/module.ts").Generated>(compilation);
  const sizes = sizesOf(compilation);
  const { measureAll } = await import("../bench/measure.ts");
  const times = measureAll(generated, compilation, flags);
  if (flags.kernels) {
    const { measureKernels } = await import("../bench/kernels.ts");
    const kernels = await measureKernels(generated, compilation, flags);
    if (flags.json) context.print(JSON.stringify({ model: context.disk.shown(path), kernels, times, sizes }));
    else context.print(await kernelsText(kernels, times));
    return;
  }
  if (flags.json) {
    context.print(JSON.stringify({ model: context.disk.shown(path), times, sizes }));
    return;
  }
  const rows = times.map(({ name, median, min, max, rows: n }) => [
    name,
    ...[median, min, max].map(timeText),
    `${countText((n / median) * 1000)}rows/s`,
  ]);
  context.print(
    tableText(
      [["function", "median", "min", "max", "speed"], ...rows],
      ["left", "right", "right", "right", "right"],
    ),
  );
  context.print(
    `${loaded.name}: arena ${bytesText(sizes.arenaBytes)} (bound ${bytesText(sizes.liveBoundBytes)}), state ${bytesText(sizes.stateBytes)}`,
  );
}

/**
 * Kernels in running order, each with what it reaches: 3.1 k operations in 1 µs are 3.1 GFLOP/s. Then what they come
 * to, beside the calls that run them.
 */
async function kernelsText(kernels: readonly KernelTime[], calls: readonly Time[]): Promise<string> {
  const { sumOf } = await import("../bench/kernels.ts");
  const head = ["in", "kernel", "runs", "median", "share", "flop", "GFLOP/s", "GB/s", "computes"];
  const rows = kernels.map(({ phase, kernel, doc, runs, median, share, flops, bytes }) => [
    phase,
    kernel,
    String(runs),
    timeText(median),
    `${(100 * share).toFixed(1)} %`,
    countText(flops),
    (flops / median / 1e6).toFixed(2),
    (bytes / median / 1e6).toFixed(2),
    doc.length > 60 ? `${doc.slice(0, 59)}…` : doc,
  ]);
  const align = head.map((_, k) => (k > 1 && k < 8 ? "right" : "left"));
  const sums = [...new Set(kernels.map(({ entry }) => entry))].map((entry) => {
    const whole = calls.find(({ name }) => name === entry);
    return `${entry}: kernels ${timeText(sumOf(kernels, entry))}${whole ? `, the whole call ${timeText(whole.median)}` : ""}`;
  });
  return [tableText([head, ...rows], align), ...sums].join("\n");
}
