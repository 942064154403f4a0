// The peers as competitors: how each is started, what it takes, and by which way round what it lacks.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));
const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** The versions that the results name. */
export const versions = Object.entries(dependencies)
  .filter(([name]) => name !== "wabt" && !name.includes("backend"))
  .map(([name, version]) => `${name} ${version}`);

const trained = /^W[1-6]$/;

/** Products by hand, which say what the machine could do in the same minutes; "tile" is their one workload. */
export const tilesOf = (engines) =>
  engines.flatMap((engine) =>
    ["js", "simd", "relaxed"].map((kind) => ({
      name: tileName(kind, engine),
      takes: (workload) => workload === "tile",
      command: () => [engine.path, script("tile.mjs"), "tile", `--kind=${kind}`],
    })),
  );
export const tileName = (kind, { major }) => `tile ${kind}, Node ${major}`;

/** The competitors, for an engine that runs those in JavaScript and a Python that has PyTorch, if there is one. */
export function peersOf(engine, python, models) {
  const torch = python && [...python.command, script("pytorch.py")];
  const entry = (name, library, takes, start, args, more = {}) => ({
    name,
    library,
    takes: (workload) => takes.test(workload),
    command: (workload, { losses = 0, mode = "serve", ...own } = {}) => [
      ...start,
      workload,
      ...args,
      `--mode=${mode}`,
      `--losses=${losses}`,
      ...Object.entries(own).map(([key, value]) => `--${key}=${value}`),
    ],
    prepare:
      start === torch ? [...python.command, script("common.py")] : [engine.path, script("../prepare.mjs")],
    ...more,
  });
  const node = (file) => [engine.path, script(file)];
  return [
    ...(torch
      ? [
          entry("PyTorch, eager", "PyTorch", /^W/, torch, ["--form=eager"]),
          entry("PyTorch, foreach", "PyTorch", /^W[2-6]$/, torch, ["--form=foreach"]),
          entry("PyTorch, traced", "PyTorch", /^W[1-7]/, torch, ["--form=trace"]),
        ]
      : []),
    entry("TensorFlow.js, wasm", "TensorFlow.js wasm", /^W/, node("tfjs.mjs"), ["--backend=wasm"]),
    entry("TensorFlow.js, wasm, worked round", "TensorFlow.js wasm", /^W4$/, node("tfjs.mjs"), ["--backend=wasm", "--im2col"]),
    entry("TensorFlow.js, wasm, worked round", "TensorFlow.js wasm", /^W[56]$/, node("tfjs.mjs"), ["--backend=wasm", "--onehot"]),
    entry("TensorFlow.js, cpu", "TensorFlow.js cpu", trained, node("tfjs.mjs"), ["--backend=cpu"], { rare: true }),
    entry("jax-js, wasm", "jax-js", /^W/, node("jaxjs.mjs"), []),
    entry("jax-js, wasm, worked round", "jax-js", /^W[56]$/, node("jaxjs.mjs"), ["--onehot"]),
    entry("onnxruntime-node", "ONNX Runtime", models ? /^W7/ : /^$/, node("ort.mjs"), [`--models=${models}`]),
    entry("synaptic", "synaptic", /^W[12]$/, node("online.mjs"), ["--lib=synaptic"]),
    entry("brain.js", "brain.js", /^W[12]$/, node("online.mjs"), ["--lib=brain.js"]),
  ]; // prettier-ignore
}
