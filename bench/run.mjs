// npm run bench -- [W1 … W8] [--target js,wasm] [--strict] [--node PATH] [--rounds N] [--costs] [--json]
// Microseconds a step, losses and sizes of gradc's own builds; each runs in a process of its own, on one core where
// that can be said, and they take turns. The tiles above them are products by hand: what the engine could do just then.
// Where no workload is named, and with --costs, compile times, cold starts and garbage collections follow.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { coldStarts, compileTimes, garbage } from "./costs.mjs";
import { ceilingOf } from "./goals.mjs";
import { flopsOf, gradcCompetitor, nameOf, workshop } from "./gradc.mjs";
import { readOptions, workloads } from "./options.mjs";
import { tilesOf } from "./peers/competitors.mjs";
import { raceRound } from "./rounds.mjs";
import { timesOf } from "./samples.mjs";
import { bytes, figure } from "./sections.mjs";

const options = readOptions(
  {
    rounds: { type: "string", default: "3" },
    costs: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
  "npm run bench -- W1 W2 W3 --target js,wasm --json",
);
const { names, engines, ids, json } = options;
const print = (line) => process.stdout.write(`${line}\n`);
const show = (record, cells) => print(json ? JSON.stringify(record) : cells.map((cell) => String(cell ?? "–").padStart(13)).join("")); // prettier-ignore

/** GFLOP/s of the tiles by hand, in the same minutes. */
const reached = new Map();
const folder = mkdtempSync(join(tmpdir(), "gradc-bench-"));
try {
  const shop = workshop(folder);
  const competitors = names.flatMap((name) => engines.map((engine) => gradcCompetitor(shop, name, engine)));
  const heading = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${engines.map(({ version }) => `Node ${version}`).join(", ")}`;
  if (!json) {
    print(heading);
    const columns = ["workload", "target", "node", "us", "min", "max", "gflops", "loss1", "loss10", "loss50", "bytes", "gzip", "arena", "bound"]; // prettier-ignore
    show({}, columns);
  }
  const tiles = tilesOf(engines);
  for (const workload of ["tile", ...ids]) {
    const race = [];
    for (let round = 1; round <= Number(options.rounds); round++) {
      const failed = new Set(race.filter((r) => r.failed).map((r) => `${r.competitor} ${r.workload}`));
      await raceRound({
        round,
        competitors: [...competitors, ...tiles],
        workloads: [workload],
        failed,
        see: (record) => race.push(record),
        note: () => undefined,
      });
    }
    if (workload === "tile") tellTiles(race, tiles);
    else for (const target of names) for (const engine of engines) tell(race, shop, workload, target, engine);
  }
  if (options.costs || ids.length === workloads.length) await tellCosts(competitors);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What the engines can do here: products by hand, of which those in WebAssembly need what the peers install. */
function tellTiles(race, tiles) {
  for (const { name } of tiles) {
    const times = timesOf(race, "tile", name);
    if (!times) continue;
    const gflops = flopsOf("tile") / times.us / 1000;
    reached.set(name, gflops);
    if (!json) show({}, [name.padStart(39), ...[times.us, times.min, times.max, gflops].map(figure)]);
  }
}

function tell(race, shop, workload, target, engine) {
  const competitor = nameOf(target, engine);
  const own = race.filter((record) => record.competitor === competitor);
  const failed = own.find((record) => record.failed)?.failed;
  const about = { workload, target, node: engine.version };
  if (failed) return show({ ...about, failed }, [workload, target, engine.version, `  ${failed}`]);
  const times = timesOf(race, workload, competitor);
  const losses = own.find((record) => record.losses)?.losses ?? {};
  const { files, sizes } = shop(target, workload);
  const { arenaBytes, liveBoundBytes, stateBytes } = sizes;
  const { bytes: size, gzip } = files[".js"];
  const flops = flopsOf(workload, sizes.flopsPerRow);
  const gflops = flops && flops / times.us / 1000;
  const [loss1, loss10, loss50] = [1, 10, 50].map((step) => losses[step]);
  const tileGflops = reached.get(ceilingOf(target, engine, (name) => reached.has(name))) ?? null;
  const record = { ...about, ...times, gflops, tileGflops, loss1, loss10, loss50, bytes: size, gzip, arenaBytes, liveBoundBytes, stateBytes }; // prettier-ignore
  return show(record, [workload, target, engine.version, ...[times.us, times.min, times.max, gflops].map(figure), loss1, loss10, loss50, ...[size, gzip, arenaBytes, liveBoundBytes].map(bytes)]); // prettier-ignore
}

async function tellCosts(competitors) {
  const list = (kind) => (record) => {
    if (json) print(JSON.stringify({ cost: kind, ...record }));
    else print(`${kind.padEnd(8)} ${Object.values(record).map((value) => (typeof value === "number" ? figure(value) : typeof value === "object" ? JSON.stringify(value) : value)).join("  ")}`); // prettier-ignore
  };
  if (!json) print("\ncompile: first and further compilations in process, a cold `gradc compile`, ms");
  await compileTimes({ folder, names, engine: engines.at(-1), see: list("compile") });
  if (!json)
    print("\nstart: a process up to its first W3 step without the engine's own start and the data, ms");
  await coldStarts({ competitors, rounds: 5, see: list("start") });
  if (!json) print("\ngarbage: collections over 2,000 W3 steps");
  await garbage({ competitors, steps: () => 2000, see: list("garbage") });
}
