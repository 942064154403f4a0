import { expect, test } from "vitest";
import { w, type Code, type Local } from "../../src/backends/wasm/encode/code.ts";
import { withoutIdleZeros } from "../../src/backends/wasm/zeros.ts";

const local = (name: string): Local => ({ name, type: "i32" });
const [n, i, j] = ["n", "i", "j"].map(local);
const zero = (x: Local): Code => w.set(x, w.i32(0));

test("a local is set to 0 only where it may be something else", () => {
  const loop = w.loop("again", [zero(j), w.set(i, w.op("i32.add", w.tee(j, w.get(n)), w.i32(1)))]);
  // Parameters come with a value, and what a loop sets is set again after it.
  const body = [zero(i), zero(n), loop, zero(i), zero(j), w.set(i, w.i32(3))];
  expect(withoutIdleZeros(body, [n])).toEqual([zero(n), loop, zero(i), zero(j), w.set(i, w.i32(3))]);
});

test("but not to a zero with a sign, nor to anything else", () => {
  const [f, v] = [{ name: "f", type: "f64" } as const, { name: "v", type: "v128" } as const];
  const vector = (x: number): Code => w.set(v, w.vector({ shape: "f32x4", values: [0, 0, x, 0] }));
  expect(withoutIdleZeros([w.set(f, w.f64(-0))], [])).toHaveLength(1);
  expect(withoutIdleZeros([w.set(f, w.f64(0))], [])).toHaveLength(0);
  expect(withoutIdleZeros([vector(-0)], [])).toHaveLength(1);
  expect(withoutIdleZeros([vector(0)], [])).toHaveLength(0);
});
