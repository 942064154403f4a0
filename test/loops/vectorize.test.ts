import { describe, expect, test } from "vitest";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { prepare } from "../../src/eval/interpret.ts";
import type { LoopFunction, LoopStmt } from "../../src/ir/loop.ts";
import { visitExprs, visitStmts } from "../../src/ir/loop-walk.ts";
import { parseLoop } from "../../src/ir/text/loop-parse.ts";
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import { freshNames } from "../../src/lower/names.ts";
import { whyScalar } from "../../src/lower/lane-check.ts";
import { splitRanges } from "../../src/lower/split.ts";
import { vectorizeAxes } from "../../src/lower/vectorize.ts";

const none: ReadonlySet<string> = new Set();
const parsed = (body: string): LoopFunction =>
  parseLoop(`function f(x: f32s, y: f32s, d: f64s, k: i32s, n: index): void { ${body} }`);
const dtypes = new Map([["x", "f32"], ["y", "f32"], ["d", "f64"], ["k", "i32"]]); // prettier-ignore

/** The first loop over i. */
function loopOf(fn: LoopFunction): LoopStmt & { kind: "for" } {
  let found: LoopStmt | undefined;
  visitStmts(fn.body, (stmt) => {
    if (stmt.kind === "for" && stmt.name === "i") found ??= stmt;
  });
  return found as LoopStmt & { kind: "for" };
}

describe("a loop stays scalar where four iterations at once would be something else", () => {
  test.each([
    ["for (let i = 0; i < 16; i++) { y[0] = x[i]; }", "overwrites y"],
    ["for (let i = 0; i < 16; i++) { y[i + 1] = y[i] + x[i]; }", "reads y elsewhere than it writes"],
    ["for (let i = 0; i < 16; i++) { y[i] = y[15 - i] + x[i]; }", "reads y elsewhere than it writes"],
    ["for (let i = 0; i < 16; i++) { y[i + n * 8] = y[i] + x[i]; }", "reads y elsewhere than it writes"],
    ["for (let i = 0; i < 16; i++) { y[i] = x[i]; y[i + 1] = 0; }", "writes y in two places"],
    ["let s: f32 = 0; for (let i = 0; i < 16; i++) { s = s * x[i] - 1; } y[0] = s;", "carries s from one iteration to the next"],
    ["let s: f32 = 0; for (let i = 0; i < 16; i++) { s = s + x[i]; s = Math.max(s, x[i]); } y[0] = s;", "carries s from one iteration to the next"],
    ["let s: f32 = 0; for (let i = 0; i < 16; i++) { s = s + x[i]; y[i] = s; }", "reads s while folding it"],
    ["for (let i = 0; i < 16; i++) { if (x[i] < 0) { y[i] = 1; } }", "decides for each iteration"],
    ["for (let i = 0; i < 16; i++) { for (let j = 0; j < i; j++) { y[i] = x[j]; } }", "holds a loop of varying length"],
    ["for (let i = 0; i < 16; i++) { y[i] = f32(d[i]); }", "reads float64"],
    ["for (let i = 0; i < 1; i++) { y[i] = x[i]; }", "is too short"],
    ["let s: f32 = 0; for (let i = 0; i < 3; i++) { s = s + x[i]; } y[0] = s;", "is too short"],
    ["for (let i = 0; i < 16; i += 2) { y[i] = x[i]; }", "does not count by one from a known start"],
  ])("%s", (body, why) => expect(whyScalar(loopOf(parsed(body)), dtypes, none)).toBe(why)); // prettier-ignore
});

/** What a function leaves in its arrays. */
function ran(fn: LoopFunction, n: number): number[][] {
  const numbers = (count: number, at: (k: number) => number): number[] => Array.from({ length: count }, (_, k) => at(k)); // prettier-ignore
  const x = Float32Array.from(numbers(96, (k) => Math.sin(k * 1.7) * 3));
  const y = Float32Array.from(numbers(96, (k) => Math.cos(k * 0.9)));
  const d = Float64Array.from(numbers(96, (k) => k / 7));
  const k = Int32Array.from(numbers(96, (j) => (j * 5) % 11));
  prepare(fn, [x, y, d, k])([n]);
  return [x, y, d, k].map((array) => [...array]);
}

describe("in lanes a loop leaves behind what it leaves one by one", () => {
  const bodies = [
    "y[i] = x[i] * 2 - y[i];",
    "y[i] = x[i * 3];",
    "y[i] = x[40 - i];",
    "y[i * 2 + 1] = x[i];",
    "y[i] = y[i] + x[i % 5];",
    "y[i] = select(x[i] < y[i], x[i], f32(i));",
    "y[i] = select(n < 3, x[i], y[i]);",
    "y[i] = 2 <= i && i < 9 ? x[i - 2] : 0;",
    "y[i] = n < 3 ? x[i] : x[i + 1];",
    "k[i] = k[i] * 3 + i32(i);",
    "k[i] = i32(select(k[i] < 4 && !(k[i] === 2), 1, 0));",
    "d[i] = f64(x[i]);",
    "const t: f32 = x[i] * x[7]; y[i] = t * t;",
    "for (let j = 0; j < 3; j++) { y[i + j * 16] = x[i + j] * x[j]; }",
    "y[i + n % 2 * 48] = y[i + (n + 1) % 2 * 48] + 1;",
  ];
  const folds = [
    "s = s + x[i] * x[i];",
    "s = Math.max(s, x[i]);",
    "s = Math.min(s, x[i * 2]);",
    "s = s * (1 + x[i] / 64);",
    "s = s + 0.5;",
  ];
  const ends = ["2", "3", "4", "5", "7", "8", "11", "16", "n", "n * 4", "n * 3"];
  const whole = [
    ...bodies.map((body) => (end: string) => `for (let i = 0; i < ${end}; i++) { ${body} }`),
    ...folds.map((fold) => (end: string) => `let s: f32 = 1; for (let i = 0; i < ${end}; i++) { ${fold} } y[90] = s;`), // prettier-ignore
    ...folds.slice(0, 1).map((fold) => (end: string) => `let s: f64 = 0; for (let i = 0; i < ${end}; i++) { ${fold.replace("x[i] * x[i]", "f64(x[i])")} } y[90] = f32(s);`), // prettier-ignore
  ];
  test.each(whole.map((text) => ({ name: text("…"), text })))("$name", ({ text }) => {
    let wide = 0;
    for (const end of ends) {
      const fn = parsed(text(end));
      expect(verifyLoop(fn)).toEqual([]);
      const body = vectorizeAxes(fn.body, ["i"], wasmBackend, freshNames(fn.body), dtypes, none);
      const made: LoopFunction = { ...fn, body };
      expect(verifyLoop(made), text(end)).toEqual([]);
      visitExprs(body, (x) => (wide += x.lanes === 4 ? 1 : 0));
      for (const n of [1, 2, 3, 4, 5]) {
        const [expected, found] = [ran(fn, n), ran(made, n)];
        const furthest = expected.flatMap((array, a) =>
          array.map((value, at) => Math.abs(found[a][at] - value) / Math.max(1, Math.abs(value))),
        );
        // A fold in lanes adds in another order.
        const most = text(end).startsWith("let s") ? 2e-6 : 0;
        expect(Math.max(...furthest), `${text(end)} for n = ${n}`).toBeLessThanOrEqual(most);
      }
    }
    // Some of the ends are long enough for lanes, so that something was compared.
    expect(wide).toBeGreaterThan(0);
  });

  describe("vectors that reach beyond the end of a loop", () => {
    const open = { axes: new Set(["i"]), arrays: new Map([["x", 14], ["y", 14]]) }; // prettier-ignore
    const widened = (fn: LoopFunction): LoopFunction => {
      const body = vectorizeAxes(fn.body, ["i"], wasmBackend, freshNames(fn.body), dtypes, none, open);
      expect(verifyLoop({ ...fn, body })).toEqual([]);
      return { ...fn, body };
    };
    const loops = (fn: LoopFunction): number => {
      let count = 0;
      visitStmts(fn.body, (stmt) => (count += stmt.kind === "for" && stmt.name === "i" ? 1 : 0));
      return count;
    };

    test.each([
      "y[i] = x[i] * 2 - y[i];",
      "y[i] = x[i * 3] + x[n - 1];",
      "for (let j = 0; j < 3; j++) { y[i] = y[i] + x[i + j * 8]; }",
      "y[i] = select(x[i] < y[i], x[i], f32(i));",
      "k[i] = i32(select(k[i] < 4 && !(k[i] === 2), 1, 0));",
      "s = s + x[i] * x[i];",
      "s = Math.max(s, x[i]);",
      "s = Math.min(s, x[i * 2]);",
      "s = s * (1 + x[i] / 64);",
      "s = s + 0.5;",
    ])("join no fold with what they have there, and do the same before it: %s", (inside) => {
      for (const [end, times] of [
        ["n", 1],
        ["n * 3", 3],
      ] as const) {
        const fn = parsed(`let s: f32 = 1; for (let i = 0; i < ${end}; i++) { ${inside} } y[90] = s;`); // prettier-ignore
        const made = widened(fn);
        expect(loops(made)).toBe(1);
        for (const n of [1, 2, 4, 5, 7]) {
          const [expected, found] = [ran(fn, n), ran(made, n)].map(([, y, , k]) => [
            ...y.slice(0, times * n),
            ...k.slice(0, times * n),
            y[90],
          ]);
          for (const [at, value] of expected.entries())
            expect(Math.abs(found[at] - value), `${end} for n = ${n}`).toBeLessThanOrEqual(
              2e-6 * Math.abs(value),
            );
        }
      }
    });

    test.each([
      "y[i] = x[n - i];",
      "y[i] = x[40 - i];",
      "y[i] = x[i + n];",
      "y[i] = x[index(k[i])];",
      "y[i] = i < 3 ? x[i] : x[i + 1];",
      "k[i] = k[i] / k[i + 8];",
      "y[index(k[i])] = x[i];",
    ])("do not where that would be an address or a number to divide by: %s", (inside) => {
      const fn = parsed(`for (let i = 0; i < n; i++) { ${inside} }`);
      expect(verifyLoop(fn)).toEqual([]);
      const made = widened(fn);
      for (const n of [1, 2, 5, 7]) expect(ran(made, n)).toEqual(ran(fn, n));
    });

    test("pass over whole arrays that have room for it, and change nothing before their ends", () => {
      const fn = parsed("for (let i = 0; i < 14; i++) { y[i] = Math.max(x[i] * 2, x[3]); }");
      const made = widened(fn);
      expect(loops(made)).toBe(1);
      const [expected, found] = [ran(fn, 1), ran(made, 1)].map(([, y]) => [...y]);
      expect(found.slice(0, 14)).toEqual(expected.slice(0, 14));
      expect(found.slice(14, 16)).not.toEqual(expected.slice(14, 16));
      expect(found.slice(16)).toEqual(expected.slice(16));
    });

    test.each([
      "for (let i = 0; i < 13; i++) { y[i] = x[i]; }",
      "for (let i = 0; i < 14; i++) { y[i] = x[i + 1]; }",
      "for (let i = 0; i < 14; i++) { k[i] = i32(x[i]); }",
      "for (let i = 0; i < 14; i++) { y[i] = x[i] < 1 ? x[i] : x[i] + 1; }",
      "let s: f32 = 1; for (let i = 0; i < 14; i++) { y[i] = x[i]; s = s + x[i]; } y[90] = s;",
    ])("do not where an array has no room, or is not all that is passed over: %s", (text) => {
      const fn = parsed(text);
      expect(verifyLoop(fn)).toEqual([]);
      const [expected, found] = [ran(fn, 1), ran(widened(fn), 1)];
      for (const [a, array] of expected.entries())
        for (const [at, value] of array.entries()) expect(found[a][at]).toBeCloseTo(value, 4);
    });
  });

  test("each lane has a row of its own", () => {
    const text =
      "for (let i = 0; i < n; i++) { for (let j = 0; j < 2; j++) { y[j * 4] = x[i * 2 + j]; } x[i * 2] = y[0] - y[4]; }";
    const fn = parsed(text);
    const rows = new Set(["y"]);
    const body = vectorizeAxes(fn.body, ["i"], wasmBackend, freshNames(fn.body), dtypes, rows);
    expect(verifyLoop({ ...fn, body })).toEqual([]);
    for (const n of [4, 5, 8, 11]) expect(ran({ ...fn, body }, n)[0]).toEqual(ran(fn, n)[0]);
  });
});

describe("a loop is split where its tests change", () => {
  test.each([
    ["y[i] = 2 <= i && i < 9 ? x[i - 2] : 0;", 3],
    ["y[i] = (i < 4 ? x[i] : 0) + (4 <= i ? x[i - 4] : 0);", 2],
    ["y[i] = i === 5 ? 1 : x[i];", 3],
    ["y[i] = !(i < 3) || i === 1 ? x[i] : 2;", 4],
    ["y[i] = i + 1 <= 12 ? x[i] : x[0];", 1],
    ["y[i] = i < n ? x[i] : 0;", 1],
    ["y[i] = x[i] < 0 ? 0 : x[i];", 1],
  ])("%s", (inside, count) => {
    const fn = parsed(`for (let i = 0; i < 12; i++) { ${inside} }`);
    const body = splitRanges(fn.body);
    expect(body.length).toBe(count);
    expect(verifyLoop({ ...fn, body })).toEqual([]);
    if (count > 1)
      visitExprs(body, (x) => {
        expect(x.kind).not.toBe("choose");
      });
    expect(ran({ ...fn, body }, 3)).toEqual(ran(fn, 3));
  });
});

test("of two zeros, lanes give the first operand that is no constant", () => {
  const zeros = (body: string): number[] => {
    const fn = parsed(`for (let i = 0; i < 4; i++) { ${body} }`);
    const wide = vectorizeAxes(fn.body, ["i"], wasmBackend, freshNames(fn.body), dtypes, none);
    const [x, y] = [Float32Array.of(0, -0, 0, -0), Float32Array.of(-0, 0, 0, -0)];
    prepare({ ...fn, body: wide }, [x, y, new Float64Array(1), new Int32Array(1)])([1]);
    return [...y];
  };
  for (const name of ["max", "min"]) {
    expect(zeros(`y[i] = Math.${name}(x[i], y[i]);`)).toEqual([0, -0, 0, -0]);
    expect(zeros(`y[i] = Math.${name}(y[i], x[i]);`)).toEqual([-0, 0, 0, -0]);
    expect(zeros(`y[i] = Math.${name}(0, x[i]);`)).toEqual([0, -0, 0, -0]);
    expect(zeros(`y[i] = Math.${name}(x[i], 0);`)).toEqual([0, -0, 0, -0]);
  }
});
