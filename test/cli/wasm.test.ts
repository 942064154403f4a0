import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { chooseTarget } from "../../src/target.ts";
import { folder, gradc, tree } from "./helpers.ts";
import { stepsModel, tinyModel, tinyTable } from "./models.ts";

const tiny = (): string => folder({ "tiny.model.ts": tinyModel() });
const compile = ["compile", "tiny.model.ts", "--target", "wasm"];

describe("compile --target wasm", () => {
  test("writes what the target js writes, with every stage and the code as text where asked", async () => {
    const path = tiny();
    const { code, out, err } = await gradc(path, [...compile, "--stages"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/\ntiny: code [\d.]+ kB \(gzip [\d.]+ kB\), arena /);
    const stages = ["1-forward", "2-training", "3-optimized", "4-kernels", "5-memory", "6-loops"];
    expect(tree(path)).toEqual([
      ...stages.map((stage) => `${stage}.txt`),
      "7-code.wat",
      "tiny.gen.d.ts",
      "tiny.gen.js",
      "tiny.model.ts",
    ]);
    expect(readFileSync(join(path, "7-code.wat"), "utf8")).toContain("(module");
  });

  test("--wasm-file puts the code beside, for a program that compiles it", async () => {
    const path = tiny();
    const { out } = await gradc(path, [...compile, "--wasm-file"]);
    expect(tree(path)).toEqual([
      "tiny.gen.d.ts",
      "tiny.gen.js",
      "tiny.gen.wasm",
      "tiny.model.ts",
      "tiny.relaxed.gen.wasm",
    ]);
    expect(out).toContain("tiny.relaxed.gen.wasm written");
    const url = pathToFileURL(join(path, "tiny.gen.js")).href;
    const { create } = (await import(/* @vite-ignore */ url)) as {
      create: (options: object) => { predict: (x: Float32Array) => { probabilities: Float32Array } };
    };
    const wasm = new WebAssembly.Module(readFileSync(join(path, "tiny.gen.wasm")));
    const { probabilities } = create({ wasm, seed: 1 }).predict(Float32Array.of(1, 2));
    expect(probabilities[0] + probabilities[1] + probabilities[2]).toBeCloseTo(1, 6);
    const strict = tiny();
    await gradc(strict, [...compile, "--wasm-file", "--strict"]);
    expect(tree(strict)).not.toContain("tiny.relaxed.gen.wasm");
  });

  test("--check compares bytes, and looks through the module", async () => {
    const path = tiny();
    await gradc(path, [...compile, "--wasm-file"]);
    const check = [...compile, "--wasm-file", "--check"];
    expect(await gradc(path, check)).toEqual({ code: 0, out: "1 model up to date\n", err: "" });
    const file = join(path, "tiny.gen.wasm");
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(file, bytes);
    const { code, out } = await gradc(path, check);
    expect(code).toBe(1);
    expect(out).toMatch(/^tiny\.gen\.wasm: out of date\n1 finding;/);
    expect((await gradc(path, [...compile, "--check"])).out).toMatch(/^tiny\.gen\.js: out of date\n/);
  });

  test("code that an earlier build left beside is removed, reported by --check, and fits no other build", async () => {
    const path = tiny();
    await gradc(path, [...compile, "--wasm-file"]);
    const [plain, before] = ["tiny.gen.wasm", "tiny.relaxed.gen.wasm"].map((name) =>
      readFileSync(join(path, name)),
    );
    // What gradc did not write stays, and so does what belongs to a module of that very name.
    writeFileSync(join(path, "other.gen.wasm"), before);
    const strict = [...compile, "--wasm-file", "--strict"];
    const checked = await gradc(path, [...strict, "--check"]);
    expect(checked.code).toBe(1);
    expect(checked.out).toContain("tiny.relaxed.gen.wasm: left by another build\n");
    const { code, out } = await gradc(path, strict);
    expect(code).toBe(0);
    expect(out).toContain("tiny.relaxed.gen.wasm removed: left by another build\n");
    const left = ["other.gen.wasm", "tiny.gen.d.ts", "tiny.gen.js", "tiny.gen.wasm", "tiny.model.ts"];
    expect(tree(path)).toEqual(left);
    expect((await gradc(path, [...strict, "--check"])).code).toBe(0);
    const url = pathToFileURL(join(path, "tiny.gen.js")).href;
    const { create } = (await import(/* @vite-ignore */ url)) as { create: (options: object) => object };
    // Hosts without relaxed SIMD do not compile the other one at all; both carry the key of their build.
    expect(before.subarray(-14)).toEqual(plain.subarray(-14));
    expect(() => create({ wasm: new WebAssembly.Module(plain) })).toThrow("tiny.gen.wasm of this very build");

    writeFileSync(join(path, "tiny.relaxed.gen.wasm"), "mine");
    const inline = JSON.parse((await gradc(path, [...compile, "--json"])).out) as { removed: string[] };
    expect(inline.removed).toEqual(["tiny.gen.wasm"]);
    expect(readFileSync(join(path, "tiny.relaxed.gen.wasm"), "utf8")).toBe("mine");
    writeFileSync(join(path, "tiny.relaxed.gen.wasm"), before);
    writeFileSync(join(path, "tiny.relaxed.gen.js"), "");
    await gradc(path, ["compile", "tiny.model.ts", "--target", "ts"]);
    await gradc(path, ["compile", "tiny.model.ts"]);
    expect(tree(path)).toContain("tiny.relaxed.gen.wasm");
  });

  test("the text of the code goes with the code", async () => {
    const path = tiny();
    await gradc(path, [...compile, "--stages"]);
    await gradc(path, ["compile", "tiny.model.ts"]);
    expect(tree(path)).toContain("7-code.wat");
    const { out } = await gradc(path, ["compile", "tiny.model.ts", "--stages"]);
    expect(out).toContain("7-code.wat removed: left by another build\n");
    expect(tree(path)).not.toContain("7-code.wat");
  });

  test.each([
    ["small", 3, /^tiny: target js: \d+ operations a step, fewer than the 500 that wasm is for\n$/, false],
    [
      "larger",
      200,
      /^tiny: target wasm: [\d,]+ operations a step, at least the 500 that wasm is for\n$/,
      true,
    ],
  ])("--target auto chooses for a %s model and says why", async (_, units, line, isWasm) => {
    const path = folder({ "tiny.model.ts": tinyModel("tiny", units) });
    const auto = ["compile", "tiny.model.ts", "--target", "auto"];
    const { code, err } = await gradc(path, auto);
    expect(code).toBe(0);
    expect(err).toMatch(line);
    expect(readFileSync(join(path, "tiny.gen.js"), "utf8").includes("WebAssembly")).toBe(isWasm);
    expect((await gradc(path, [...auto, "--check"])).code).toBe(0);
    writeFileSync(join(path, "gradc.config.ts"), 'export default { target: "auto", wasmFile: true };');
    expect((await gradc(path, ["compile", "tiny.model.ts"])).err).toMatch(line);
    expect(tree(path).includes("tiny.gen.wasm")).toBe(isWasm);
  });

  test("gradc.config.ts may say it, and a flag for another target wins over all of it", async () => {
    const path = folder({
      "tiny.model.ts": tinyModel(),
      "gradc.config.ts":
        'export default { models: "*.model.ts", target: "wasm", strict: true, wasmFile: true };\n',
    });
    expect((await gradc(path, ["compile"])).code).toBe(0);
    expect(tree(path)).toContain("tiny.gen.wasm");
    expect(tree(path)).not.toContain("tiny.relaxed.gen.wasm");
    const { code, err } = await gradc(path, ["compile", "--target", "js"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(readFileSync(join(path, "tiny.gen.js"), "utf8")).not.toContain("WebAssembly");
  });
});

test("inspect shows the kernels as text, with relaxed SIMD unless told otherwise", async () => {
  const path = tiny();
  const inspect = ["inspect", "tiny.model.ts", "--stage", "code", "--target", "wasm"];
  const { code, out } = await gradc(path, inspect);
  expect(code).toBe(0);
  expect(out).toMatch(/^\(module\n/);
  expect(out).toContain('(export "t")');
  expect(out).toContain("relaxed");
  expect((await gradc(path, [...inspect, "--strict"])).out).not.toContain("relaxed");
  const json = JSON.parse((await gradc(path, [...inspect, "--format", "json"])).out) as object;
  expect(Object.keys(json)).toEqual(["stage", "files", "wat"]);
});

test("bench times the module and its kernels", async () => {
  const path = tiny();
  const argv = ["bench", "tiny.model.ts", "--target", "wasm", "--samples", "1", "--json"];
  const whole = JSON.parse((await gradc(path, argv)).out) as { times: { name: string }[] };
  expect(whole.times.map(({ name }) => name)).toContain("trainStep");
  const parts = JSON.parse((await gradc(path, [...argv, "--kernels"])).out) as {
    kernels: { kernel: string; median: number }[];
  };
  expect(parts.kernels.map(({ kernel }) => kernel)).toContain("logits_forward");
  expect(parts.kernels.every(({ median }) => median > 0)).toBe(true);
});

describe("check compares wasm with js", () => {
  test.each([
    ["one step", tinyModel(), "after update: logits/bias"],
    ["several steps and functions", stepsModel(), "decode: b"],
  ])("%s", async (_, model, tensor) => {
    const path = folder({ "m.model.ts": model });
    const { code, out } = await gradc(path, ["check", "m.model.ts"]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`\\nwasm against js +${tensor} +\\d+ +\\S+ +1e-4 +ok\\n`));
    expect((await gradc(path, ["check", "m.model.ts", "--target", "js"])).out).not.toContain("wasm");
  });
});

describe("train", () => {
  const argv = ["train", "tiny.model.ts", "--data", "t.csv", "--epochs", "10"];
  const emitted = (path: string): string => readFileSync(join(path, "out/tiny/tiny.gen.js"), "utf8");

  test.each([
    ["small", 3, /^target js: \d+ operations a step, fewer than the 500 that wasm is for$/m, false],
    ["larger", 200, /^target wasm: [\d,]+ operations a step, at least the 500 that wasm is for$/m, true],
  ])("chooses a target for a %s model and says why", async (_, units, line, isWasm) => {
    const path = folder({ "tiny.model.ts": tinyModel("tiny", units), "t.csv": tinyTable() });
    const { code, err } = await gradc(path, argv);
    expect(code).toBe(0);
    expect(err).toMatch(line);
    expect(emitted(path).includes("WebAssembly")).toBe(isWasm);
    // A seed means the same weights on every host.
    expect(emitted(path)).not.toContain("relaxed");
  });

  test.each(["js", "wasm"])("takes the target %s as given, without a word", async (target) => {
    const path = folder({ "tiny.model.ts": tinyModel(), "t.csv": tinyTable() });
    const { code, err, out } = await gradc(path, [...argv, "--target", target]);
    expect(code).toBe(0);
    expect(err).not.toContain("target");
    expect(out).toMatch(/test accuracy 1\.0000\n$/);
    expect(emitted(path).includes("relaxed SIMD")).toBe(target === "wasm");
  });
});

test("the choice goes by the work of a step, and float64 is for js", () => {
  expect(chooseTarget(100, 4, "f32").target).toBe("js");
  expect(chooseTarget(100, 5, "f32")).toEqual({
    target: "wasm",
    reason: "500 operations a step, at least the 500 that wasm is for",
  });
  expect(chooseTarget(1e9, 64, "f64")).toEqual({ target: "js", reason: "wasm has no float64 build" });
});
