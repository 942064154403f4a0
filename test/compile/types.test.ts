import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import autoencoder from "../../examples/autoencoder/autoencoder.model.ts";
import gan from "../../examples/gan/gan.model.ts";
import { withPlainJavaScript } from "../plain-javascript.ts";
import { compiled } from "./compiled.ts";
import { names, plain, stepsAndFunctions } from "./hostile-names.ts";
import { all } from "./models.ts";
import { typescriptOf } from "./program.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const tscOf = (name: string): string => {
  const home = join(root, "node_modules", name, "package.json");
  const bin = JSON.parse(readFileSync(home, "utf8")).bin as { tsc: string };
  return join(dirname(home), bin.tsc);
};

const good = `
import { create, createPredictor, spec } from "./digits.gen.js";
import { create as createTs } from "./digits_ts.gen.ts";
import { create as createGan } from "./gan_ts.gen.ts";
import { createPredictor as createHalves } from "./autoencoder.gen.js";
import { create as createGiven, createPredictor as predictGiven, type CompiledModule } from "./digits_file.gen.js";
declare const wasm: CompiledModule;
const same: typeof net = createGiven({ wasm, seed: 1 });
const predicted: Float32Array = predictGiven(same.state, { wasm }).predict(new Float32Array(64)).probabilities;
const net = create({ seed: 1 });
const loss: number = net.trainStep(new Float32Array(64), new Int32Array(1), 1);
const kernel: Float32Array = net.params["hidden/kernel"];
const gradient: Float32Array = net.gradients["logits/bias"];
net.hyper.learningRate = loss + kernel[0] + gradient[0];
const { accuracy }: { accuracy: number } = net.evaluate(new Float32Array(64), new Int32Array(1));
const probabilities: Float32Array = createPredictor(net.state.slice()).predict(new Float32Array(64)).probabilities;
const again: typeof net = createTs({ state: net.state });
const ten: 10 = spec.parameters[3].shape[0];
const { discriminator, generator } = createGan().steps;
generator.hyper.beta1 = discriminator.trainStep(new Float32Array(64), 1) + generator.trainStep(1) + generator.step;
const slope: Float32Array = generator.gradients["generator/pixels/bias"];
const halves = createHalves(net.state);
const image: Float32Array = halves.decode(halves.encode(new Float32Array(64)).code, 1).image;
export default [accuracy, probabilities, again, ten, slope, image, predicted];
`;
/** With a browser's library, whose WebAssembly.Module has no members to tell it by. */
const page = `
import { create, createPredictor } from "../digits_file.gen.js";
const wasm = await WebAssembly.compileStreaming(fetch("digits.gen.wasm"));
const net = create({ wasm });
export default createPredictor(net.state, { wasm: new WebAssembly.Module(new Uint8Array(8)) });
`;
/** Lines that must not pass, with what each is about. */
const bad: Readonly<Record<string, string>> = {
  "a misspelt parameter": `net.params["hidden/kernal"];`,
  "too few inputs": `net.trainStep(new Float32Array(64));`,
  "too many arguments": `net.trainStep(new Float32Array(64), new Int32Array(1), 1, 2);`,
  "the wrong array": `net.trainStep(new Float64Array(64), new Int32Array(1));`,
  "a misspelt metric": `net.evaluate(new Float32Array(64), new Int32Array(1)).acuracy;`,
  "a misspelt hyper-parameter": `net.hyper.learningrate = 1;`,
  "a new step": `net.step = 1;`,
  "a misspelt option": `create({ sead: 1 });`,
  "a predictor that trains": `createPredictor(net.state).trainStep;`,
  "a module nobody takes": `create({ wasm: {} });`,
  "no module": `given({ seed: 1 });`,
  "bytes instead of a module": `given({ wasm: new Uint8Array(8) });`,
  "a module yet to come": `given({ wasm: Promise.resolve({}) });`,
  "an instance with its module": `given({ wasm: { module: {}, instance: {} } });`,
  "an instance": `given({ wasm: { exports: {} } });`,
  "a predictor without its module": `predictGiven(net.state);`,
};

// The native compiler takes a tenth of the others' time; those, and modules in float64, wait for the long run.
const long = process.env["GRADC_LONG"] !== undefined;
/** Milliseconds for writing all modules. */
const patience = long ? 600_000 : 120_000;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gradc-types-"));
  mkdirSync(join(folder, "bad"));
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  put("package.json", `{ "type": "module" }`);
  for (const [name, model] of Object.entries({ ...all, autoencoder, gan })) {
    for (const precision of long ? (["f32", "f64"] as const) : (["f32"] as const)) {
      const base = precision === "f32" ? name : `${name}_f64`;
      const compilation =
        precision === "f32" && name in all
          ? compiled(name)
          : compile(model, { precision, source: `${base}.model.ts` });
      for (const { name: file, text } of compilation.files) put(file, text);
      put(`${base}_ts.gen.ts`, typescriptOf(compilation));
    }
  }
  const hostile = [
    ...names.filter((_name, k) => k % 6 === 0),
    "network",
    "row",
    "predictor",
    "pick",
    "string",
    "return type",
    "promise",
    "readonly",
    "new",
  ];
  for (const [k, name] of hostile.entries()) {
    for (const [kind, model] of Object.entries({ hostile: plain(name), steps: stepsAndFunctions(name) })) {
      const compilation = compile(model, { source: `${kind}_js_${k}.model.ts` });
      for (const { name: file, text } of compilation.files) put(file, text);
      put(`${kind}_ts_${k}.gen.ts`, typescriptOf(compilation));
    }
  }
  for (const [name, model] of Object.entries({ digits: all["digits"], gan })) {
    const options = { target: "wasm", wasmFile: true, source: `${name}_file.model.ts` } as const;
    for (const { name: file, text, bytes } of compile(model, options).files) if (!bytes) put(file, text);
  }
  mkdirSync(join(folder, "page"));
  put("page/page.ts", page);
  put("good.ts", good);
  for (const [k, line] of Object.values(bad).entries())
    put(
      `bad/${k}.ts`,
      `import { create, createPredictor } from "../digits.gen.js"; import { create as given, createPredictor as predictGiven } from "../digits_file.gen.js";\nconst net = create();\n${line}\nexport default [createPredictor, given, predictGiven];\n`,
    );
  const options = {
    target: "ES2022",
    lib: ["ES2022"],
    types: [],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    strict: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    noUnusedLocals: false,
    noEmit: true,
  };
  put("tsconfig.json", JSON.stringify({ compilerOptions: options, include: ["*.ts", "bad/*.ts"] }));
  const browser = { ...options, lib: ["ES2022", "DOM"] };
  put("page/tsconfig.json", JSON.stringify({ compilerOptions: browser, include: ["*.ts"] }));
}, patience);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(["typescript-7", ...(long ? ["typescript", "typescript-5.9"] : [])])("%s", (name) => {
  const errorsOf = (project: string): string[] => {
    const { stdout } = spawnSync(process.execPath, [tscOf(name), "-p", project, "--pretty", "false"], {
      encoding: "utf8",
      cwd: folder,
    });
    return stdout.split("\n").filter((line) => line.includes("error TS"));
  };

  test("accepts every emitted module and refuses every misuse", () => {
    const errors = errorsOf(folder);
    expect(errors.filter((line) => !/^bad[\\/]/.test(line))).toEqual([]);
    for (const [k, what] of Object.keys(bad).entries())
      expect(
        errors.some((line) => new RegExp(`^bad[\\\\/]${k}\\.ts\\(3,`).test(line)),
        what,
      ).toBe(true);
  });

  test("accepts what a page compiles as a module", () => {
    expect(errorsOf(join(folder, "page"))).toEqual([]);
  });
});

test("a module runs where strings may not become code, and imports nothing", () => {
  const path = join(folder, "run.mjs");
  writeFileSync(
    path,
    `import { create } from "./digits.gen.js";
try { new Function("1")(); console.log("strings may become code"); } catch {}
const net = create({ seed: 1 });
const y = new Int32Array(64);
for (let k = 0; k < 5; k++) net.trainStep(new Float32Array(4096).fill(0.5), y);
net.evaluate(new Float32Array(64), new Int32Array(1));
console.log(net.step, net.predict(new Float32Array(64)).probabilities.length);`,
  );
  const out = execFileSync(process.execPath, ["--disallow-code-generation-from-strings", path], {
    encoding: "utf8",
  });
  expect(out).toBe("5 640\n");
});

test("compiling is the same in every time zone, locale and process", async () => {
  const script = `
import { createHash } from "node:crypto";
const { compile } = await import("./src/compile.js");
const { all } = await import("./test/compile/models.js");
const hash = createHash("sha256");
for (const name of ["digits", "seed", "penguins", "measured", "W2"]) for (const target of ["js", "ts"]) for (const file of compile(all[name], { target, source: name + ".model.ts" }).files) hash.update(file.text);
console.log(hash.digest("hex"));`;
  await withPlainJavaScript(["src/compile.ts", "test/compile/models.ts"], (cwd) => {
    const run = (env: Record<string, string>): string =>
      execFileSync(process.execPath, ["--input-type=module", "-e", script], {
        encoding: "utf8",
        cwd,
        env: { ...process.env, ...env },
      }).trim();
    const here = run({ TZ: "UTC", LANG: "C", LC_ALL: "C" });
    expect(here).toMatch(/^[0-9a-f]{64}$/);
    expect(run({ TZ: "Asia/Tokyo", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" })).toBe(here);
  });
  for (const name of ["digits", "measured"]) {
    const text = (): string =>
      compile(all[name])
        .files.map((file) => file.text)
        .join("");
    expect(text()).toBe(text());
  }
});

describe("no garbage is made by steps", () => {
  test.each([
    ["W1", 100_000],
    ["W3", long ? 2000 : 300],
  ] as const)("%s, %d of them", (name, steps) => {
    const path = join(folder, `gc-${name}.mjs`);
    writeFileSync(
      path,
      `import { PerformanceObserver } from "node:perf_hooks";
import { create } from "./${name}.gen.js";
import { batchesOf } from ${JSON.stringify(join(root, "bench/workloads/data.mjs"))};
const net = create({ seed: 1 });
const batches = batchesOf("${name}");
const seen = [];
new PerformanceObserver((list) => { seen.push(...list.getEntries()); }).observe({ entryTypes: ["gc"] });
function run(count) {
  let total = 0;
  for (let k = 0; k < count; k++) { const batch = batches[k % batches.length]; total += net.trainStep(batch[0], batch[1]); }
  return total;
}
let loss = 0;
run(${name === "W1" ? 200_000 : 60});
run(${name === "W1" ? 200_000 : 60});
await new Promise((resolve) => setTimeout(resolve, 50));
globalThis.gc();
await new Promise((resolve) => setTimeout(resolve, 50));
const spans = [];
for (let w = 0; w < 5; w++) {
  const before = process.memoryUsage().heapUsed;
  const start = performance.now();
  loss += run(${steps / 5});
  const end = performance.now();
  spans.push({ start, end, grown: process.memoryUsage().heapUsed - before });
}
await new Promise((resolve) => setTimeout(resolve, 50));
// What steps leave behind shows in every span; V8's own compiling and housekeeping, on a busy machine, in some.
const inside = ({ start, end }) => seen.filter((entry) => entry.startTime >= start && entry.startTime <= end).length;
const collections = Math.min(...spans.map(inside));
const grown = Math.min(...spans.map((span) => span.grown));
console.log(JSON.stringify({ collections, grown, finite: Number.isFinite(loss) }));`,
    );
    const { collections, grown, finite } = JSON.parse(
      execFileSync(process.execPath, ["--expose-gc", path], { encoding: "utf8" }),
    ) as { collections: number; grown: number; finite: boolean };
    expect(finite).toBe(true);
    expect(collections).toBe(0);
    // The engine may box a returned number where it does not inline a call: 16 bytes in each of three methods.
    expect(grown).toBeLessThan((64 * steps) / 5 + 20_000);
  });
});
