// The side of a competitor: a process that has one workload ready and runs it for as long as it is asked to.
// Lines are JSON. It says {"ready", losses, …} once; each {"ms"} that it reads it answers with {"us", "steps"}.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { reason } from "./reason.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    mode: { type: "string", default: "serve" },
    losses: { type: "string", default: "0" },
    warm: { type: "string", default: "300" },
  },
});
/** The workload and the options that belong to a peer itself. */
export const [workload] = positionals;
export const options = values;

export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
export function refuse(error) {
  say({ failed: reason(error) });
  process.exit(1);
}

const marks = [1, 10, 50];
/** Steps that warm up, unless they take more than so many milliseconds. */
const warmSteps = 15;
const mostWarm = 2500;

/** Losses at steps 1, 10 and 50, or at those that `budget` milliseconds reach. */
function lossesOf(step, budget) {
  const losses = {};
  const start = performance.now();
  for (let k = 0; k < marks.at(-1) && performance.now() - start < budget; k++) {
    const loss = step(k);
    if (marks.includes(k + 1)) losses[k + 1] = Number(loss.toPrecision(7));
  }
  return losses;
}

/** Serves a step: a function of its number that returns the loss. */
export async function serve(step) {
  if (values.mode === "first") {
    say({ loss: step(0) });
    process.exit(0);
  }
  if (values.mode === "garbage") {
    say(await garbageOf(step, Number(values.steps)));
    process.exit(0);
  }
  const losses = lossesOf(step, Number(values.losses));
  await turns(losses, (from, to) => {
    for (let k = from; k < to; k++) step(k);
  });
}

/** The same for a step that returns a promise of something else than a loss. */
export const serveAsync = (step) =>
  turns({}, async (from, to) => {
    for (let k = from; k < to; k++) await step(k);
  });

/** Warms up, then answers turns; `run` takes the steps from one number to another. */
async function turns(losses, run) {
  let taken = 0;
  let micros = 0;
  const time = async (steps) => {
    const start = performance.now();
    await run(taken, taken + steps);
    micros = ((performance.now() - start) * 1000) / steps;
    taken += steps;
  };
  // Engines compile what runs often, so a few steps are not enough, however long they take.
  const start = performance.now();
  const isWarm = () => {
    const spent = performance.now() - start;
    return spent >= Number(values.warm) && (taken >= warmSteps || spent >= mostWarm);
  };
  do await time(Math.max(1, Math.min(2 * taken, Math.round(50_000 / micros))));
  while (!isWarm());
  say({ ready: true, losses });
  for await (const line of createInterface({ input: process.stdin })) {
    const steps = Math.max(1, Math.round((JSON.parse(line).ms * 1000) / micros));
    await time(steps);
    say({ us: micros, steps });
  }
  process.exit(0);
}

/** How often the collector runs over so many steps, and for how long. */
async function garbageOf(step, steps) {
  const { PerformanceObserver, constants } = await import("node:perf_hooks");
  for (let k = 0; k < 100; k++) step(k);
  const counts = { minor: 0, other: 0, gcMs: 0 };
  const observer = new PerformanceObserver((list) => {
    for (const { detail, duration } of list.getEntries()) {
      counts[detail.kind === constants.NODE_PERFORMANCE_GC_MINOR ? "minor" : "other"]++;
      counts.gcMs += duration;
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  for (let k = 0; k < steps; k++) step(k);
  // Entries are handed out in a later turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  return { steps, ...counts };
}
