import { describe, expect, test } from "vitest";
import { interpret, prepare } from "../../src/eval/interpret.ts";
import { threefry } from "../../src/eval/scalar-ops.ts";
import { erfOf } from "../../src/ops/erf.ts";
import { templateLookup, templateNamed } from "../../src/lower/templates.ts";
import { templateTable } from "./template-table.ts";
import { templates } from "../../src/lower/templates.gen.ts";
import { erf } from "../../templates/erf.ts";
import { exp } from "../../templates/exp.ts";
import { expm1 } from "../../templates/expm1.ts";
import { log } from "../../templates/log.ts";
import { log1p } from "../../templates/log1p.ts";
import { matmul } from "../../templates/matmul.ts";
import { orthogonalize } from "../../templates/orthogonalize.ts";
import { pow } from "../../templates/pow.ts";
import { cos, sin } from "../../templates/sine.ts";
import { expSingle } from "../../templates/single/exp.ts";
import { logSingle } from "../../templates/single/log.ts";
import { tanhSingle } from "../../templates/single/tanh.ts";
import { tanh } from "../../templates/tanh.ts";
import { random } from "../../templates/threefry.ts";
import { randomFrom } from "../ops/sample.ts";

const table = templateTable();
const epsilon = 2 ** -52;

/** How far a value is from the true one, relative to it; 0 for the same value, infinities, NaN and signed zeros included. */
function relative(value: number, truth: number): number {
  if (Object.is(value, truth)) return 0;
  return value === truth || truth === 0 || !Number.isFinite(truth) || Number.isNaN(value)
    ? Infinity
    : Math.abs((value - truth) / truth);
}

const specials = [
  0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-320, -1e-320, 1e-310, 1e-20, -1e-20, 0.5, -0.5, 2, -2, 3, -3, 1e300, -1e300,
  709.5, 709.7, 710, -700, -746, -800, 1e10, -1e10, 0.3, 0.35, -0.35, 1.5, -1.5, 0.999999999999, 1 + epsilon,
  1 - epsilon / 2, Number.MAX_VALUE, 2 ** -1022,
]; // prettier-ignore

interface Row {
  readonly name: string;
  readonly run: (x: number) => number;
  readonly truth: (x: number) => number;
  readonly from: number;
  readonly to: number;
  /** The allowed distance in units of 2^-52. */
  readonly ulps: number;
}
const rows: readonly Row[] = [
  { name: "exp", run: exp, truth: Math.exp, from: -700, to: 709, ulps: 2 },
  { name: "log", run: log, truth: Math.log, from: 0, to: 1000, ulps: 2 },
  { name: "expm1", run: expm1, truth: Math.expm1, from: -40, to: 40, ulps: 4 },
  { name: "log1p", run: log1p, truth: Math.log1p, from: -1, to: 1000, ulps: 2 },
  { name: "tanh", run: tanh, truth: Math.tanh, from: -25, to: 25, ulps: 5 },
  { name: "erf", run: erf, truth: erfOf, from: -7, to: 7, ulps: 8 },
];

describe.each(rows)("$name", ({ name, run, truth, from, to, ulps }) => {
  test("is close to Math's over its whole range and near 0", () => {
    const next = randomFrom(7);
    let worst = 0;
    for (let k = 0; k < 100_000; k++) {
      const small = 2 ** (next() * 65 - 60) * (from < 0 && next() < 0.5 ? -1 : 1);
      const x = k % 2 === 0 ? from + next() * (to - from) : Math.max(small, from);
      worst = Math.max(worst, relative(run(x), truth(x)));
    }
    expect(worst).toBeLessThan(ulps * epsilon);
  });

  test("takes special values like Math's", () => {
    for (const x of specials)
      expect(relative(run(x), truth(x)), `${name}(${x})`).toBeLessThan(ulps * epsilon);
  });

  test("rounds to the same float32 as Math's", () => {
    const next = randomFrom(8);
    let different = 0;
    for (let k = 0; k < 20_000; k++) {
      const x = Math.fround(Math.max(from, -80) + next() * (Math.min(to, 80) - Math.max(from, -80)));
      if (!Object.is(Math.fround(run(x)), Math.fround(truth(x)))) different++;
    }
    expect(different).toBe(0);
  });

  test("interpreted gives the same bits as run", () => {
    const interpreted = prepare(templateNamed(templateLookup(), name), [], table);
    const next = randomFrom(9);
    for (let k = 0; k < 2000; k++) {
      const x = k < specials.length ? specials[k] : from + next() * (to - from);
      expect(interpreted([x])).toBe(run(x));
    }
  });
});

test("exp of a very negative number is exactly 0, and never a denormal number below -745", () => {
  for (const x of [-745.2, -746, -1000, -1e9, -1e300, -Infinity]) expect(Object.is(exp(x), 0)).toBe(true);
});

test("erf has the digits of tables", () => {
  // Computed with 60 digits by another program.
  const golden = [
    [1e-8, 1.1283791670955125e-8], [0.1, 0.11246291601828488], [0.3, 0.32862675945912745],
    [0.5, 0.5204998778130465], [0.9, 0.7969082124228322], [1, 0.8427007929497149],
    [1.01, 0.8468104962282768], [1.5, 0.9661051464753108], [2, 0.9953222650189527],
    [3, 0.9999779095030014], [4.5, 0.9999999998033839], [5.9, 0.9999999999999999],
  ]; // prettier-ignore
  for (const [x, y] of golden) {
    for (const f of [erf, erfOf]) {
      expect(relative(f(x), y), `erf(${x})`).toBeLessThan(4 * epsilon);
      expect(f(-x)).toBe(-f(x));
    }
  }
});

describe.each([
  { name: "sin", run: sin, truth: Math.sin },
  { name: "cos", run: cos, truth: Math.cos },
])("$name", ({ name, run, truth }) => {
  test("is within 2^-52 of Math's up to 2^31, and stays between -1 and 1 beyond", () => {
    const next = randomFrom(7);
    let worst = 0;
    let largest = 0;
    for (let k = 0; k < 100_000; k++) {
      const x = (next() - 0.5) * 2 ** (next() * 56 - 24);
      worst = Math.max(worst, Math.abs(run(x) - truth(x)));
      const large = (next() - 0.5) * 2 ** (32 + next() * 990);
      largest = Math.max(largest, Math.abs(run(large)));
    }
    expect(worst).toBeLessThanOrEqual(epsilon);
    expect(largest).toBeLessThanOrEqual(1);
    expect(Math.abs(run(1e12) - truth(1e12))).toBeLessThan(1e-3);
  });

  test("takes special values like Math's, and interpreted gives the same bits as run", () => {
    const interpreted = prepare(templateNamed(templateLookup(), name), [], table);
    for (const x of [0, -0, NaN, Infinity, -Infinity, 1e-320, -1e-20]) expect(run(x)).toBe(truth(x));
    const next = randomFrom(9);
    for (let k = 0; k < 2000; k++) {
      const x = k < specials.length ? specials[k] : (next() - 0.5) * 2 ** (next() * 45 - 24);
      expect(interpreted([x])).toBe(run(x));
    }
  });

  test("rounds to the same float32 as Math's", () => {
    const next = randomFrom(8);
    const numbers = Array.from({ length: 20_000 }, () => Math.fround((next() - 0.5) * 2000));
    expect(numbers.filter((x) => !Object.is(Math.fround(run(x)), Math.fround(truth(x))))).toEqual([]);
  });
});

test("pow is like Math.pow", () => {
  for (const x of specials) {
    // Denormal results are rounded twice, and the last of them are 0.
    for (const y of specials) {
      const size = Math.abs(Math.pow(x, y));
      if (!(size > 0 && size < 2.3e-308))
        expect(relative(pow(x, y), Math.pow(x, y)), `${x}^${y}`).toBeLessThan(1e-14);
    }
  }
  const next = randomFrom(3);
  let worst = 0;
  for (let k = 0; k < 100_000; k++) {
    const x = k % 2 === 0 ? 2 ** (next() * 2000 - 1000) : 1 + (next() - 0.5) * 0.1;
    const y = ((next() - 0.5) * 2000) / Math.log2(x);
    const truth = Math.pow(x, y);
    if (truth > 1e-300 && truth < 1e300) worst = Math.max(worst, relative(pow(x, y), truth));
  }
  expect(worst).toBeLessThan(1e-14);
  const interpreted = prepare(templateNamed(templateLookup(), "pow"), [], table);
  for (const x of specials) for (const y of specials) expect(interpreted([x, y])).toBe(pow(x, y));
});

test("random is Threefry-2x32-20", () => {
  const ones = 0xffffffff;
  const golden = [
    [0, 0, 0, 0, 0x6b200159],
    [ones, ones, ones, ones, 0x1cb996fc],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c],
  ];
  const interpreted = prepare(templateNamed(templateLookup(), "random"), [], table);
  for (const [key0, key1, counter0, counter1, word] of golden) {
    expect(random(key0, key1, counter0, counter1)).toBe(word);
    expect(interpreted([key0, key1, counter0, counter1])).toBe(word);
    expect(threefry(key0, key1, counter0, counter1)).toBe(word);
  }
  const next = randomFrom(5);
  for (let k = 0; k < 500; k++) {
    const words = [next(), next(), next(), next()].map((u) => Math.floor(u * 2 ** 32)) as [
      number,
      number,
      number,
      number,
    ];
    expect(random(...words)).toBe(threefry(...words));
  }
});

test("matmul multiplies, with strides for a transposed operand and a batch", () => {
  const a = new Float32Array([1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]);
  const b = new Float32Array([1, 0, 1, 0, 1, 1, 2, 2, 2, 1, 1, 1]);
  // out[t] = a[t] (2×3) · b[t]ᵀ, where b[t] is 2×3.
  const strides = [6, 3, 1, 6, 1, 3, 4, 2, 1, 0, 0, 0] as const;
  const run = new Float32Array(8);
  matmul(a, b, run, 2, 2, 2, 3, ...strides);
  expect([...run]).toEqual([4, 5, 10, 11, 120, 60, 300, 150]);
  const out = new Float32Array(8);
  interpret(templateNamed(templateLookup(), "matmul"), [a, b, out, 2, 2, 2, 3, ...strides]);
  expect(out).toEqual(run);
});

describe("orthogonalize", () => {
  const next = randomFrom(2);
  const [rows, columns] = [7, 4];
  const x = Float32Array.from({ length: rows * columns }, () => next() - 0.5);
  const dot = (q: Float32Array, c: number, d: number): number =>
    Array.from({ length: rows }, (_, i) => q[i * columns + c] * q[i * columns + d]).reduce(
      (sum, v) => sum + v,
      0,
    );

  test("makes columns orthonormal and keeps their direction", () => {
    const q = new Float32Array(x.length);
    orthogonalize(x, q, rows, columns);
    for (let c = 0; c < columns; c++) {
      for (let d = 0; d < columns; d++) expect(dot(q, c, d)).toBeCloseTo(c === d ? 1 : 0, 6);
      let along = 0;
      for (let i = 0; i < rows; i++) along += q[i * columns + c] * x[i * columns + c];
      expect(along).toBeGreaterThan(0);
    }
    const interpreted = new Float32Array(x.length);
    interpret(templateNamed(templateLookup(), "orthogonalize"), [x, interpreted, rows, columns]);
    expect(interpreted).toEqual(q);
  });

  test("a zero column and a dependent column become zero", () => {
    const y = x.slice();
    for (let i = 0; i < rows; i++) {
      y[i * columns + 1] = 0;
      y[i * columns + 2] = 3 * y[i * columns];
    }
    const q = new Float32Array(y.length);
    orthogonalize(y, q, rows, columns);
    expect([dot(q, 0, 0), dot(q, 1, 1), dot(q, 2, 2)].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([
      1, 0, 0,
    ]);
    expect(dot(q, 3, 3)).toBeCloseTo(1, 6);
  });
});

test("the bundle holds the templates as they are", () => {
  const read = [...templateTable()];
  expect(Object.keys(templates).sort(), "run `npm run templates`").toEqual(read.map(([name]) => name).sort());
  for (const [name, fn] of read) expect(templates[name](), "run `npm run templates`").toStrictEqual(fn);
});

describe.each([
  { name: "expSingle", run: expSingle, truth: Math.exp, to: 80 },
  // What no float32 can be is 0 to it.
  {
    name: "logSingle",
    run: logSingle,
    truth: (x: number) => Math.log(x > 0 && x < 2 ** -1022 ? 0 : x),
    to: 80,
  },
  { name: "tanhSingle", run: tanhSingle, truth: Math.tanh, to: 12 },
])("$name, for what is rounded to float32", ({ name, run, truth, to }) => {
  test("is off by less than a hundredth of a float32's last place", () => {
    const next = randomFrom(9);
    let worst = 0;
    for (let k = 0; k < 100_000; k++) {
      const small = 2 ** (next() * 65 - 60) * (next() < 0.5 && name !== "logSingle" ? -1 : 1);
      const x = k % 2 === 0 ? (2 * next() - 1) * to : small;
      if (name === "logSingle" && x < 0) continue;
      worst = Math.max(worst, relative(run(x), truth(x)));
    }
    expect(worst).toBeLessThan(0.01 * 2 ** -24);
  });

  test("rounds special values as Math's, in templates as in loops", () => {
    const fn = templateNamed(templateLookup(), name);
    const helpers = new Map([["expSingle", templateNamed(templateLookup(), "expSingle")]]);
    for (const x of specials) {
      expect(Math.fround(run(x)), `${name}(${x})`).toBe(Math.fround(truth(x)));
      expect(interpret(fn, [x], helpers), `${name}(${x}) as loops`).toBe(run(x));
    }
  });
});
