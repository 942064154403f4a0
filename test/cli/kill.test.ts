import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { diskAt } from "../../src/disk.ts";
import { folder, tree } from "./helpers.ts";

const kills = process.env["GRADC_LONG"] ? 200 : 10;
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Writes two large files again and again until it is killed. */
const writer = `
import { diskAt } from ${JSON.stringify(join(root, "src/disk.ts"))};
const disk = diskAt(process.argv[2]);
for (let k = 0; ; k++) {
  const content = String(k % 10).repeat(400_000);
  disk.writeAtomically([{ path: "a.txt", content }, { path: "b.txt", content }]);
  if (k === 0) console.log("started");
}
`;

test("a killed writer leaves no half file, and the next one cleans up", async () => {
  const path = folder({ "writer.ts": writer });
  const jiti = join(root, "node_modules/jiti/lib/jiti-cli.mjs");
  for (let k = 0; k < kills; k++) {
    const child = spawn(process.execPath, [jiti, join(path, "writer.ts"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    // Moments spread over several rounds of writing.
    await new Promise((resolve) => setTimeout(resolve, (k * 7) % 23));
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    for (const name of ["a.txt", "b.txt"].filter((name) => existsSync(join(path, name)))) {
      const text = readFileSync(join(path, name), "utf8");
      expect(text === text[0].repeat(400_000)).toBe(true);
    }
  }
  diskAt(path).writeAtomically(["a.txt", "b.txt"].map((name) => ({ path: name, content: "end" })));
  expect(tree(path)).toEqual(["a.txt", "b.txt", "writer.ts"]);
});
