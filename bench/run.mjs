// npm run bench -- [W1 … W4] [--target js] [--json]: microseconds a training step and sizes of the workloads.
// Each is compiled by the built command line and runs in a process of its own, on one core where that can be said.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const all = ["W1", "W2", "W3", "W4", "W5", "W6"];
const targets = ["js"];

function usage(sentence) {
  process.stderr.write(`error[usage]: ${sentence}\n  hint: npm run bench -- W1 W2 W3 --target js --json\n`);
  process.exit(2);
}

function readArguments() {
  const options = { target: { type: "string", default: "js" }, json: { type: "boolean", default: false } };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const unknown = positionals.find((id) => !all.includes(id));
    if (unknown !== undefined) usage(`there is no workload "${unknown}"; known: ${all.join(", ")}`);
    if (!targets.includes(values.target))
      usage(`there is no target "${values.target}"; known: ${targets.join(", ")}`);
    return { ...values, ids: positionals.length > 0 ? positionals : all };
  } catch (error) {
    return usage(error.message);
  }
}

/** The command that keeps a process on one core: the last that this one may use. */
function pinning() {
  try {
    const affinity = execFileSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
    return ["taskset", "-c", /(\d+)\s*$/.exec(affinity)[1]];
  } catch {
    return [];
  }
}

function run(id, target, folder, pin) {
  const options = ["--target", target, "--out-dir", folder, "--json"];
  const compile = [path("../dist/src/cli/main.js"), "compile", path(`workloads/${id}.model.ts`), ...options];
  const { sizes } = JSON.parse(execFileSync(process.execPath, compile, { encoding: "utf8" }));
  const [command, ...args] = [
    ...pin,
    process.execPath,
    path("measure.mjs"),
    id,
    join(folder, `${id}.gen.js`),
  ];
  const measured = JSON.parse(execFileSync(command, args, { encoding: "utf8" }));
  const { code: bytes, gzip, arenaBytes, liveBoundBytes, stateBytes } = sizes;
  return { workload: id, target, ...measured, bytes, gzip, arenaBytes, liveBoundBytes, stateBytes };
}

const columns = ["workload", "us", "min", "max", "loss1", "loss10", "loss50", "bytes", "gzip", "arenaBytes"];
const row = (cells) => cells.map((cell) => String(cell).padStart(12)).join("");

const { ids, target, json } = readArguments();
const folder = mkdtempSync(join(tmpdir(), "gradc-bench-"));
try {
  if (!json) {
    process.stdout.write(
      `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}\n`,
    );
    process.stdout.write(`${row(columns)}\n`);
  }
  const pin = pinning();
  for (const id of ids) {
    const result = run(id, target, folder, pin);
    process.stdout.write(`${json ? JSON.stringify(result) : row(columns.map((name) => result[name]))}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
