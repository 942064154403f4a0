#!/usr/bin/env node
import process from "node:process";
import v8 from "node:v8";
import { GradcError } from "../base/errors.ts";
import { briefFlags } from "./brief.ts";
import type { Io } from "./io.ts";
import { describeError } from "./report-error.ts";
import { run } from "./run.ts";

let done = false;

// A reader that closes early, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") {
    done = true;
    process.exit(0);
  }
  throw error;
});

let stop: AbortController | undefined;

/** Made when a command asks for it: all other commands end at once, as the system does it. */
function stopSignal(): AbortSignal {
  if (!stop) {
    const controller = new AbortController();
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
    stop = controller;
  }
  return stop.signal;
}

const io: Io = {
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outColor: process.stdout.isTTY && process.stdout.hasColors(),
  errColor: process.stderr.isTTY && process.stderr.hasColors(),
  width: process.stdout.columns ?? 100,
  get signal() {
    return stopSignal();
  },
  brief: () => {
    for (const flag of briefFlags) v8.setFlagsFromString(flag);
  },
};

// A model file that ends the process, or waits for ever at its top level, must not look like success.
process.on("exit", () => {
  if (done) return;
  const ended = new GradcError(
    "model-exits",
    "the process ended while a model or configuration file was being loaded",
    { hint: "a model file only declares; remove process.exit and whatever it waits for" },
  );
  io.err(describeError(ended, io, false));
  process.exitCode = 1;
});

const code = await run(process.argv.slice(2), io);
done = true;
process.exitCode = code;
