import { Option, type Command } from "commander";
import type { Target } from "../../compile.ts";
import { suggest } from "../../base/suggest.ts";
import type { Session } from "../io.ts";
import { checkTarget, precisionOption, strictOption, targetOption } from "../options.ts";
import { usage } from "../usage.ts";

interface Flags {
  readonly stage: string;
  readonly format: "text" | "json" | "dot";
  readonly why?: boolean;
  readonly precision?: "f32" | "f64";
  readonly target: Target;
  readonly strict?: boolean;
  readonly debug?: boolean;
}

const examples = `
Stages, in order:
  forward     the model's ops as declared
  training    with the loss, every gradient and the optimizer, as formulas
  optimized   after the rewrite rules
  kernels     ops that share their loops
  memory      where everything lies in the arena, beside the lower bound
  loops       the loops over that arena
  code        the module itself; for wasm, its kernels in WebAssembly's text format

Examples:
  $ gradc inspect digits.model.ts --stage training
  $ gradc inspect digits.model.ts --stage optimized --why
  $ gradc inspect digits.model.ts --stage forward --format dot | dot -Tsvg > digits.svg`;

export const declareInspect = (program: Command, session: Session): Command =>
  program
    .command("inspect")
    .summary("show any stage between model and code")
    .description("Compiles a model and shows one stage on the way. Nothing is written.")
    .argument("<model>", "model file, e.g. digits.model.ts")
    .option("--stage <name>", "which stage, see below", "training")
    .addOption(new Option("--format <f>", "how it is shown").choices(["text", "json", "dot"]).default("text"))
    .option("--why", "for each op, what the compiler did with it")
    .addOption(precisionOption())
    .addOption(targetOption("whose kernels, loops and code").default("js"))
    .addOption(strictOption())
    .addHelpText("after", examples)
    .action(async (model: string, flags: Flags) => {
      const { disk, io } = session.context();
      io.brief?.();
      const { stages } = await import("../../stages.ts");
      const { render, whyText } = await import("../../inspect.ts");
      const stage = stages.find((name) => name === flags.stage);
      if (stage === undefined) {
        return usage(`there is no stage "${flags.stage}"`, suggest(flags.stage, stages));
      }
      const { loadModel, compileModel } = await import("../load-model.ts");
      const loaded = await loadModel(disk, model);
      const { precision, target, strict, debug } = flags;
      checkTarget(target, flags);
      const compilation = await compileModel(disk, loaded, { precision, target, strict, debug });
      const text = flags.why ? whyText(compilation) : render(compilation, stage, flags.format);
      io.out(text.endsWith("\n") ? text : `${text}\n`);
    });
