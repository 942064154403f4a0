import { Option, type Command } from "commander";
import type { Session } from "../io.ts";
import type { TrainFlags } from "../train/flags.ts";
import { checkTarget, fraction, jsonOption, positive, precisionOption, strictOption, targetOption, textList, wholeNumber } from "../options.ts"; // prettier-ignore
import { usage } from "../usage.ts";

const examples = `
A part of the rows is set aside for the test before anything is learned; a part of the rest validates each epoch.

Examples:
  $ gradc train digits.model.ts --data digits.csv
  $ gradc train iris.model.ts --data iris.csv --label species --epochs 300 --seed 7
  $ gradc train weather.model.ts --data weather.csv --split chronological   past before future
  $ gradc train digits.model.ts --data digits.csv --json                    for programs

Writes the module, the weights and all other state (safetensors), from which training can go on, and the log (one
JSON object an epoch) to the out directory.`;

export const declareTrain = (program: Command, session: Session): Command =>
  program
    .command("train")
    .summary("train a model on a table and test it")
    .description(
      "Compiles a model, trains it on a CSV file, tests it on rows it never saw, and saves the weights.",
    )
    .argument("<model>", "model file, e.g. digits.model.ts")
    .option("--data <file>", "CSV file with a header line")
    .option("--label <column>", "column to predict (default: the model's own, or one called like its input)")
    .option("--epochs <count>", "passes over the training rows at most (default: 200)", wholeNumber(1))
    .option("--seed <number>", "seed of weights, split and order", wholeNumber(0), 1)
    .option(
      "--batch-size <rows>",
      "rows a step (default: 16, or the model's batch where that is less)",
      wholeNumber(1),
    )
    .option("--learning-rate <rate>", "instead of the model's own", positive)
    .option("--validation <share>", "rows to watch each epoch by", fraction, 0.1)
    .option("--test <share>", "rows set aside for the test", fraction, 0.2)
    .addOption(
      new Option(
        "--split <way>",
        "how rows are set aside (default: stratified with classes, else random)",
      ).choices(["stratified", "chronological", "random"]),
    )
    .option("--patience <epochs>", "stop after so many epochs without improvement", wholeNumber(1), 40)
    .option(
      "--no-refit",
      "end with the best epoch's weights instead of training anew, for as many epochs, with the validation rows too",
    )
    .option("--missing <texts>", "texts that mean a missing value besides the empty one, e.g. NA,?", textList)
    .option("--drop-duplicates", "leave out rows that repeat an earlier one")
    .option("--drop-broken", "leave out rows that cannot be used, and list them")
    .addOption(
      targetOption("auto: wasm for all but small models, the same numbers on every host", [
        "auto",
        "js",
        "wasm",
      ]).default("auto"),
    )
    .addOption(strictOption())
    .addOption(precisionOption())
    .option("--out-dir <dir>", "where to write; {name} stands for the model file's base name", "out/{name}")
    .option("--weights <file>", "where the weights go (default: <out-dir>/<name>.safetensors)")
    .option("--log <file>", "where the log goes (default: <out-dir>/<name>.log.jsonl)")
    .addOption(jsonOption())
    .addOption(new Option("--demo", "show every step for a newcomer").hideHelp())
    .addHelpText("after", examples)
    .action(async (model: string, flags: TrainFlags) => {
      if (flags.data === undefined && !flags.demo) {
        usage("train needs data", `name a CSV file: gradc train ${model} --data table.csv`);
      }
      if (flags.test === 0) usage("--test 0 leaves nothing to test on", "leave it out for 0.2");
      if (flags.test + flags.validation >= 1) {
        usage("--test and --validation together leave no rows to train on", "lower one of them");
      }
      checkTarget(flags.target, flags);
      const { train } = await import("../train/train.ts");
      await train(session.context(), model, flags);
    });
