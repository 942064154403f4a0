import type { Command } from "commander";
import type { Settings, SettingsFlags } from "../compile/settings.ts";
import type { Context, Session } from "../io.ts";
import { targetChoices } from "../../target.ts";
import { jsonOption, precisionOption, strictOption, targetOption } from "../options.ts";
import { sayTarget } from "../say-target.ts";
import { usage } from "../usage.ts";

interface Flags extends SettingsFlags {
  readonly check?: boolean;
  readonly watch?: boolean;
  readonly json?: boolean;
}

const examples = `
For the models that gradc.config.ts lists, settings not given come from gradc.config.ts; with --target or --out-dir,
stages are written only where --stages asks for them.

Examples:
  $ gradc compile digits.model.ts                       digits.gen.js and digits.gen.d.ts beside the model
  $ gradc compile digits.model.ts --target ts           one TypeScript file, digits.gen.ts
  $ gradc compile digits.model.ts --target wasm         WebAssembly inside digits.gen.js, for all but tiny models
  $ gradc compile digits.model.ts --target auto         WebAssembly or JavaScript, by the work of a step
  $ gradc compile models/*.model.ts --out-dir generated
  $ gradc compile digits.model.ts --stages              also 1-forward.txt … 6-loops.txt: every step, readable
  $ gradc compile --check                               for CI: are the modules of gradc.config.ts up to date?`;

export const declareCompile = (program: Command, session: Session): Command =>
  program
    .command("compile")
    .summary("write the module that trains and predicts")
    .description(
      "Compiles model files to self-contained modules. Without a name: the models of gradc.config.ts.",
    )
    .argument("[models...]", "model files or patterns, e.g. digits.model.ts")
    .addOption(
      targetOption(
        "js (with types beside it), ts, wasm (the same as js, with WebAssembly in it), or auto: wasm for all but small models",
        targetChoices,
      ),
    )
    .addOption(precisionOption())
    .addOption(strictOption())
    .option("--wasm-file", "wasm in files of its own, which create({ wasm }) takes compiled")
    .option(
      "--out-dir <dir>",
      "where to write; {name} stands for the model file's base name (default: beside the model)",
    )
    .option("--stages", "also write every stage as text beside the module")
    .option("--check", "write nothing; list what is out of date and exit with 1")
    .option("--watch", "compile again whenever a model or a file it imports changes")
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (models: string[], flags: Flags) => {
      if (flags.check && flags.watch) usage("--check and --watch exclude each other", "choose one");
      const context = session.context();
      if (!flags.watch) context.io.brief?.();
      const { loadConfig, modelPaths } = await import("../load-config.ts");
      const config = await loadConfig(context.disk);
      const { settingsFor } = await import("../compile/settings.ts");
      const settings = settingsFor(context.disk, flags, config);
      const paths = modelPaths(context.disk, models, config);
      const work = await import("../compile/emit.ts");
      if (flags.watch) {
        const { watchModels } = await import("../compile/watch.ts");
        return await watchModels(context, paths, () => compileOnce(context, work, paths, settings, flags));
      }
      session.exit(await compileOnce(context, work, paths, settings, flags));
    });

/** Compiles all models before the first file is written, so that a failure touches nothing. */
async function compileOnce(
  context: Context,
  { checkPlaces, emit, report, reportStale, staleOf, write }: typeof import("../compile/emit.ts"),
  paths: readonly string[],
  settings: (path: string) => Settings,
  { check = false, json = false }: Flags,
): Promise<number> {
  const emissions = [];
  for (const path of paths) {
    const emission = await emit(context.disk, path, settings(path));
    if (emission.settings.target === "auto") sayTarget(context, emission.compilation, emission.loaded.name);
    emissions.push(emission);
  }
  checkPlaces(context.disk, emissions);
  if (check) return reportStale(context, await staleOf(context.disk, emissions), emissions, json);
  report(context, emissions, write(context.disk, emissions), json);
  return 0;
}
