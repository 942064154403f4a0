// What a training step costs beside its time: compiling, starting, collecting garbage, bytes.
import { ask, pin, unpinned } from "./child.mjs";
import { spawnSync } from "node:child_process";
import { briefFlags } from "../dist/src/cli/brief.js";
import { compiled, here, modelOf } from "./gradc.mjs";
import { reason } from "./reason.mjs";

/** Calls `see` with what `measure` returns, or with why it could not. */
async function told(see, about, measure) {
  try {
    see({ ...about, ...(await measure()) });
  } catch (error) {
    see({ ...about, failed: reason(error) });
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const spread = (values) => ({ ms: median(values), min: Math.min(...values), max: Math.max(...values) });

/** Models whose compilation is timed. */
const compileModels = {
  ...Object.fromEntries(["W1", "W2", "W3", "W4", "W5", "W6"].map((id) => [id, modelOf(id)])),
  digits: here("../examples/digits/digits.model.ts"),
};

/** Those that are compiled by a command of its own too, which takes longer than all else. */
const cold = ["W3", "W6", "digits"];

/**
 * Compile times of some models: { model, target, commandMs, firstMs, oneCoreMs, againMs }, and of some
 * { cold: { ms, min, max } } too. Those are measured `repeats` times and give medians, the others once. The first is the
 * compilation in a process like that of `gradc compile`; in one of a library's users the engine optimises beside the program,
 * so that one has all cores, and what it takes on one is told too.
 */
export async function compileTimes({ folder, names, ids = Object.keys(compileModels), engine, repeats = 3, see }) {
  for (const model of ids) {
    for (const target of names) {
      await told(see, { model, target }, async () => {
        const command = [here("compile-time.mjs"), compileModels[model], target];
        const turns = Array.from({ length: cold.includes(model) ? repeats : 1 });
        const [brief, all, one] = [[], [], []];
        for (const _ of turns) {
          brief.push(await ask([engine.path, ...briefFlags, ...command], unpinned));
          all.push(await ask([engine.path, ...command], unpinned));
          one.push(await ask([engine.path, ...command]));
        }
        const of = (answers, part) => median(answers.map((answer) => answer[part]));
        const times = {
          commandMs: of(brief, "firstMs"),
          firstMs: of(all, "firstMs"),
          oneCoreMs: of(one, "firstMs"),
          againMs: of(all, "againMs"),
        };
        if (!cold.includes(model)) return times;
        const path = compileModels[model];
        const commands = turns.map(() => compiled(folder, target, path, model, [], engine.path).ms);
        return { ...times, cold: spread(commands) };
      });
    }
  }
} // prettier-ignore

/** Sizes of the emitted modules: { workload, target, files: { ".js": { bytes, gzip }, … }, arenaBytes, … }. */
export async function sizes({ folder, shop, workloads, names, see }) {
  for (const workload of workloads) {
    for (const target of names) {
      await told(see, { workload, target }, () => {
        const { failed, files, sizes: found } = shop(target, workload);
        if (failed) throw new Error(failed);
        const beside = target === "js" ? {} : compiled(folder, target, modelOf(workload), workload, ["--wasm-file"]).files;
        const { arenaBytes, liveBoundBytes, stateBytes, flopsPerRow } = found;
        return { files, beside, arenaBytes, liveBoundBytes, stateBytes, flopsPerRow };
      });
    }
  }
} // prettier-ignore

/** Milliseconds of a whole process; it must end well. */
function wholeProcess(command) {
  const [program, ...args] = [...pin, ...command];
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  const ms = performance.now() - start;
  if (status !== 0) throw new Error(/"failed":"(.*)"/.exec(stdout)?.[1] ?? reason(stderr));
  return ms;
}

/**
 * Milliseconds from a process's start to its end after one W3 step, in turns: { competitor, ms, min, max } each. What
 * is nobody's own work is off: a process of the same engine that starts, draws the same parameters and batches, and
 * ends. The drawing alone takes longer than a small module's whole start.
 */
export async function coldStarts({ competitors, rounds, see }) {
  const times = new Map();
  const failures = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, takes, prepare } of competitors) {
      if (!takes("W3") || failures.has(name)) continue;
      try {
        const own = command("W3", { mode: "first" });
        // Each is held against such a process right before it.
        const ms = -wholeProcess([...prepare, "W3"]) + wholeProcess(own);
        times.set(name, [...(times.get(name) ?? []), ms]);
      } catch (error) {
        failures.set(name, reason(error));
      }
    }
  }
  for (const [competitor, failed] of failures) see({ competitor, failed });
  for (const [competitor, values] of times)
    if (!failures.has(competitor)) see({ competitor, ...spread(values) });
}

/** Collections of garbage over so many W3 steps; `steps` is a function of the competitor. */
export async function garbage({ competitors, steps, see }) {
  for (const competitor of competitors) {
    if (!competitor.takes("W3")) continue;
    await told(see, { competitor: competitor.name }, () =>
      ask(competitor.command("W3", { mode: "garbage", steps: steps(competitor) })),
    );
  }
}
