import type { Command } from "commander";
import type { Context, Session } from "../io.ts";
import { jsonOption, precisionOption, wholeNumber } from "../options.ts";
import { countText, tableText, timeText, bytesText } from "../text.ts";

interface Flags {
  readonly precision?: "f32" | "f64";
  readonly samples: number;
  readonly rows?: number;
  readonly json?: boolean;
  readonly debug?: boolean;
}

const examples = `
Inputs are random. Times are for one call with a full batch, on this machine, in this process.

Examples:
  $ gradc bench digits.model.ts
  $ gradc bench digits.model.ts --rows 1 --json`;

export const declareBench = (program: Command, session: Session): Command =>
  program
    .command("bench")
    .summary("time each function of the module")
    .description("Compiles a model and times each function of its module on random inputs.")
    .argument("<model>", "model file, e.g. digits.model.ts")
    .addOption(precisionOption())
    .option("--samples <count>", "measurements of each function", wholeNumber(1), 31)
    .option("--rows <n>", "rows of a call (default: the model's batch)", wholeNumber(1))
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (model: string, flags: Flags) => await bench(session.context(), model, flags));

async function bench(context: Context, path: string, flags: Flags): Promise<void> {
  const { loadModel, compileModel } = await import("../load-model.ts");
  const { loadGenerated } = await import("../load-generated.ts");
  const { sizesOf } = await import("../sizes.ts");
  const { measureAll } = await import("../bench/measure.ts");
  const loaded = await loadModel(context.disk, path);
  const compilation = await compileModel(context.disk, loaded, {
    precision: flags.precision,
    debug: flags.debug,
  });
  const generated = await loadGenerated<import("../train/module.ts").Generated>(compilation);
  const sizes = sizesOf(compilation);
  const times = measureAll(generated, compilation, flags);
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
