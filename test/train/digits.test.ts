import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";

const written = vi.hoisted(() => [] as Uint8Array[]);
vi.mock(import("node:fs"), async (original) => ({
  ...(await original()),
  writeFileSync: (_path: unknown, bytes: unknown) => void written.push(bytes as Uint8Array),
}));

test("training the digits by hand gives the weights that are checked in, to the byte", async () => {
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  onTestFinished(() => said.mockRestore());
  const example = new URL("../../examples/digits/", import.meta.url);
  await import(/* @vite-ignore */ new URL("train.mjs", example).href);
  expect(written.length).toBe(1);
  expect(readFileSync(new URL("digits.safetensors", example)).equals(written[0])).toBe(true);
});
