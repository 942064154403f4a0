import type { Code } from "../../src/base/errors.ts";
import {
  built,
  call,
  classifier,
  command,
  complete,
  file,
  inItsOwnProcess,
  linked,
  output,
  refusing,
  trained,
  type Fixture,
} from "./raise.ts";

const table = "a,b,c,d,k\n0,1,2,3,0\n1,1,2,3,1\n2,1,2,3,2\n3,1,2,3,0\n4,1,2,3,1\n5,1,2,3,2\n";
const points = `const points = g.table({ a: g.number(), kind: g.label(["fig", "pear"]) })`;
const tabled = `import * as g from "gradc";
const n = g.batch(8);
${points};
export default g.defineModel({
  name: "m",
  inputs: { x: g.features(n, points), k: g.labels(n, points) },
  build: ({ x, k }) => ${complete},
});
`;
const vectors = `const [a, b, c, d] = Array.from({ length: 4 }, () => g.f32(2 ** 28))`;
const huge = `import * as g from "gradc";
${vectors};
export default g.defineModel({
  name: "m",
  inputs: { a, b, c, d },
  build: ({ a, b, c, d }) => ({ outputs: { y: g.add(g.add(a, b), g.add(c, d)) } }),
});
`;
const csv = `readCsv("a,k\\n1,0\\n2,0\\n")`;

/** At least one input for each code. What comes out stands in errors.txt, and UPDATE=1 writes it anew. */
export const fixtures: Readonly<Record<Code, readonly Fixture[]>> = {
  axis: [output("g.sum(x, { axis: 3 })")],
  build: [output('(() => { throw new Error("not today"); })()')],
  dtype: [output("g.dense(k, { units: 2 })"), output('g.cast(x, "f16")')],
  duplicate: [output('g.add(g.param("w", []), g.param("w", []))')],
  frozen: [built(complete, 'frozen: ["dens/**"],')],
  gradient: [output('g.perExampleGradients(g.mean(x), ["w"])')],
  groups: [built(classifier('loss: g.mean(z), optimizer: g.sgd({ groups: { "dense/**": {} } })'))],
  index: [output("g.slice(x, { start: [0, 5] })")],
  model: [file('export default g.defineModel({ name: "m", inputs: {} })'), call('compile("m.model.ts")')],
  name: [output('g.dense(x, { units: 2, name: "" })')],
  "no-build": [file('export const w = g.param("w", [])'), file("export const y = g.relu(1)")],
  op: [file('export const double = g.defineOp({ name: "double it" })')],
  optimizer: [
    built(
      classifier(
        'loss: g.mean(z), optimizer: { name: "own", hyper: {}, slots: ["sum"], counters: [], update: ({ parameters }) => ({ parameters, slots: {} }) }',
      ),
    ),
  ],
  option: [
    output("g.dense(x, { unit: 2 })"),
    call("fit(net, { train: [], epoch: 10 })"),
    command("compile m.model.ts --tagret ts"),
    command("compile", { "gradc.config.ts": "export default { targets: 'ts' };" }),
  ],
  shape: [
    output('g.add(x, g.param("w", [3]))'),
    call("batches({ inputs: [new Float32Array(7)], n: 2 }, { size: 1 })"),
  ],
  shared: [
    output('((f) => g.add(f(x, 2), f(x, 3)))(g.shared("tower", (x, units) => g.dense(x, { units })))'),
  ],
  table: [file("export const points = g.table({ a: 1 })")],
  "too-large": [
    file("export const x = g.f32(1e5, 1e5)"),
    command("compile m.model.ts --target wasm", { "m.model.ts": huge }, `${vectors}\n`),
  ],
  value: [
    output("g.relu([1, 2])"),
    output("x * 2"),
    trained(table.replace("0,1,2", "0,1kg,2")),
    call("modeOf([])"),
  ],

  "bad-csv": [call('readCsv("")'), call('readCsv("a,b\\n1,2,3\\n")')],
  "bad-idx": [call("readIdx(new Uint8Array([1, 2, 3, 4]))")],
  "bad-inputs": [trained(table.replaceAll(/^\w,/gm, ""))],
  "bad-safetensors": [call("loadWeights(net, spec, new Uint8Array(4))")],
  "bad-split": [call(`split(${csv}, { by: "stratify" })`)],
  "bad-weights": [call("loadWeights(net, { ...spec, parameters: [] }, saveWeights(net, spec))")],
  "empty-table": [call('clean(readCsv("a,k\\n,0\\n"), { missing: ["a"] })')],
  "has-table": [call(`encodeColumns(spec, ${csv})`)],
  "label-mismatch": [
    command(
      "train m.model.ts --data t.csv --label a",
      { "m.model.ts": tabled, "t.csv": "a,kind\n1,fig\n" },
      `${points}\n`,
    ),
  ],
  "no-label": [trained(table.replace("d,k", "d,e"))],
  "no-table": [call(`encodeTable({ ...spec, inputs: [], table: null }, ${csv}, () => {})`)],
  "one-class": [trained(table.replace(/[12]$/gm, "0"))],
  "unknown-column": [call(`split(${csv}, { label: "kk" })`)],

  "batch-size": [call("batches({ inputs: [new Float32Array(6)], n: 2 }, { size: 0 })")],
  "no-batches": [call("evaluateAll(net, [])"), call("fit(net, { train: [], epochs: 1 })")],
  "no-learning-rate": [call("reduceOnPlateau({ hyper: {} })")],
  "no-loss": [trained("", "{ outputs: { x } }")],
  "no-optimizer": [trained("", classifier("loss: g.softmaxCrossEntropy(z, k)"))],
  "non-finite-loss": [
    call(
      "fit(net, { train: [{ inputs: [new Float32Array([1, NaN]), new Float32Array(1)], n: 1 }], epochs: 1 })",
    ),
  ],
  "several-steps": [
    trained(
      "",
      classifier(
        'steps: { first: { loss: g.mean(z), optimizer: g.sgd({ learningRate: 1 }), parameters: "**" } }',
      ),
    ),
  ],
  "unknown-metric": [
    call(
      'fit(net, { train: [{ inputs: [new Float32Array(2), new Float32Array(1)], n: 1 }], epochs: 2, monitor: "los", patience: 1 })',
    ),
  ],

  "disk-full": [built(complete, "", refusing("ENOSPC"))],
  "file-error": [
    command("train m.model.ts --data t.csv", { "m.model.ts": tabled }, "t.csv: a link to itself\n", linked),
  ],
  "missing-file": [command("compile m.modle.ts", { "m.model.ts": "" }), command("compile models/m.model.ts")],
  "no-permission": [built(complete, "", refusing("EACCES"))],
  "not-a-directory": [command("compile m.model.ts --out-dir m.model.ts/out", { "m.model.ts": tabled }, "")],
  "not-a-file": [
    command("train m.model.ts --data data", { "m.model.ts": tabled, "data/t.csv": "" }, "data/t.csv\n"),
  ],

  "model-exits": [
    command("compile m.model.ts", { "m.model.ts": "process.exit(0);" }, undefined, inItsOwnProcess),
  ],
  "model-export": [file("export const a = 1")],
  "model-import": [file('export * from "./layers.ts"')],
  "model-syntax": [file("export default g.defineModel({ name: })")],
  "model-throws": [file('throw new RangeError("no such thing")')],
  "no-model": [command("compile"), command("compile models/*.model.ts")],
  "same-file": [
    command(
      "compile a/m.model.ts b/m.model.ts --out-dir out",
      { "a/m.model.ts": tabled, "b/m.model.ts": tabled },
      "",
    ),
    command("train m.model.ts --data t.csv --log t.csv", { "m.model.ts": tabled, "t.csv": "a,kind\n" }, ""),
  ],
  "unknown-command": [command("comple m.model.ts")],
  "unknown-import": [
    command("compile m.model.ts", {
      "m.model.ts": 'import { defineModle } from "gradc";\nexport default defineModle({});\n',
    }),
  ],
  usage: [
    command("train m.model.ts"),
    command("inspect m.model.ts --stage loop"),
    command("compile m.model.ts --target c"),
  ],
};
