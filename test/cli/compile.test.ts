import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { baseName } from "gradc/compiler";
import { folder, gradc, tree } from "./helpers.ts";
import { tinyModel } from "./models.ts";

describe("compile", () => {
  test("writes the module beside the model and a line of sizes", async () => {
    const path = folder({ "m/tiny.model.ts": tinyModel() });
    const { code, out, err } = await gradc(path, ["compile", "m/tiny.model.ts"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n").slice(0, 2)).toEqual(["m/tiny.gen.js written", "m/tiny.gen.d.ts written"]);
    expect(out).toMatch(
      /\ntiny: code [\d.]+ k?B \(gzip [\d.]+ k?B\), arena .* \(bound .*\), .* of plain numbers, state .*, .*flop a row\n$/,
    );
    expect(tree(path)).toEqual(["m/tiny.gen.d.ts", "m/tiny.gen.js", "m/tiny.model.ts"]);
    expect(readFileSync(join(path, "m/tiny.gen.js"), "utf8")).not.toContain(path);
  });

  test("target ts, an out directory by name, and stages", async () => {
    const path = folder({ "tiny.model.ts": tinyModel() });
    const argv = ["compile", "tiny.model.ts", "--target", "ts", "--out-dir", "out/{name}", "--stages"];
    expect((await gradc(path, argv)).code).toBe(0);
    expect(tree(path)).toEqual([
      "out/tiny/1-forward.txt",
      "out/tiny/2-training.txt",
      "out/tiny/3-optimized.txt",
      "out/tiny/4-kernels.txt",
      "out/tiny/5-memory.txt",
      "out/tiny/6-loops.txt",
      "out/tiny/tiny.gen.ts",
      "tiny.model.ts",
    ]);
  });

  test("leaves what is unchanged alone", async () => {
    const path = folder({ "tiny.model.ts": tinyModel() });
    await gradc(path, ["compile", "tiny.model.ts"]);
    utimesSync(join(path, "tiny.gen.js"), 1, 1);
    const { out } = await gradc(path, ["compile", "tiny.model.ts"]);
    expect(out).toContain("tiny.gen.js unchanged");
    expect(statSync(join(path, "tiny.gen.js")).mtimeMs).toBe(1000);
  });

  test("one bad model among several: nothing is written", async () => {
    const path = folder({
      "a.model.ts": tinyModel("a"),
      "b.model.ts": "export default 1;\n",
      "a.gen.js": "old",
    });
    const { code, out, err } = await gradc(path, ["compile", "a.model.ts", "b.model.ts"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("error[model-export]: b.model.ts exports no model: default is a number");
    expect(readFileSync(join(path, "a.gen.js"), "utf8")).toBe("old");
    expect(tree(path)).toEqual(["a.gen.js", "a.model.ts", "b.model.ts"]);
  });

  test("an error of the model's build function names its line", async () => {
    const text = tinyModel().replace("return {", 'if (x) throw new Error("not today");\n    return {');
    const { code, err } = await gradc(folder({ "tiny.model.ts": text }), ["compile", "tiny.model.ts"]);
    expect(code).toBe(1);
    expect(err).toBe(
      'error[build]: the build function of model "tiny" failed: not today\n  at tiny.model.ts:11\n',
    );
  });

  test("two models must not write one file", async () => {
    const path = folder({ "a/m.model.ts": tinyModel("a"), "b/m.model.ts": tinyModel("b") });
    const { code, err } = await gradc(path, ["compile", "a/m.model.ts", "b/m.model.ts", "--out-dir", "out"]);
    expect(code).toBe(1);
    expect(err).toBe(
      'error[same-file]: a/m.model.ts and b/m.model.ts would both write "out/m.gen.js"\n  hint: give each its own directory: --out-dir "generated/{name}"\n',
    );
    expect(tree(path)).toEqual(["a/m.model.ts", "b/m.model.ts"]);
  });

  test("--json prints one object a model", async () => {
    const { out } = await gradc(folder({ "tiny.model.ts": tinyModel() }), [
      "compile",
      "tiny.model.ts",
      "--json",
    ]);
    const { model, files, sizes } = JSON.parse(out);
    expect(model).toBe("tiny.model.ts");
    expect(files[0]).toEqual({ path: "tiny.gen.js", changed: true });
    expect(sizes.gzip).toBeGreaterThan(0);
    expect(sizes.gzip).toBeLessThan(sizes.code);
  });

  test("the configuration names models, target and place; flags win", async () => {
    const config = `import { defineConfig } from "gradc/config";
export default defineConfig({ models: "models/*.model.ts", target: "ts", outDir: "generated/{name}" });\n`;
    const path = folder({ "gradc.config.ts": config, "models/tiny.model.ts": tinyModel() });
    expect((await gradc(path, ["compile"])).code).toBe(0);
    expect(tree(path)).toContain("generated/tiny/tiny.gen.ts");
    expect((await gradc(path, ["compile", "--target", "js"])).code).toBe(0);
    expect(tree(path)).toContain("generated/tiny/tiny.gen.js");
  });
});

test("the configuration speaks only for the models it lists; who asks for a place gets no stages", async () => {
  const config = `export default { models: "models/*.model.ts", target: "ts", outDir: "generated/{name}", stages: true };\n`;
  const path = folder({
    "gradc.config.ts": config,
    "models/tiny.model.ts": tinyModel(),
    "other.model.ts": tinyModel("other"),
  });
  expect((await gradc(path, ["compile", "other.model.ts"])).code).toBe(0);
  expect(tree(path)).toContain("other.gen.js");
  expect((await gradc(path, ["compile", "./models/tiny.model.ts", "--target", "js"])).code).toBe(0);
  expect(tree(path).filter((file) => file.startsWith("generated"))).toEqual([
    "generated/tiny/tiny.gen.d.ts",
    "generated/tiny/tiny.gen.js",
  ]);
  expect((await gradc(path, ["compile", "models/tiny.model.ts", "--out-dir", "out"])).code).toBe(0);
  expect(tree(path).filter((file) => file.startsWith("out"))).toEqual(["out/tiny.gen.ts"]);
  expect((await gradc(path, ["compile"])).code).toBe(0);
  expect(tree(path)).toContain("generated/tiny/6-loops.txt");
});

test("a model's files are called after its file, whatever kind of TypeScript it is", async () => {
  const names = ["m.model.ts", "m.model.tsx", "m.model.mts", "m.cjs", "m.model.js", "m.model", "m"];
  expect(new Set(names.map(baseName))).toEqual(new Set(["m"]));
  expect(["model.ts", "a.model.model.ts", "a.ts.ts"].map(baseName)).toEqual(["model", "a.model", "a.ts"]);
  const path = folder({ "m.model.tsx": tinyModel() });
  expect((await gradc(path, ["compile", "m.model.tsx", "--out-dir", "out/{name}"])).code).toBe(0);
  expect(tree(path)).toEqual(["m.model.tsx", "out/m/m.gen.d.ts", "out/m/m.gen.js"]);
});

describe("compile --check", () => {
  test("lists what is stale, writes nothing, and ends with 1", async () => {
    const path = folder({ "tiny.model.ts": tinyModel() });
    const before = await gradc(path, ["compile", "tiny.model.ts", "--check"]);
    expect(before.code).toBe(1);
    expect(before.out).toBe(
      "tiny.gen.js: missing\ntiny.gen.d.ts: missing\n2 findings; run gradc compile with the same options to bring files up to date\n",
    );
    expect(tree(path)).toEqual(["tiny.model.ts"]);
    await gradc(path, ["compile", "tiny.model.ts"]);
    expect(await gradc(path, ["compile", "tiny.model.ts", "--check"])).toEqual({
      code: 0,
      out: "1 model up to date\n",
      err: "",
    });
    writeFileSync(join(path, "tiny.model.ts"), tinyModel("tiny", 4));
    const after = await gradc(path, ["compile", "tiny.model.ts", "--check", "--json"]);
    expect(after.code).toBe(1);
    expect(JSON.parse(after.out).stale[0]).toEqual({ path: "tiny.gen.js", reason: "out of date" });
  });

  test("checks the TypeScript target too", async () => {
    const path = folder({ "tiny.model.ts": tinyModel() });
    await gradc(path, ["compile", "tiny.model.ts", "--target", "ts"]);
    expect((await gradc(path, ["compile", "tiny.model.ts", "--target", "ts", "--check"])).code).toBe(0);
  });
});

test("compile --watch compiles again after a change of an imported file, and survives an error", async () => {
  const units = (count: number): string => `export const units = ${count};\n`;
  const text = tinyModel()
    .replace("units: 3", "units")
    .replace("\nconst n", '\nimport { units } from "./units.ts";\nconst n');
  const path = folder({ "tiny.model.ts": text, "units.ts": units(3) });
  const stop = new AbortController();
  const watching = gradc(path, ["compile", "tiny.model.ts", "--watch"], stop.signal);
  const generated = join(path, "tiny.gen.js");
  const settled = async (ready: () => boolean): Promise<void> => {
    for (let k = 0; k < 200 && !ready(); k++) await new Promise((resolve) => setTimeout(resolve, 25));
    expect(ready()).toBe(true);
  };
  await settled(() => tree(path).includes("tiny.gen.d.ts"));
  const first = readFileSync(generated, "utf8");
  await new Promise((resolve) => setTimeout(resolve, 100));
  writeFileSync(join(path, "units.ts"), "export const units = ;\n");
  await new Promise((resolve) => setTimeout(resolve, 400));
  writeFileSync(join(path, "units.ts"), units(5));
  await settled(() => readFileSync(generated, "utf8") !== first);
  stop.abort();
  const { code, err } = await watching;
  expect(code).toBe(0);
  expect(err).toContain(
    "error[model-syntax]: tiny.model.ts does not parse: unexpected token\n  at units.ts:1:22\n",
  );
});
