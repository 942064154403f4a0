import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { emit, type Emission } from "../src/cli/compile/emit.ts";
import { loadConfig, modelPaths } from "../src/cli/load-config.ts";
import { diskAt } from "../src/disk.ts";

// UPDATE=1 writes what is compared otherwise, as `npm run generate` does.
const update = Boolean(process.env["UPDATE"]);
const disk = diskAt(fileURLToPath(new URL("..", import.meta.url)));
const config = await loadConfig(disk);
const paths = modelPaths(disk, [], config);

/** Both targets where both are checked in: scripts of these examples import the JavaScript module. */
const scripted = ["autoencoder", "digits", "gan", "mnist", "weather-gru", "words-gpt", "words-lstm"];
async function emissionsOf(path: string): Promise<readonly Emission[]> {
  const settings = { ...config, stages: true, debug: false };
  const targets = scripted.includes(path.split("/")[1]) ? (["ts", "js"] as const) : (["ts"] as const);
  const emissions: Emission[] = [];
  for (const target of targets) emissions.push(await emit(disk, path, { ...settings, target }));
  return emissions;
}

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
      expect(found === file.content, `${file.path} is out of date; run npm run generate`).toBe(true);
    }
    // Whatever was made after the model's own code had run would name a line of whoever compiled it.
    const places = files.flatMap(({ content }) => String(content).match(/[\w.-]+\.[cm]?[jt]s:\d+/g) ?? []);
    const model = path.split("/").at(-1) as string;
    expect(places.filter((place) => !place.startsWith(`${model}:`))).toEqual([]);
    const names = new Set(files.map((file) => file.path));
    const folder = join(files[0].path, "..");
    const strangers = readdirSync(disk.absolute(folder)).filter((name) => !names.has(join(folder, name)));
    expect(strangers).toEqual([]);
  });
});
