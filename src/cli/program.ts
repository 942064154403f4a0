import { Command } from "commander";
import { declareBench } from "./commands/bench.ts";
import { declareCheck } from "./commands/check.ts";
import { declareCompile } from "./commands/compile.ts";
import { declareInspect } from "./commands/inspect.ts";
import { declareTrain } from "./commands/train.ts";
import type { Session } from "./io.ts";
import { withCommon } from "./options.ts";
import { version } from "../version.ts";

/** A command adds itself; what it needs to run is imported when it runs, so that help comes at once. */
const commands: readonly ((program: Command, session: Session) => Command)[] = [
  declareCompile,
  declareInspect,
  declareCheck,
  declareTrain,
  declareBench,
];

const examples = `
A model file declares a network and exports it:
  export default defineModel({ name, inputs, build })

Try:
  $ gradc compile digits.model.ts                    write digits.gen.js, a module that trains and predicts
  $ gradc inspect digits.model.ts --stage training   read the loss and every gradient as formulas
  $ gradc train digits.model.ts --data digits.csv    train it on a table, save the weights
  $ gradc check digits.model.ts                      compare its gradients with finite differences

gradc <command> --help explains a command.`;

/** The whole command line. */
export function declareProgram(session: Session): Command {
  const program = new Command("gradc")
    .description("The training compiler: a declared neural network becomes a small module that trains it.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain")
    .helpCommand("help [command]", "explain a command")
    .addHelpText("after", examples);
  for (const declare of commands) withCommon(declare(program, session)).helpOption("-h, --help", "explain");
  return program;
}
