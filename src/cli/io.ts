import { styleText } from "node:util";
import type { Disk } from "../disk.ts";

/** Everything a command knows of the world around it, so that tests run commands in process. */
export interface Io {
  readonly cwd: string;
  /** Results. */
  readonly out: (text: string) => void;
  /** Progress and errors. */
  readonly err: (text: string) => void;
  /** Whether each stream shows colours; `NO_COLOR` has been asked already. */
  readonly outColor: boolean;
  readonly errColor: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Ends watching and training early. */
  readonly signal: AbortSignal;
  /** Called by a command that ends within seconds, where the process is its own. */
  readonly brief?: () => void;
}

export type Style = (format: Parameters<typeof styleText>[0], text: string) => string;
export const styleFor =
  (color: boolean): Style =>
  (format, text) =>
    color ? styleText(format, text, { validateStream: false }) : text;

/** What a command works with: the streams line by line, the disk at the working directory, and styles. */
export interface Context {
  readonly io: Io;
  readonly disk: Disk;
  /** One line of results. */
  readonly print: (line: string) => void;
  /** One line of progress. */
  readonly note: (line: string) => void;
  readonly style: Style;
  readonly noteStyle: Style;
  readonly debug: boolean;
}

export function contextOf(io: Io, disk: Disk, debug: boolean): Context {
  return {
    io,
    disk,
    print: (line) => io.out(`${line}\n`),
    note: (line) => io.err(`${line}\n`),
    style: styleFor(io.outColor),
    noteStyle: styleFor(io.errColor),
    debug,
  };
}

/** A command's declaration: adds itself to the program and says how it ended through `exit`. */
export interface Session {
  readonly context: () => Context;
  readonly exit: (code: number) => void;
}
