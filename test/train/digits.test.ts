import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { writtenBy } from "../examples/written.ts";

test("training the digits by hand gives the weights that are checked in, to the byte", async () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  onTestFinished(() => said.mockRestore());
  const example = new URL("../../examples/digits/", import.meta.url);
  const written = await writtenBy(() => import(/* @vite-ignore */ new URL("train.mjs", example).href));
  expect(written.length).toBe(1);
  expect(readFileSync(new URL("digits.safetensors", example)).equals(written[0])).toBe(true);
});
