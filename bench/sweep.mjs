// node bench/sweep.mjs [--target js,wasm] [--node PATH]: how time, memory and code grow with batch, width, depth and
// length of sequences, into the section of RESULTS.md. With --series NAME one series prints its points as JSON.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { Child } from "./child.mjs";
import { here } from "./gradc.mjs";
import { readOptions } from "./options.mjs";
import { reason } from "./reason.mjs";
import { bytes, figure, fillSections, table } from "./sections.mjs";
import { targets } from "./targets.mjs";

const layers = ({ batch = 32, width = 128, depth = 2 }) => `
import { adam, batch, defineModel, dense, f32, i32, softmaxCrossEntropy } from "gradc";
const n = batch(${batch});
export default defineModel({
  name: "sweep",
  inputs: { x: f32(n, 64), y: i32(n) },
  build({ x, y }) {
    let h = x;
    for (let k = 0; k < ${depth}; k++) h = dense(h, { units: ${width}, activation: "relu", name: "layer" + k });
    return { outputs: { h }, loss: softmaxCrossEntropy(dense(h, { units: 16, name: "logits" }), y), optimizer: adam() };
  },
});
`;

const recurrent = ({ length }) => `
import { adam, batch, defineModel, dense, embedding, i32, lstm, softmaxCrossEntropy } from "gradc";
const n = batch(8);
export default defineModel({
  name: "sweep",
  inputs: { x: i32(n, ${length}), y: i32(n, ${length}) },
  build({ x, y }) {
    const seen = embedding(x, { inputDim: 32, outputDim: 16, name: "symbols" });
    const hidden = lstm(seen, { units: 32, returnSequences: true, name: "lstm" });
    const logits = dense(hidden, { units: 32, name: "logits" });
    return { outputs: { logits }, loss: softmaxCrossEntropy(logits, y), optimizer: adam() };
  },
});
`;

const series = {
  batch: {
    title: "Batch: 64-128-128-16, Adam",
    values: [8, 32, 128, 512],
    model: (batch) => layers({ batch }),
  },
  width: {
    title: "Width: 64-w-w-16, 32 rows, Adam",
    values: [32, 64, 128, 256, 512],
    model: (width) => layers({ width }),
  },
  depth: {
    title: "Depth: layers of 64, 32 rows, Adam",
    values: [1, 2, 4, 8, 16],
    model: (depth) => layers({ depth, width: 64 }),
  },
  sequence: {
    title: "Length of sequences: embedding 16, LSTM 32, 8 rows, Adam",
    values: [8, 16, 32, 64, 128],
    model: (length) => recurrent({ length }),
  },
};

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Compiles and trains one model in this process: operations and microseconds a step, bytes of arena and code. */
async function point(folder, name, target, text) {
  const { compile } = await import("../dist/src/compiler.js");
  const { loadModel } = await import("../dist/src/cli/load-model.js");
  const { diskAt } = await import("../dist/src/disk.js");
  const path = join(folder, `${name}.model.ts`);
  writeFileSync(path, text);
  const { model } = await loadModel(diskAt(folder), path);
  const { files, sizes } = compile(model, { ...targets[target], source: `${name}.model.ts` });
  const code = files.find((file) => file.name.endsWith(".js")).text;
  const module = join(folder, `${name}.${target}.mjs`);
  writeFileSync(module, code);
  const { create, spec } = await import(pathToFileURL(module).href);
  const net = create({ seed: 1 });
  const extents = (shape) =>
    shape.map((dim) => (typeof dim === "string" ? spec.batch * (Number.parseInt(dim, 10) || 1) : dim));
  const inputs = spec.inputs.map(({ dtype, shape }) => {
    const length = extents(shape).reduce((size, extent) => size * extent, 1);
    return dtype === "f32"
      ? Float32Array.from({ length }, (_, i) => Math.sin(i))
      : Int32Array.from({ length }, (_, i) => (i * 7) % 16);
  });
  const run = (steps) => {
    const start = performance.now();
    for (let k = 0; k < steps; k++) net.trainStep(...inputs);
    return ((performance.now() - start) * 1000) / steps;
  };
  let us = run(1);
  const begin = performance.now();
  while (performance.now() - begin < 250) us = run(Math.max(1, Math.round(20_000 / us)));
  const steps = Math.max(1, Math.round(50_000 / us));
  const times = Array.from({ length: 5 }, () => run(steps));
  return {
    flops: sizes.flopsPerRow * spec.batch,
    us: median(times),
    arenaBytes: sizes.arenaBytes,
    liveBoundBytes: sizes.liveBoundBytes,
    code: code.length,
    gzip: gzipSync(code, { level: 9 }).length,
  };
}

/** Prints one series as lines of JSON; the parent is another process so that it can be pinned and may fail. */
async function printSeries(name, target) {
  const folder = mkdtempSync(join(tmpdir(), "gradc-sweep-"));
  try {
    for (const value of series[name].values) {
      const found = await point(folder, `sweep${value}`, target, series[name].model(value));
      console.log(JSON.stringify({ series: name, target, value, ...found }));
    }
  } catch (error) {
    console.log(JSON.stringify({ failed: reason(error) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures every series for every target on an engine; `see` is told each point, or { failed }. */
export async function sweep({ names, engine, see, note = () => undefined }) {
  for (const [name, { values }] of Object.entries(series)) {
    for (const target of names) {
      note(`sweep over ${name}, ${target}`);
      const child = new Child([engine.path, here("sweep.mjs"), "--series", name, "--target", target]);
      try {
        for (let k = 0; k < values.length; k++) see(await child.next());
      } catch (error) {
        see({ series: name, target, failed: reason(error) });
      } finally {
        await child.end();
      }
    }
  }
}

/** The points as tables, one a series. */
export function sweepText(points) {
  const head = ["", "target", "Mflop a step", "µs", "GFLOP/s", "arena", "lower bound", "module", "gzip"];
  return Object.entries(series)
    .map(([name, { title }]) => {
      const own = points.filter((point) => point.series === name);
      const rows = own.map((p) =>
        p.failed
          ? ["–", p.target, p.failed]
          : [
              p.value,
              p.target,
              figure(p.flops / 1e6),
              figure(p.us),
              figure(p.flops / p.us / 1000),
              ...[p.arenaBytes, p.liveBoundBytes, p.code, p.gzip].map(bytes),
            ],
      );
      const full = rows.map((row) => [...row, ...Array(head.length - row.length).fill("–")]);
      return `${title}\n\n${table(head, full)}`;
    })
    .join("\n\n");
}

if (process.argv[1] === here("sweep.mjs")) {
  const options = readOptions({ series: { type: "string" } }, "node bench/sweep.mjs --target js,wasm");
  if (options.series) await printSeries(options.series, options.names[0]);
  else {
    const points = [];
    const note = (line) => process.stderr.write(`${line}\n`);
    await sweep({ names: options.names, engine: options.engines.at(-1), see: (p) => points.push(p), note });
    await fillSections(here("RESULTS.md"), { sweep: sweepText(points) });
  }
}
