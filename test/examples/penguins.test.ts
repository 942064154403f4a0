import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { folder } from "../cli/helpers.ts";
import { exampleFile } from "./run.ts";

test("the script says in one line what to compile first", async () => {
  const name = "examples/penguins/train.mjs";
  const path = folder({ [name]: readFileSync(exampleFile("penguins/train.mjs"), "utf8") });
  const said = vi.spyOn(console, "error").mockReturnValue();
  const ended = vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Error(`ended with ${code}`);
  });
  try {
    const script = pathToFileURL(join(path, name)).href;
    await expect(import(/* @vite-ignore */ script)).rejects.toThrow("ended with 1");
    expect(said.mock.calls).toEqual([
      [
        "out/penguins.gen.js is not there yet. Run first: npx gradc compile examples/penguins/penguins.model.ts --target js --out-dir out",
      ],
    ]);
  } finally {
    said.mockRestore();
    ended.mockRestore();
  }
});
