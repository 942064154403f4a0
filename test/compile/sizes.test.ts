import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sizesOf } from "../../src/cli/sizes.ts";
import { compile } from "../../src/compile.ts";
import W4 from "../../bench/workloads/W4.model.ts";
import { compiled } from "./compiled.ts";

const zipped = (text: string): number => gzipSync(text, { level: 9 }).length;

describe("gzip sizes that apps count on", () => {
  test("of the functions of a training step in JavaScript, of a module of a small network", () => {
    const { loops, files } = compiled("W3");
    const phases = ["forward", "backward", "update"].flatMap((phase) => loops.calls.get(phase) ?? []);
    const names = new Set(phases.map(({ name }) => name));
    const functions = [...files[0].text.matchAll(/^(?:\/\/ .*\n)*function (\w+)\([^]*?^\}\n/gm)];
    const own = functions.filter(([, name]) => names.has(name)).map(([text]) => text);
    expect(own.length).toBe(names.size);
    expect(zipped(own.join("\n"))).toBeLessThanOrEqual(3300);
    expect(sizesOf(compiled("digits")).gzip).toBeLessThan(5000);
  });

  test("of modules with WebAssembly", () => {
    expect(sizesOf(compiled("W3", { target: "wasm", strict: true })).gzip).toBeLessThanOrEqual(5000);
    expect(sizesOf(compiled("W3", { target: "wasm" })).gzip).toBeLessThanOrEqual(6450);
    expect(sizesOf(compile(W4, { target: "wasm" })).gzip).toBeLessThanOrEqual(8600);
  });
});
