import type { Command, CommanderError } from "commander";
import { GradcError, type Code } from "../base/errors.ts";
import { suggest } from "../base/suggest.ts";

/** A command line that cannot be carried out as typed: exit code 2. */
class UsageError extends GradcError {}

export const isUsage = (error: unknown): boolean => error instanceof UsageError;

/** Stops with exit code 2. */
export function usage(sentence: string, hint?: string, code: Code = "usage"): never {
  throw new UsageError(code, sentence, { hint });
}

/** Turns commander's complaint into gradc's form: a code, a sentence, and what was meant. */
export function usageOf(error: CommanderError, command: Command): GradcError {
  const sentence = error.message
    .replace(/^error: /, "")
    .replace(/'([^']*)'/g, '"$1"')
    .replace(/\.$/, "");
  const quoted = /"([^"]*)"/.exec(sentence)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption":
      return new UsageError("option", `${command.name()} has no option "${quoted}"`, {
        hint: suggest(quoted, optionNames(command)),
      });
    case "commander.unknownCommand":
      return new UsageError("unknown-command", `there is no command "${quoted}"`, {
        hint: suggest(quoted, commandNames(command)),
      });
    case "commander.help":
      return new UsageError("usage", "no command given", {
        hint: `commands: ${commandNames(command).join(", ")}`,
      });
    default: {
      const hint = meantChoice(sentence) ?? `${command.name()} ${command.usage()}`;
      return new UsageError("usage", sentence, { hint });
    }
  }
}

/** Which of the choices that a sentence of commander's ends with is near to what was typed. */
function meantChoice(sentence: string): string | undefined {
  const [, typed, choices] = / argument "(.*)" is invalid\. Allowed choices are (.*)$/.exec(sentence) ?? [];
  const hint = choices && suggest(typed, choices.split(", "));
  return hint?.startsWith("did you mean") ? hint : undefined;
}

const optionNames = (command: Command): string[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => (long ? [long] : []));
const commandNames = (command: Command): string[] => command.commands.map((sub) => sub.name());
