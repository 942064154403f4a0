// The results as the tables of RESULTS.md and the one of the README.
import { ceilingOf, goalsOf } from "./goals.mjs";
import { flopsOf, nameOf, trained } from "./gradc.mjs";
import { ratioOf, timesOf } from "./samples.mjs";
import { bytes, figure, table } from "./sections.mjs";

/** What was measured, by question. */
export function resultsOf(samples, competitors) {
  const race = samples.parts("race");
  const [sizes, compiles, colds, garbage] = ["sizes", "compile", "cold", "garbage"].map((part) =>
    samples.parts(part),
  );
  const times = (workload, name) => timesOf(race, workload, name);
  const us = (name, workload) => times(workload, name)?.us;
  const flops = (workload) =>
    flopsOf(workload, sizes.find((r) => r.workload === workload && r.flopsPerRow)?.flopsPerRow);
  const failure = (workload, name) =>
    race.find((r) => r.workload === workload && r.competitor === name && r.failed)?.failed;
  const losses = (name) =>
    Object.fromEntries(
      race.filter((r) => r.competitor === name && r.losses).map((r) => [r.workload, r.losses]),
    );
  return {
    race,
    sizes,
    compiles,
    colds,
    garbage,
    times,
    us,
    failure,
    losses,
    gflops: (name, workload) => {
      const [count, time] = [flops(workload), us(name, workload)];
      return count && time ? count / time / 1000 : undefined;
    },
    /** The least median among a library's competitors. */
    best: (library, workload) => {
      const found = competitors
        .filter((c) => c.library === library)
        .flatMap(({ name }) => us(name, workload) ?? []);
      return found.length > 0 ? Math.min(...found) : undefined;
    },
    /** How many times as long as the best of a library's competitors one takes, turn by turn. */
    against: (name, workload, library) => {
      const ratios = competitors
        .filter((c) => c.library === library)
        .flatMap((c) => ratioOf(race, workload, name, c.name) ?? []);
      return ratios.length > 0 ? Math.max(...ratios) : undefined;
    },
    compile: (model, target) => compiles.find((r) => r.model === model && r.target === target && !r.failed),
    cold: (name) => colds.find((r) => r.competitor === name)?.ms,
    size: (workload, target) => {
      const gzip = sizes.find((r) => r.workload === workload && r.target === target)?.files?.[".js"]?.gzip;
      return gzip === undefined ? undefined : gzip / 1000;
    },
    difference: (a, b) => {
      const [one, other] = [losses(a), losses(b)];
      const differences = Object.entries(one).flatMap(([workload, found]) =>
        Object.entries(found).flatMap(([step, loss]) => {
          const twin = other[workload]?.[step];
          return twin === undefined ? [] : [Math.abs(loss / twin - 1)];
        }),
      );
      return differences.length > 0 ? Math.max(...differences) : undefined;
    },
  };
}

const cell = (found, failed) => {
  if (!found) return failed ? "fails" : "–";
  return found.samples > 1
    ? `${figure(found.us)} (${figure(found.min)}–${figure(found.max)})`
    : `${figure(found.us)} (once)`;
};

const uniqueNames = (competitors) => [...new Set(competitors.map(({ name }) => name))];

function raceTable(results, competitors, columns) {
  const rows = uniqueNames(competitors).map((name) => [
    name,
    ...columns.map((workload) => cell(results.times(workload, name), results.failure(workload, name))),
  ]);
  return table(
    ["", ...columns],
    rows.filter((row) => row.slice(1).some((text) => text !== "–")),
  );
}

function failures(results) {
  const lines = new Map();
  for (const { competitor, workload, failed } of results.race) {
    // That an engine has no relaxed SIMD is no failure of a competitor.
    if (!failed || workload === "tile") continue;
    const key = `${competitor}: ${failed}`;
    lines.set(key, [...new Set([...(lines.get(key) ?? []), workload])]);
  }
  if (lines.size === 0) return "";
  return `What failed:\n\n${[...lines].map(([line, where]) => `- ${where.join(", ")}: ${line}`).join("\n")}`;
}

function goalTable(results, engines) {
  const rows = goalsOf(results, engines).map(({ goal, most, least, value }) => {
    const limit = most === undefined ? `≥ ${figure(least)}` : `≤ ${figure(most)}`;
    if (value === undefined) return [goal, limit, "not measured", "–"];
    const reached = most === undefined ? value >= least : value <= most;
    return [goal, limit, figure(value), reached ? "yes" : "no"];
  });
  return table(["goal", "limit", "measured", "reached"], rows);
}

function ceilingTable(results, names, engines) {
  const has = (tile) => results.us(tile, "tile") !== undefined;
  const columns = ["W3", "W4", "W5", "W6", "W8"];
  const rows = names.flatMap((target) =>
    engines.map((engine) => {
      const tile = ceilingOf(target, engine, has);
      const top = results.gflops(tile, "tile");
      const cells = columns.map((workload) => {
        const reached = results.gflops(nameOf(target, engine), workload);
        if (reached === undefined) return "–";
        return top === undefined
          ? figure(reached)
          : `${figure(reached)} (${Math.round((100 * reached) / top)} %)`;
      });
      return [nameOf(target, engine), top === undefined ? "–" : figure(top), ...cells];
    }),
  );
  const measured = rows.filter((row) => row.slice(2).some((text) => text !== "–"));
  return table(["GFLOP/s", "tile by hand", ...columns], measured);
}

function lossTable(results, competitors) {
  const columns = trained.filter((id) => results.race.some((r) => r.workload === id && r.losses));
  const rows = uniqueNames(competitors).map((name) => {
    const found = results.losses(name);
    return [
      name,
      ...columns.map((id) =>
        found[id] ? [1, 10, 50].map((step) => found[id][step] ?? "–").join(" / ") : "–",
      ),
    ];
  });
  return table(
    ["loss at steps 1 / 10 / 50", ...columns],
    rows.filter((row) => row.slice(1).some((text) => text !== "–")),
  );
}

function costTables(results) {
  const spread = (r) => `${figure(r.ms)} (${figure(r.min)}–${figure(r.max)})`;
  const pair = (file) => (file ? `${bytes(file.bytes)} / ${bytes(file.gzip)}` : "–");
  return [
    "Milliseconds to compile once compiler and model are loaded: in a process like that of `gradc compile`, which tells the engine to optimise nothing; the first time in any other, the same on one core, and again in the same process. And a cold `gradc compile` with Node's own start.",
    table(
      ["", "target", "as the command", "first", "on one core", "again", "cold command"],
      results.compiles.map((r) =>
        r.failed
          ? [r.model, r.target, r.failed, "–", "–", "–", "–"]
          : [
              r.model,
              r.target,
              ...[r.commandMs, r.firstMs, r.oneCoreMs, r.againMs].map(figure),
              r.cold ? spread(r.cold) : "–",
            ],
      ),
    ),
    "Milliseconds of a whole process up to its first W3 step, without what is nobody's own work, measured right before it: the engine's start, and drawing the parameters and batches that all share. So what counts is loading the library or module, making a network, setting its parameters and one step.",
    table(
      ["", "ms"],
      results.colds.map((r) => [r.competitor, r.failed ?? spread(r)]),
    ),
    "Garbage collections over 2,000 W3 steps (or as many as stand there, where 2,000 take too long).",
    table(
      ["", "steps", "minor", "other", "ms"],
      results.garbage.map((r) =>
        r.failed
          ? [r.competitor, r.failed, "–", "–", "–"]
          : [r.competitor, r.steps, r.minor, r.other, figure(r.gcMs)],
      ),
    ),
    "Emitted modules, bytes as they are / gzip: the JavaScript (with the WebAssembly in it where that is the target), and the bytes beside it with `--wasm-file`. The arena, and the least that what lives at one time needs.",
    table(
      ["", "target", "module", "plain .wasm", "relaxed .wasm", "arena", "lower bound"],
      results.sizes.map((r) =>
        r.failed
          ? [r.workload, r.target, r.failed, "–", "–", "–", "–"]
          : [
              r.workload,
              r.target,
              pair(r.files[".js"]),
              pair(r.beside?.[".wasm"]),
              pair(r.beside?.[".relaxed.wasm"]),
              bytes(r.arenaBytes),
              bytes(r.liveBoundBytes),
            ],
      ),
    ),
  ].join("\n\n");
}

function machineText(samples) {
  const runs = samples.parts("machine");
  const { cpu, cores, date, engines, python, packages, rounds } = runs.at(-1);
  const loads = samples.parts("load").map(({ load }) => load.toFixed(1));
  return [
    `${date}, ${cpu}, ${cores} cores, Linux; ${engines.map((version) => `Node ${version}`).join(" and ")}; ${python}; ${packages.join(", ")}.`,
    `Rounds: ${rounds}. The load average after each was ${loads.join(", ")}: 1 is this benchmark alone, and whatever is above that took part of the machine from everybody.`,
  ].join("\n\n");
}

/** The marked sections of RESULTS.md that the race and the costs fill. */
export function sectionsOf(samples, { competitors, names, engines }) {
  const results = resultsOf(samples, competitors);
  return {
    machine: machineText(samples),
    goals: goalTable(results, engines),
    training: `${raceTable(results, competitors, trained)}\n\n${failures(results)}`,
    inference: raceTable(results, competitors, ["W7-W3", "W7-W4", "W8"]),
    ceiling: ceilingTable(results, names, engines),
    losses: lossTable(results, competitors),
    costs: costTables(results),
  };
}

/** The table that the README shows: medians alone, of the builds and of what they are compared with. */
export function summaryOf(samples, { competitors, names, engines }) {
  const results = resultsOf(samples, competitors);
  const columns = [...trained, "W7-W3", "W8"];
  const recent = engines.at(-1);
  const row = (title, value) => [title, ...columns.map((workload) => figure(value(workload)))];
  const library = (title, name) => row(title, (workload) => results.best(name, workload));
  const { cpu, date } = samples.parts("machine").at(-1);
  const rows = [
    ...names.map((target) => row(`gradc, ${target}`, (workload) => results.us(nameOf(target, recent), workload))),
    library("PyTorch, its best form", "PyTorch"),
    library("jax-js, wasm", "jax-js"),
    library("TensorFlow.js, wasm", "TensorFlow.js wasm"),
    library("TensorFlow.js, cpu", "TensorFlow.js cpu"),
    library("onnxruntime-node", "ONNX Runtime"),
  ]; // prettier-ignore
  const head = ["µs", "W1 2-2-2", "W2 iris", "W3 MNIST MLP", "W4 CNN", "W5 LSTM", "W6 GPT", "W3, one row", "W8 512³"];
  return `One core of ${cpu}, Node ${recent.major}, ${date}, medians of turns taken side by side:\n\n${table(head, rows)}`;
} // prettier-ignore
