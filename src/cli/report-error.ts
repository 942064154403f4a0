import { GradcError } from "../base/errors.ts";
import { styleFor, type Io } from "./io.ts";
import { safeText } from "./text.ts";

/** An error as the reader sees it: `error[code]: sentence`, the place, a hint; the stack only to debug. */
export function describeError(error: unknown, io: Pick<Io, "errColor">, debug: boolean): string {
  const known = error instanceof GradcError;
  const code = known ? error.code : "internal";
  const message = known ? error.message : internalMessage(error, debug);
  const stack = debug && error instanceof Error && error.stack ? `${safeText(error.stack)}\n` : "";
  return `${styleFor(io.errColor)("red", `error[${code}]:`)} ${safeText(message)}\n${stack}`;
}

function internalMessage(error: unknown, debug: boolean): string {
  const sentence = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const next = debug
    ? "report it with the stack below and the model file"
    : "run the same command with --debug to see where, and report it with the model file";
  return `gradc itself failed: ${sentence}\n  hint: this is a fault of gradc, not of your model; ${next}`;
}
