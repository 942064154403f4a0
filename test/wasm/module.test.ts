import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { Model } from "gradc";
import gan from "../../examples/gan/gan.model.ts";
import { proveModule } from "../../src/backends/module/prove.ts";
import { wasmModules, watText, type WasmModule } from "../../src/backends/wasm/index.ts";
import { lettersOf } from "../../src/backends/wasm/letters.ts";
import { streamPieces } from "../../src/backends/wasm/pieces.ts";
import { inlineSource, type Variants } from "../../src/backends/wasm/source.ts";
import { streamsOf } from "../../src/backends/wasm/streams.ts";
import { compile, type CompileOptions } from "../../src/compile.ts";
import { parseLoops } from "../../src/ir/text/loop-parse.ts";
import { stageText } from "../../src/stages.ts";
import { names, plain, stepsAndFunctions } from "../compile/hostile-names.ts";
import { compiled } from "../compile/compiled.ts";
import { all } from "../compile/models.ts";
import { loadText, type EmittedModule, type Net } from "../compile/program.ts";
import { randomFrom } from "../ops/sample.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gradc-wasm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const filesOf = (model: Model, options: CompileOptions = {}) =>
  compile(model, { target: "wasm", source: "digits.model.ts", ...options }).files;
const load = (model: Model, options?: CompileOptions): EmittedModule =>
  loadText(filesOf(model, options)[0].text);
const digits = (options: CompileOptions = {}) => compiled("digits", { target: "wasm", ...options }).files;
const loadDigits = (options?: CompileOptions): EmittedModule => loadText(digits(options)[0].text);
const bytes = (net: Net): string => Buffer.from(net.state).toString("hex");

/** The bytes that an emitted module compiles, on a host that has relaxed SIMD or not. */
function decoded(variants: Variants, hasRelaxed = true): Uint8Array {
  const made: Uint8Array[] = [];
  class Module {
    constructor(bytes: Uint8Array) {
      made.push(bytes);
    }
  }
  class Instance {
    readonly exports = {};
  }
  const { definitions, last } = inlineSource(variants);
  const text = [...definitions, ...last].join("\n");
  const host = { Module, Instance, validate: () => hasRelaxed };
  new Function("WebAssembly", `${text}\ninstantiate();`)(host);
  return made[0];
}

/** Rows for the digits model. */
function rows(n: number, seed: number): [Float32Array, Int32Array] {
  const random = randomFrom(seed);
  return [
    Float32Array.from({ length: 64 * n }, random),
    Int32Array.from({ length: n }, () => Math.floor(10 * random())),
  ];
}
const train = (net: Net, from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, k) => net.trainStep(...rows(1 + ((from + k) % 64), from + k)));

describe("js and wasm", () => {
  const [js, wasm] = [loadDigits({ target: "js" }), loadDigits()];

  test("have one spec and one set of types", () => {
    // Only how much room temporaries take may differ, and what a predictor leaves out.
    expect({ ...wasm.spec, arenaBytes: 0 }).toEqual({ ...js.spec, arenaBytes: 0 });
    const types = (target: "js" | "wasm"): string =>
      digits({ target })[1].text.replace(/arenaBytes: \d+|Only the half that predicts.*/g, "");
    expect(types("wasm")).toBe(types("js"));
  });

  test("lose alike over 50 steps", () => {
    const [a, b] = [js.create({ seed: 3 }), wasm.create({ seed: 3 })];
    const [expected, found] = [train(a, 0, 50), train(b, 0, 50)];
    for (const [k, loss] of expected.entries()) expect(Math.abs(found[k] - loss) / loss).toBeLessThan(1e-4);
    expect(found).not.toEqual(expected);
  });

  test("go on from each other's states", () => {
    const a = js.create({ seed: 4 });
    train(a, 0, 10);
    const b = wasm.create({ state: a.state });
    expect(bytes(b)).toBe(bytes(a));
    expect(b.step).toBe(10);
    const losses = train(b, 10, 20);
    const c = js.create({ state: b.state.slice() });
    expect(c.step).toBe(20);
    for (const [k, loss] of train(a, 10, 20).entries())
      expect(Math.abs(losses[k] - loss)).toBeLessThan(1e-4 * loss);
    const [x] = rows(3, 9);
    const said = [...js.createPredictor(b.state).predict(x)["probabilities"]].slice(0, 30);
    for (const [k, value] of [...wasm.createPredictor(c.state).predict(x)["probabilities"]]
      .slice(0, 30)
      .entries())
      expect(value).toBeCloseTo(said[k], 6);
  });

  test("refuse the same in the same words", () => {
    const [x, y] = rows(4, 1);
    const wrong: readonly ((net: Net, module: EmittedModule) => unknown)[] = [
      (net) => net.trainStep(x.slice(1), y),
      (net) => net.trainStep(x, y.slice(1)),
      (net) => net.trainStep(x, y, 3),
      (net) => net.trainStep(x, y, 65),
      (net) => net.trainStep(x, y, 1.5),
      (net) => net.forward(x, Int32Array.of(0, 1, 10, 2)),
      (net) => net.evaluate(x, Int32Array.of(0, -1, 1, 2)),
      (net) => net.predict(x.slice(1)),
      (net) => net.backward(),
      (_, { create }) => create({ state: new Uint8Array(3) }),
      (_, { createPredictor }) => createPredictor(new Uint8Array(3)),
    ];
    const said = (module: EmittedModule): string[] => {
      const net = module.create();
      return wrong.map((act) => {
        try {
          act(net, module);
          return "nothing";
        } catch (error) {
          return String(error);
        }
      });
    };
    expect(said(wasm)).toEqual(said(js));
    expect(new Set(said(js))).not.toContain("nothing");
  });
});

describe("variants", () => {
  const withoutRelaxed = <T>(run: () => T): T => {
    const spy = vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    try {
      return run();
    } finally {
      spy.mockRestore();
    }
  };

  test("a host without relaxed SIMD gets the numbers that --strict gives everywhere", () => {
    const [text, strictText] = [digits()[0].text, digits({ strict: true })[0].text];
    const strict = loadText(strictText).create({ seed: 1 });
    const chosen = withoutRelaxed(() => loadText(text).create({ seed: 1 }));
    expect(train(chosen, 0, 10)).toEqual(train(strict, 0, 10));
    expect(bytes(chosen)).toBe(bytes(strict));
    expect(strictText).not.toContain("relaxed");
    expect(strictText.length).toBeLessThan(0.75 * text.length);
  });

  test("both are in the module, and in the text the one that runs where it can", () => {
    const compilation = compiled("digits", { target: "wasm" });
    const { plain: base, relaxed } = compilation.wasm!;
    const pieces = streamPieces(base.bytes, relaxed!.bytes);
    const joined = (variant: 0 | 1): string =>
      pieces.map((piece) => lettersOf(piece instanceof Uint8Array ? piece : piece[variant])).join("");
    const written = (bytes: Uint8Array): string => streamsOf(bytes, true).map(lettersOf).join("");
    expect([joined(0), joined(1)]).toEqual([written(base.bytes), written(relaxed!.bytes)]);
    expect(pieces.filter((piece) => !(piece instanceof Uint8Array)).length).toBeGreaterThan(3);
    for (const piece of pieces)
      for (const bytes of piece instanceof Uint8Array ? [piece] : piece)
        expect(compilation.files[0].text).toContain(`"${lettersOf(bytes)}"`);
    // The variants name their locals in one order, but for what a product is taken from.
    const lengths = [base.bytes, relaxed!.bytes].map((bytes) => streamsOf(bytes, true)[2].length);
    expect(lengths[0]).toBe(lengths[1]);
    expect(stageText(compilation, "code")).toContain("f32x4.relaxed_madd");
    expect(stageText(compiled("digits", { target: "wasm", strict: true }), "code")).not.toContain("relaxed");
  });

  test("functions in other tiles stand where those that they stand in for do", () => {
    const { loops, memory, wasm } = compiled("W3", { target: "wasm" });
    const { plain: base, relaxed, exports } = wasm!;
    expect(loops.plain.size).toBeGreaterThan(0);
    const names = ({ module }: typeof base): readonly string[] => module.functions.map(({ name }) => name);
    expect(names(base)).toEqual(names(relaxed!));
    const text = (module: WasmModule, name: string): string =>
      watText({ ...module, functions: module.functions.filter((fn) => fn.name === name) });
    const alike = wasmModules({ ...loops, plain: new Map() }, memory, exports.entries);
    for (const [name, fn] of loops.plain) {
      expect(fn.name).toBe(name);
      expect(text(base.module, name)).not.toBe(text(alike.plain, name));
    }
    const [own, others] = stageText(compiled("W3", { target: "wasm" }), "loops").split(
      "// Without relaxed SIMD",
    );
    expect(parseLoops(own)).toHaveLength(loops.functions.length);
    expect(parseLoops(`//${others}`).map(({ name }) => name)).toEqual([...loops.plain.keys()]);
    // Of what is the same, the locals have the numbers of both.
    const same = base.module.functions.filter(({ name }) => !loops.plain.has(name));
    for (const { name, locals } of same) {
      const its = relaxed!.module.functions.find((fn) => fn.name === name)!;
      expect(locals.map((local) => local.type)).toEqual(its.locals.map((local) => local.type));
    }
    expect(decoded({ plain: base.bytes, relaxed: relaxed!.bytes })).toEqual(relaxed!.bytes);
    expect(decoded({ plain: base.bytes, relaxed: relaxed!.bytes }, false)).toEqual(base.bytes);
  });

  test("of two modules without functions, the common pieces are what is common", () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(streamPieces(empty, empty)).toEqual([empty]);
  });

  test("whatever the bytes, the module puts them together again", () => {
    const random = randomFrom(5);
    // Bytes that begin something, that go on with it and that end it, in every order and at the end.
    const some = [0, 2, 3, 31, 32, 33, 34, 35, 64, 65, 66, 127, 128, 255];
    for (let round = 0; round < 300; round++) {
      const plain = Uint8Array.from({ length: round % 40 }, () => some[Math.floor(random() * some.length)]);
      expect(decoded({ plain, relaxed: null })).toEqual(plain);
    }
    const { plain: base, relaxed } = compiled("digits", { target: "wasm" }).wasm!;
    expect(decoded({ plain: base.bytes, relaxed: null })).toEqual(base.bytes);
    expect(decoded({ plain: base.bytes, relaxed: relaxed!.bytes })).toEqual(relaxed!.bytes);
  });

  test("however many functions there are, the module puts both variants together again", () => {
    const random = randomFrom(6);
    const some = [0, 2, 11, 32, 35, 65, 127, 128, 253];
    const number = (value: number): number[] =>
      value < 128 ? [value] : [128 + (value % 128), ...number(Math.floor(value / 128))];
    const sized = (bytes: readonly number[]): number[] => [...number(bytes.length), ...bytes];
    // A module of functions that hold whatever they hold; in its other variant some are longer.
    const variant = (bodies: readonly (readonly number[])[]): Uint8Array =>
      Uint8Array.of(
        0,
        97,
        115,
        109,
        1,
        0,
        0,
        0,
        10,
        ...sized([...number(bodies.length), ...bodies.flatMap(sized)]),
      );
    for (const count of [...Array.from({ length: 70 }, (_, k) => k), 127, 128, 130, 160, 256, 290]) {
      const body = (): number[] =>
        Array.from({ length: Math.floor(8 * random()) }, () => some[Math.floor(some.length * random())]);
      const bodies = Array.from({ length: count }, body);
      const plain = variant(bodies);
      const relaxed = variant(bodies.map((own) => (random() < 0.3 ? [...own, ...body()] : own)));
      expect(decoded({ plain, relaxed })).toEqual(relaxed);
      expect(decoded({ plain, relaxed }, false)).toEqual(plain);
    }
  });

  test("every byte has a letter of its own, which no string needs to escape", () => {
    const letters = lettersOf(Uint8Array.from({ length: 256 }, (_, k) => k));
    expect(new Set(letters).size).toBe(256);
    expect(JSON.parse(`"${letters}"`)).toBe(letters);
    expect(letters).toMatch(/^[ -~\u0100-\u01ff]*$/);
    expect(letters).not.toMatch(/["\\<]/);
    expect(letters.normalize("NFC")).toBe(letters);
  });

  test("the module is compiled once, when the first network is made, and each network has an instance", () => {
    const module = loadDigits({ strict: true });
    const made: string[] = [];
    const real = { Module: WebAssembly.Module, Instance: WebAssembly.Instance };
    const counted = <Made extends new (...args: never) => object>(name: string, target: Made): Made =>
      new Proxy(target, {
        construct(own, args) {
          made.push(name);
          return Reflect.construct(own, args) as object;
        },
      });
    Object.assign(WebAssembly, {
      Module: counted("Module", real.Module),
      Instance: counted("Instance", real.Instance),
    });
    const [a, b] = [module.create(), module.create()];
    Object.assign(WebAssembly, real);
    expect(made).toEqual(["Module", "Instance", "Instance"]);
    expect(a.state.buffer).not.toBe(b.state.buffer);
  });
});

describe("code in a file of its own", () => {
  const files = digits({ wasmFile: true });
  const module = loadText(files[0].text) as unknown as {
    create(options?: { wasm?: unknown; seed?: number; state?: Uint8Array }): Net;
    createPredictor(state: Uint8Array, options?: { wasm?: unknown }): Pick<Net, "predict">;
  };
  const code = new WebAssembly.Module(files[2].bytes!);

  test("comes as two files, whose texts can be read", () => {
    expect(files.map(({ name }) => name)).toEqual([
      "digits.gen.js",
      "digits.gen.d.ts",
      "digits.gen.wasm",
      "digits.relaxed.gen.wasm",
    ]);
    expect(files[2].text).toContain("(module");
    expect(files[3].text).toContain("f32x4.relaxed_madd");
    expect(digits({ wasmFile: true, strict: true }).map(({ name }) => name)).toEqual([
      "digits.gen.js",
      "digits.gen.d.ts",
      "digits.gen.wasm",
    ]);
    expect(proveModule(files[0].text)).toEqual([]);
  });

  test("computes what the same code in the module does", () => {
    const [given, inline] = [
      module.create({ wasm: code, seed: 2 }),
      loadDigits({ strict: true }).create({ seed: 2 }),
    ];
    expect(train(given, 0, 5)).toEqual(train(inline, 0, 5));
    const again = module.create({ wasm: code, state: given.state });
    expect(train(again, 5, 8)).toEqual(train(inline, 5, 8));
    const [x] = rows(2, 3);
    const { probabilities } = module.createPredictor(given.state, { wasm: code }).predict(x);
    expect(probabilities.slice(0, 20)).toEqual(given.predict(x)["probabilities"].slice(0, 20));
  });

  test("is asked for, and another model's is refused", () => {
    const { state } = module.create({ wasm: code });
    const other = new WebAssembly.Module(filesOf(all["W2"], { wasmFile: true })[2].bytes!);
    const bare = new WebAssembly.Module(compiled("digits", { target: "wasm" }).wasm!.plain.bytes);
    const sentence =
      "the option wasm must be digits.gen.wasm or digits.relaxed.gen.wasm of this very build, compiled by WebAssembly.compile";
    for (const wasm of [undefined, null, files[2].bytes, Promise.resolve(code), other, bare]) {
      expect(() => module.create({ wasm })).toThrow(new RangeError(sentence));
      expect(() => module.createPredictor(state, { wasm })).toThrow(new RangeError(sentence));
    }
    expect(() => module.create()).toThrow(new RangeError(sentence));
    expect(() => module.createPredictor(state)).toThrow(new RangeError(sentence));
    const misspelt = { wasm: code, Wasm: code };
    expect(() => module.create(misspelt)).toThrow(new RangeError("option Wasm is none of wasm, seed, state"));
    expect(() => module.createPredictor(state, misspelt)).toThrow(
      new RangeError("option Wasm is none of wasm"),
    );
  });
});

test("several steps train as one export each, like their three parts", () => {
  const module = load(gan, { strict: true }) as unknown as {
    create(options: object): Net & { readonly steps: Readonly<Record<string, Net>> };
  };
  const [parts, whole] = [module.create({ seed: 2 }), module.create({ seed: 2 })];
  const x = Float32Array.from({ length: 64 * 5 }, randomFrom(5));
  for (let k = 0; k < 6; k++) {
    const name = k % 2 ? "generator" : "discriminator";
    const args = name === "generator" ? [5] : [x, 5];
    const loss = parts.steps[name].forward(...args);
    parts.steps[name].backward();
    parts.steps[name].update();
    expect(whole.steps[name].trainStep(...args)).toBe(loss);
    expect(bytes(whole)).toBe(bytes(parts));
  }
  // The module has the calls of each part once.
  const text = stageText(compile(gan, { target: "wasm", strict: true }), "code");
  const [, step] = /\(func \$trainStep\$2 [^]*?\n([^]*?)\n  \)\n/.exec(text)!;
  const calls = [...step.matchAll(/\(call \$([\w$]+)/g)].map(([, callee]) => callee);
  expect(calls).toEqual(["forward$2", "backward$2", "update$2", "commit$2"]);
});

// The short run takes what such a module names itself, and a sixth of the rest, all of which JavaScript is tried on.
const own = new Set(digits()[0].text.split(/\W+/));
const tried = process.env["GRADC_LONG"] ? names : names.filter((name, k) => own.has(name) || k % 6 === 0);
test.each(tried)("names are names: %j", (name) => {
  const hacked = globalThis as { hacked?: number };
  for (const model of [plain(name), stepsAndFunctions(name)]) {
    const [{ text }] = filesOf(model, { strict: true });
    expect(proveModule(text)).toEqual([]);
    const net = loadText(text).create({ seed: 1 }) as Net & { steps?: Readonly<Record<string, Net>> };
    const losses = net.steps
      ? Object.values(net.steps).map((step) => step.trainStep(new Float32Array(2)))
      : [net.trainStep(new Float32Array(2), new Int32Array(1))];
    expect(losses.every(Number.isFinite)).toBe(true);
  }
  expect(hacked.hacked).toBeUndefined();
});

test("runs where strings may not become code, and leaves no garbage in 10,000 steps", () => {
  writeFileSync(join(folder, "digits.gen.mjs"), digits()[0].text);
  const path = join(folder, "run.mjs");
  writeFileSync(
    path,
    `import { PerformanceObserver } from "node:perf_hooks";
import { create } from "./digits.gen.mjs";
try { new Function("1")(); console.log("strings may become code"); } catch {}
const net = create({ seed: 1 });
const [x, y] = [new Float32Array(4 * 64).fill(0.5), Int32Array.of(1, 2, 3, 4)];
const seen = [];
new PerformanceObserver((list) => { seen.push(...list.getEntries()); }).observe({ entryTypes: ["gc"] });
function run(count) {
  let total = 0;
  for (let k = 0; k < count; k++) total += net.trainStep(x, y);
  return total;
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
let loss = run(2000) + run(2000);
await pause();
globalThis.gc();
await pause();
const spans = [];
for (let w = 0; w < 5; w++) {
  const before = process.memoryUsage().heapUsed;
  const start = performance.now();
  loss += run(2000);
  spans.push({ start, end: performance.now(), grown: process.memoryUsage().heapUsed - before });
}
await pause();
// What steps leave behind shows in every span; V8's own compiling and housekeeping, on a busy machine, in some.
const inside = ({ start, end }) => seen.filter((entry) => entry.startTime >= start && entry.startTime <= end).length;
const [collections, grown] = [Math.min(...spans.map(inside)), Math.min(...spans.map((span) => span.grown))];
console.log(JSON.stringify({ collections, grown, step: net.step, finite: Number.isFinite(loss) }));`,
  );
  const out = execFileSync(
    process.execPath,
    ["--expose-gc", "--disallow-code-generation-from-strings", path],
    { encoding: "utf8", cwd: root },
  );
  const { grown, ...rest } = JSON.parse(out) as { grown: number };
  expect(rest).toEqual({ collections: 0, step: 14_000, finite: true });
  expect(grown).toBeLessThan(64 * 2000 + 20_000);
});
