import { expect, test } from "vitest";
import { defineConfig } from "../../src/config.ts";

test("defineConfig gives back what it was given", () => {
  const config = { models: ["a.model.ts"], target: "ts", stages: true } as const;
  expect(defineConfig(config)).toBe(config);
});

test("defineConfig refuses settings that do not exist", () => {
  expect(() => defineConfig({ stage: true } as object)).toThrow(
    /^defineConfig has no option "stage"\n {2}at config-types\.test\.ts:\d+\n {2}hint: did you mean "stages"\?$/,
  );
});
