import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const load = async <Module>(name: string): Promise<Module> =>
  (await import(fileURLToPath(new URL(`../../bench/${name}`, import.meta.url)))) as Module;

const folder = mkdtempSync(join(tmpdir(), "gradc-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Samples {
  add(part: string, record: object): void;
}
interface Parts {
  readonly competitors: readonly { readonly name: string; readonly library: string }[];
  readonly names: readonly string[];
  readonly engines: readonly { readonly major: number }[];
}
type Write = (samples: Samples, parts: Parts) => Readonly<Record<string, string>>;

/** A run of two rounds in which jax-js refused W5 and nobody measured W6. */
async function samplesOf(): Promise<Samples> {
  const { Samples: Kept } = await load<{ Samples: new (path: string) => Samples }>("samples.mjs");
  const samples = new Kept(join(folder, "samples.jsonl"));
  samples.add("machine", {
    date: "2026-01-02",
    cpu: "A processor",
    cores: 2,
    engines: ["20.1.0", "24.2.0"],
    python: "PyTorch 1.13",
    packages: ["@jax-js/jax 0.1"],
    rounds: 2,
  });
  const times: Readonly<Record<string, readonly number[]>> = {
    "gradc js, Node 24": [7000, 7200, 6900],
    "gradc wasm, Node 24": [700, 800, 750],
    "gradc wasm-strict, Node 24": [900, 800, 850],
    "PyTorch, eager": [1100, 1000, 1050],
    "PyTorch, foreach": [1000, 1400, 1000],
    "jax-js, wasm": [2250, 2250, 2250],
    "TensorFlow.js, cpu": [50_000],
  };
  for (const [competitor, all] of Object.entries(times)) {
    samples.add("race 1", { workload: "W3", competitor, losses: { 1: 2.3, 10: competitor.includes("wasm,") ? 2.1003 : 2.1 } });
    for (const [k, us] of all.entries()) samples.add(`race ${(k % 2) + 1}`, { workload: "W3", competitor, us });
  }
  samples.add("race 1", { workload: "W5", competitor: "jax-js, wasm", failed: "no scatter" });
  samples.add("race 1", { workload: "tile", competitor: "tile relaxed, Node 24", us: 250 });
  samples.add("race 1", { workload: "tile", competitor: "tile relaxed, Node 20", failed: "no relaxed SIMD" });
  samples.add("load", { load: 1.04 });
  const size = { bytes: 20_000, gzip: 8_500 };
  samples.add("sizes", { workload: "W3", target: "wasm", files: { ".js": size }, beside: { ".wasm": size }, arenaBytes: 2e6, liveBoundBytes: 2e6, flopsPerRow: 450_000 });
  samples.add("sizes", { workload: "W4", target: "wasm", failed: "error[no-target]: none" });
  samples.add("compile", { model: "digits", target: "wasm", commandMs: 151, firstMs: 170, oneCoreMs: 240, againMs: 20, cold: { ms: 700, min: 690, max: 720 } });
  samples.add("compile", { model: "W6", target: "wasm", commandMs: 800, firstMs: 900, oneCoreMs: 1200, againMs: 500 });
  samples.add("cold", { competitor: "gradc wasm, Node 24", ms: 40, min: 35, max: 60 });
  samples.add("garbage", { competitor: "gradc wasm, Node 24", steps: 2000, minor: 0, other: 0, gcMs: 0 });
  return samples;
} // prettier-ignore

const parts: Parts = {
  competitors: [
    { name: "gradc js, Node 24", library: "gradc" },
    { name: "gradc wasm, Node 24", library: "gradc" },
    { name: "gradc wasm-strict, Node 24", library: "gradc" },
    { name: "PyTorch, eager", library: "PyTorch" },
    { name: "PyTorch, foreach", library: "PyTorch" },
    { name: "jax-js, wasm", library: "jax-js" },
    { name: "TensorFlow.js, cpu", library: "TensorFlow.js cpu" },
  ],
  names: ["js", "wasm"],
  engines: [{ major: 20 }, { major: 24 }],
};
const rowOf = (text: string, start: string): string | undefined =>
  text.split("\n").find((line) => line.startsWith(`| ${start} |`));

test("results are medians with ranges, failures are told, goals are ratios of the same run", async () => {
  const { sectionsOf, summaryOf } = await load<{
    sectionsOf: Write;
    summaryOf: (...args: Parameters<Write>) => string;
  }>("report.mjs");
  const samples = await samplesOf();
  const { training, goals, ceiling, losses, costs, machine } = sectionsOf(samples, parts);
  expect(rowOf(training, "gradc wasm, Node 24")).toBe(
    "| gradc wasm, Node 24 | – | – | 750 (700–800) | – | – | – |",
  );
  expect(rowOf(training, "TensorFlow.js, cpu")).toContain("| 50,000 (once) |");
  expect(rowOf(training, "jax-js, wasm")).toBe(
    "| jax-js, wasm | – | – | 2,250 (2,250–2,250) | – | fails | – |",
  );
  expect(training).toContain("\n- W5: jax-js, wasm: no scatter");
  expect(training).not.toContain("relaxed SIMD");
  // Turn by turn 0.64, 0.80 and 0.71 of the eager form, and 0.70, 0.57 and 0.75 of the other.
  expect(rowOf(goals, "W3, wasm, Node 24: time ÷ PyTorch's best")).toMatch(/\| ≤ 1\.00 \| 0\.714 \| yes \|$/);
  expect(rowOf(goals, "W3, wasm, Node 24: jax-js ÷ gradc")).toMatch(/\| ≥ 3\.50 \| 3\.00 \| no \|$/);
  expect(rowOf(goals, "W6, wasm, Node 24: time ÷ PyTorch's best")).toMatch(/\| not measured \| – \|$/);
  const compiled = "digits compiled for wasm in";
  expect(rowOf(goals, `${compiled} a process like the command's: ms`)).toMatch(/\| ≤ 150 \| 151 \| no \|$/);
  expect(rowOf(goals, `${compiled} any other process: ms`)).toMatch(/\| ≤ 150 \| 170 \| no \|$/);
  expect(rowOf(goals, "W3 module, wasm with both variants: kB gzip")).toMatch(/\| 8\.50 \| yes \|$/);
  expect(goals).toMatch(/greatest relative difference.*\| ≤ 1\.0e-4 \| 1\.4e-4 \| no \|/);
  // 450,000 operations × 64 rows in 750 µs, of 12.8 M in 250 µs.
  expect(rowOf(ceiling, "gradc wasm, Node 24")).toContain("| 51.4 | 38.4 (75 %) |");
  expect(rowOf(losses, "gradc js, Node 24")).toContain("2.3 / 2.1 / –");
  expect(costs).toContain("| W4 | wasm | error[no-target]: none |");
  expect(machine).toContain("2026-01-02, A processor, 2 cores");
  const summary = summaryOf(samples, parts);
  expect(rowOf(summary, "gradc, wasm")).toBe("| gradc, wasm | – | – | 750 | – | – | – | – | – |");
  expect(rowOf(summary, "PyTorch, its best form")).toContain("| 1,000 |");
});
