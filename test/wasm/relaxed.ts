import { setFlagsFromString } from "node:v8";
import { afterAll, beforeAll } from "vitest";

/** While the tests of a file run, the host has relaxed instructions; Node 20 hides them behind a flag. */
export function allowRelaxed(): void {
  if (!process.versions.node.startsWith("20.")) return;
  beforeAll(() => setFlagsFromString("--experimental-wasm-relaxed-simd"));
  afterAll(() => setFlagsFromString("--no-experimental-wasm-relaxed-simd"));
}
