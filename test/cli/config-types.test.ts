import { expect, test } from "vitest";
import { defineConfig } from "../../src/config.ts";

test("defineConfig gives back what it was given", () => {
  const config = { models: ["a.model.ts"], target: "ts", stages: true } as const;
  expect(defineConfig(config)).toBe(config);
});
