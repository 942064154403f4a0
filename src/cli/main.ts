#!/usr/bin/env node
import process from "node:process";
import { run } from "./run.ts";

// A reader that closes early, such as `head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
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

process.exitCode = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  outColor: process.stdout.isTTY && process.stdout.hasColors(),
  errColor: process.stderr.isTTY && process.stderr.hasColors(),
  width: process.stdout.columns ?? 100,
  get signal() {
    return stopSignal();
  },
});
