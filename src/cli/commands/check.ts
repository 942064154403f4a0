import type { Command } from "commander";
import type { Context, Session } from "../io.ts";
import { jsonOption, targetOption, wholeNumber } from "../options.ts";
import { tableText } from "../text.ts";

type Generated = import("../train/module.ts").Generated;
interface Flags {
  readonly target: "js" | "wasm";
  readonly rows?: number;
  readonly elements: number;
  readonly seed: number;
  readonly json?: boolean;
  readonly debug?: boolean;
}

const examples = `
The model is built in float64. For each parameter and each float input, elements are moved a little to both
sides, and the change of the loss is compared with the gradient that the module computes.
The module is also compared with a plain evaluation of the graph, which shares no code with it. Losses and gradients
of the modules in float32, for js and wasm, are compared with those in float64, and the two with each other.

Examples:
  $ gradc check digits.model.ts
  $ gradc check digits.model.ts --elements 1000 --seed 3`;

export const declareCheck = (program: Command, session: Session): Command =>
  program
    .command("check")
    .summary("prove the gradients of the module")
    .description(
      "Compares the gradients of the emitted module with finite differences, the module with the graph, float32 with float64, and wasm with js.",
    )
    .argument("<model>", "model file, e.g. digits.model.ts")
    .addOption(targetOption("js leaves wasm out", ["js", "wasm"]).default("wasm"))
    .option(
      "--rows <n>",
      "rows of the batch that is checked, at most the model's (default: 5, or those where they are fewer)",
      wholeNumber(1),
    )
    .option("--elements <count>", "elements checked of each tensor, at most", wholeNumber(1), 64)
    .option("--seed <number>", "seed of weights, inputs and the choice of elements", wholeNumber(0), 1)
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (model: string, flags: Flags) =>
      session.exit(await check(session.context(), model, flags)),
    );

/** So many rows show what goes wrong between them, and take little time. */
const usualRows = 5;

async function check({ disk, print, note, style }: Context, path: string, flags: Flags): Promise<number> {
  const { loadModel, compileModel } = await import("../load-model.ts");
  const { loadGenerated } = await import("../load-generated.ts");
  const { checkModule, changesGradients } = await import("../check/check.ts");
  const { compareTargets } = await import("../check/targets.ts");
  const { comparePrecisions } = await import("../check/precision.ts");
  const { checkRows } = await import("../sample-inputs.ts");
  const { sampleCompilations } = await import("../check/op-samples.ts");
  const loaded = await loadModel(disk, path);
  const compilation = await compileModel(disk, loaded, { precision: "f64", debug: flags.debug });
  const generated = await loadGenerated<Generated>(compilation);
  if (flags.rows !== undefined) checkRows(generated.spec, flags.rows);
  const options = { ...flags, rows: flags.rows ?? usualRows };
  const findings = [...checkModule(generated, compilation, options)];
  for (const { name, compilation: sample } of sampleCompilations(compilation)) {
    const own = await loadGenerated<Generated>(sample);
    findings.push(
      ...checkModule(own, sample, options).map((one) => ({ ...one, name: `${one.name} (${name})` })),
    );
  }
  const narrow = async (target: "js" | "wasm"): Promise<Generated> => {
    const module = await loadGenerated<Generated>(
      await compileModel(disk, loaded, { target, debug: flags.debug }),
    );
    findings.push(...comparePrecisions(compilation, generated, target, module, options));
    return module;
  };
  const js = await narrow("js");
  if (flags.target === "wasm")
    findings.push(...compareTargets(compilation, [js, await narrow("wasm")], options));
  const changing = changesGradients(compilation);
  if (changing) note(`the model uses ${changing}, so differences are left out`);
  const failed = findings.filter(({ error, limit }) => !(error <= limit));
  if (flags.json) {
    print(JSON.stringify({ model: disk.shown(path), ok: failed.length === 0, findings }));
    return failed.length === 0 ? 0 : 1;
  }
  const rows = findings.map(({ kind, name, elements, error, limit }) => [
    kind,
    name,
    String(elements),
    error.toExponential(1),
    limit.toExponential(0),
    error <= limit ? "ok" : "WRONG",
  ]);
  const align = ["left", "left", "right", "right", "right", "left"] as const;
  print(tableText([["compared", "tensor", "elements", "largest error", "limit", ""], ...rows], align));
  const [worst] = failed.toSorted((a, b) => b.error / b.limit - a.error / a.limit);
  const verdict = worst
    ? style("red", `${failed.length} of ${findings.length} disagree`) +
      `, most of all ${worst.name} (${worst.kind})`
    : style("green", "all agree");
  print(`${loaded.name}: ${verdict}`);
  return failed.length === 0 ? 0 : 1;
}
