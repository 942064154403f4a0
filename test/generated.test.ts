import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emit, type Emission } from "../src/cli/compile/emit.ts";
import { loadConfig, modelPaths } from "../src/cli/load-config.ts";
import { diskAt } from "../src/disk.ts";

// UPDATE=1 writes what is compared otherwise, as `npm run generate` does.
const update = Boolean(process.env["UPDATE"]);
const disk = diskAt(fileURLToPath(new URL("..", import.meta.url)));
const config = await loadConfig(disk);
const paths = modelPaths(disk, [], config);

/** What is checked in beyond what the configuration says. */
const more = JSON.parse(disk.readText("scripts/examples.json")) as readonly {
  readonly target: "js" | "wasm";
  readonly outDir?: string;
  readonly stages?: boolean;
  readonly examples: readonly string[];
}[];
async function emissionsOf(path: string): Promise<readonly Emission[]> {
  const base = { ...config, target: config.target!, stages: true, debug: false };
  const others = more.filter(({ examples }) => examples.includes(path.split("/")[1]));
  const emissions = [await emit(disk, path, base)];
  for (const { target, outDir = config.outDir, stages = false } of others)
    emissions.push(await emit(disk, path, { ...base, target, outDir, stages }));
  return emissions;
}

// The runner of the tests maps lines of models that other files have imported; here they are read as the command does.
const engine = Error as { prepareStackTrace?: typeof Error.prepareStackTrace };
const { prepareStackTrace } = engine;
beforeAll(() => void (engine.prepareStackTrace = undefined));
afterAll(() => void (engine.prepareStackTrace = prepareStackTrace));

test("every example is compiled", () => {
  const shared = ["data", "words"]; // what several examples use
  const examples = readdirSync(disk.absolute("examples")).filter((name) => !shared.includes(name));
  expect(paths).toEqual(examples.map((name) => `examples/${name}/${name}.model.ts`));
  expect(readdirSync(disk.absolute("generated"))).toEqual(examples);
});

describe.each(paths)("%s", (path) => {
  test("what is checked in is what compiling writes now", async () => {
    const files = (await emissionsOf(path)).flatMap((emission) => emission.files);
    if (update) disk.writeAtomically(files);
    for (const file of files) {
      const found = disk.isFile(file.path) ? disk.readText(file.path) : "";
      if (found === file.content) continue;
      const lines = String(file.content).split("\n");
      const at = found.split("\n").findIndex((line, k) => line !== lines[k]);
      expect.fail(`${file.path} is out of date from line ${at + 1} on; run npm run generate\n  ${lines[at]}`);
    }
    // Whatever was made after the model's own code had run would name a line of whoever compiled it.
    const places = files.flatMap(({ content }) => String(content).match(/[\w.-]+\.[cm]?[jt]s:\d+/g) ?? []);
    const model = path.split("/").at(-1) as string;
    expect(places.filter((place) => !place.startsWith(`${model}:`))).toEqual([]);
    const names = new Set(files.map((file) => file.path));
    const folder = dirname(files[0].path);
    const found = readdirSync(disk.absolute(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(folder, relative(disk.absolute(folder), entry.parentPath), entry.name));
    expect(found.filter((name) => !names.has(name))).toEqual([]);
  });
});
