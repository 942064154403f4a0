// npm run bench:peers -- [W1 … W8] [--rounds N] [--target js,wasm,wasm-strict] [--node PATH]… [--resume] [--report]
// Installs the peers, runs everything side by side on one core, and writes RESULTS.md and the README's table; where
// workloads are named, it prints the tables instead. What was measured is kept in out/bench.jsonl as it comes: --resume
// takes up a run that ended early, --report only writes.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { coldStarts, compileTimes, garbage, sizes } from "./costs.mjs";
import { pythonWithTorch } from "./engines.mjs";
import { gradcCompetitor, here, trained, workshop } from "./gradc.mjs";
import { kernelsText, kernelTimes } from "./kernels.mjs";
import { readOptions, workloads } from "./options.mjs";
import { peersOf, tilesOf, versions } from "./peers/competitors.mjs";
import { reason } from "./reason.mjs";
import { sectionsOf, summaryOf } from "./report.mjs";
import { raceRound } from "./rounds.mjs";
import { Samples } from "./samples.mjs";
import { fillSections } from "./sections.mjs";
import { sweep, sweepText } from "./sweep.mjs";

const options = readOptions(
  {
    rounds: { type: "string", default: "3" },
    target: { type: "string", default: "js,wasm,wasm-strict" },
    resume: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
  },
  "npm run bench:peers -- --rounds 3 --node ../node-24/bin/node",
);
const { names, engines, ids } = options;
const whole = ids.length === workloads.length;
const trainedIds = ids.filter((id) => trained.includes(id));
const start = performance.now();
const note = (line) =>
  process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);

/** Installs what the lock file says, unless that was done since it changed. */
function install() {
  const installed = here("peers/node_modules/.package-lock.json");
  const time = (path) => statSync(path).mtimeMs;
  if (existsSync(installed) && time(installed) >= time(here("peers/package-lock.json"))) return;
  note("installing the peers");
  spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: here("peers"),
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** The ONNX models of W3 and W4 that PyTorch writes; nothing without it. */
function exported(python, folder) {
  if (!python) return undefined;
  try {
    const [program, ...args] = [...python.command, here("peers/pytorch.py"), `--export=${folder}`];
    execFileSync(program, args, { stdio: "ignore" });
    return folder;
  } catch (error) {
    note(`no ONNX models: ${reason(error)}`);
    return undefined;
  }
}

const folder = mkdtempSync(join(tmpdir(), "gradc-bench-"));
try {
  if (!options.report) install();
  const samples = new Samples(
    here("../out/bench.jsonl"),
    options.report ? "read" : options.resume ? "resume" : "new",
  );
  const python = pythonWithTorch();
  const shop = workshop(folder);
  // Where there is no relaxed SIMD, both builds for wasm run the same bytes: the strict one is told apart once.
  const enginesOf = (name) => (name === "wasm-strict" ? engines.slice(-1) : engines);
  const own = names.flatMap((name) => enginesOf(name).map((engine) => gradcCompetitor(shop, name, engine)));
  const peers = peersOf(engines.at(-1), python, options.report ? undefined : exported(python, folder));
  const competitors = [...own, ...peers];
  const write = async () => {
    const parts = { competitors, names, engines };
    const texts = {
      ...sectionsOf(samples, parts),
      sweep: sweepText(samples.parts("sweep")),
      kernels: kernelsText(samples.parts("kernels")),
    };
    if (!whole) return texts;
    await fillSections(here("RESULTS.md"), texts);
    await fillSections(here("../README.md"), { summary: summaryOf(samples, parts) });
    return texts;
  };
  if (!options.report) await measure(samples, python, { own, peers, shop, write });
  const texts = await write();
  if (whole) note("RESULTS.md is written");
  else for (const [name, text] of Object.entries(texts)) process.stdout.write(`\n## ${name}\n\n${text}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(samples, python, { own, peers, shop, write }) {
  samples.add("machine", {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0].model.trim(),
    cores: availableParallelism(),
    engines: engines.map(({ version }) => version),
    python: python
      ? `PyTorch ${python.torch}${python.cores ? ` with OpenBLAS told to use its ${python.cores} kernels, which are faster here than those that it picks itself` : ""}`
      : "PyTorch not available here",
    packages: versions,
    rounds: Number(options.rounds),
  });
  await samples.once("sizes", (see) => sizes({ shop, folder, workloads: ids.filter((id) => !id.startsWith("W7")), names, see })); // prettier-ignore
  const failed = () =>
    new Set(samples.parts("race").flatMap((r) => (r.failed ? [`${r.competitor} ${r.workload}`] : [])));
  for (let round = 1; round <= Number(options.rounds); round++) {
    await samples.once(`race ${round}`, async (see) => {
      const competitors = [...own, ...tilesOf(engines), ...peers];
      await raceRound({ round, competitors, workloads: ["tile", ...ids], failed: failed(), see, note });
      samples.add("load", { load: loadavg()[0] });
    });
    await write();
  }
  note("compile times");
  const plain = names.filter((name) => name !== "wasm-strict");
  const engine = engines.at(-1);
  await samples.once("compile", (see) =>
    compileTimes({ folder, names: plain, ids: [...trainedIds, "digits"], engine, repeats: 3, see }),
  );
  if (ids.includes("W3")) await measureW3(samples, { own, peers, engine });
  await write();
  if (whole) await samples.once("sweep", (see) => sweep({ names: plain, engine, see, note }));
  note("kernels");
  await samples.once("kernels", (see) => kernelTimes({ names: plain, workloads: trainedIds, engine, see }));
}

/** Cold starts and garbage, which are those of one workload. */
async function measureW3(samples, { own, peers, engine }) {
  note("cold starts");
  await samples.once("cold", (see) => coldStarts({ competitors: [...own, ...peers.filter(inCosts)], rounds: 4, see })); // prettier-ignore
  note("garbage");
  const recent = own.filter((one) => one.engine === engine);
  const inJs = peers.filter((peer) => inCosts(peer) && peer.library !== "PyTorch");
  const steps = ({ library }) => (library === "TensorFlow.js wasm" ? 400 : 2000);
  await samples.once("garbage", (see) => garbage({ competitors: [...recent, ...inJs], steps, see }));
}

/** One of each library, and not the slowest. */
function inCosts({ name, rare }) {
  return !rare && !/foreach|traced|worked/.test(name);
}
