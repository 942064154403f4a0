import { Command, CommanderError } from "commander";
import { diskAt } from "../disk.ts";
import { contextOf, type Io, type Session } from "./io.ts";
import { declareProgram } from "./program.ts";
import { describeError } from "./report-error.ts";
import { isUsage, usageOf } from "./usage.ts";

/**
 * Runs one command line without the program's name, e.g. `["compile", "digits.model.ts"]`.
 * Resolves to the exit code: 0 success, 1 failure, 2 wrong usage. Never rejects.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const debug = argv.includes("--debug");
  let code = 0;
  const context = contextOf(io, diskAt(io.cwd), debug);
  const session: Session = { context: () => context, exit: (ended) => void (code = ended) };
  const program = declareProgram(session);
  for (const command of [program, ...program.commands]) contain(command, io);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    return report(error, commandOf(program, argv), io, debug);
  }
}

/** Keeps commander from printing errors or ending the process; help still goes to stdout. */
function contain(command: Command, io: Io): void {
  command
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : usageOf(error, command);
    })
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      outputError: () => undefined,
      getOutHelpWidth: () => io.width,
      getErrHelpWidth: () => io.width,
      getOutHasColors: () => io.outColor,
      getErrHasColors: () => io.errColor,
    });
}

/** What was to be run, whose help explains what went wrong: a command, or the program where it has none of that name. */
const commandOf = (program: Command, argv: readonly string[]): readonly Command[] => [
  program,
  ...program.commands.filter((command) => command.name() === argv[0]),
];

function report(error: unknown, path: readonly Command[], io: Io, debug: boolean): number {
  // Commander ends help and --version with an error whose code is success.
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  io.err(describeError(error, io, debug));
  if (!isUsage(error)) return 1;
  io.err(`See ${path.map((command) => command.name()).join(" ")} --help.\n`);
  return 2;
}
