import { describe, expect, test } from "vitest";
import { interpret, prepare } from "../../src/eval/interpret.ts";
import { l, type LoopExpr, type LoopFunction } from "../../src/ir/loop.ts";
import { mapExprs, visitExprs, visitStmts } from "../../src/ir/loop-walk.ts";
import { parseLoop } from "../../src/ir/text/loop-parse.ts";
import { verifyLoop } from "../../src/ir/verify/loop.ts";
import { wasmBackend } from "../../src/backends/wasm/backend.ts";
import { inlineCalls } from "../../src/lower/inline.ts";
import { inlineSingleUses } from "../../src/lower/share.ts";
import { templateLookup, templateNamed } from "../../src/lower/templates.ts";
import { erfOf } from "../../src/ops/erf.ts";
import { erfF32 } from "../../templates/f32/erf.ts";
import { expF32 } from "../../templates/f32/exp.ts";
import { expm1F32 } from "../../templates/f32/expm1.ts";
import { logF32 } from "../../templates/f32/log.ts";
import { log1pF32 } from "../../templates/f32/log1p.ts";
import { sigmoidF32 } from "../../templates/f32/sigmoid.ts";
import { cosF32, sinF32 } from "../../templates/f32/sine.ts";
import { tanhF32 } from "../../templates/f32/tanh.ts";
import { randomFrom } from "../ops/sample.ts";

const templates = templateLookup();
const whole = (fn: LoopFunction): LoopFunction => inlineCalls(fn, templates, wasmBackend);

/** The spacing of float32 numbers at t. */
function spacing(t: number): number {
  const size = Math.abs(t);
  const power = Math.floor(Math.log2(size));
  // The logarithm of a number just below a power of two may round to it.
  return 2 ** (Math.max(2 ** power > size ? power - 1 : power, -126) - 23);
}

interface Row {
  readonly name: string;
  /** What it is, where it is no template: a formula of the kernels. */
  readonly formula?: string;
  /** The same template as TypeScript, in float64 but for what it rounds itself. */
  readonly run?: (x: number) => number;
  readonly truth: (x: number) => number;
  /** Where the bounds hold. */
  readonly from: number;
  readonly to: number;
  /** Where errors are largest, so that half of the points lie there. */
  readonly dense: readonly [number, number];
  /** The largest error in units, as the template's comment says, and where multiplications and additions fuse. */
  readonly worst: readonly [plain: number, fused: number];
  readonly unit?: (truth: number, x: number) => number;
}
const absolute = (): number => 2 ** -24;
const rows: readonly Row[] = [
  { name: "exp", run: expF32, truth: Math.exp, from: -86.98, to: 88.7228, dense: [-4, 4], worst: [1, 1.05] },
  { name: "log", run: logF32, truth: Math.log, from: 0, to: Infinity, dense: [0.5, 2], worst: [0.85, 0.85] },
  { name: "expm1", run: expm1F32, truth: Math.expm1, from: -Infinity, to: 88.7228, dense: [-2, 2], worst: [1.6, 1.5] },
  { name: "log1p", run: log1pF32, truth: Math.log1p, from: -1, to: Infinity, dense: [-0.6, 2], worst: [1.45, 1.45] },
  { name: "tanh", run: tanhF32, truth: Math.tanh, from: -Infinity, to: Infinity, dense: [-1.5, 1.5], worst: [1.35, 1.35] },
  { name: "sigmoid", run: sigmoidF32, truth: (x) => 1 / (1 + Math.exp(-x)), from: -87.2, to: Infinity, dense: [-20, 4], worst: [1.45, 1.45] },
  { name: "erf", run: erfF32, truth: erfOf, from: -Infinity, to: Infinity, dense: [-1.5, 1.5], worst: [1.35, 1.2] },
  { name: "sin", run: sinF32, truth: Math.sin, from: -(2 ** 31), to: 2 ** 31, dense: [-8, 8], worst: [1.7, 1.7], unit: absolute },
  { name: "cos", run: cosF32, truth: Math.cos, from: -(2 ** 31), to: 2 ** 31, dense: [-8, 8], worst: [1.7, 1.7], unit: absolute },
]; // prettier-ignore

/** Formulas that kernels make of them; what their errors come to is said in the templates too. */
const composites: readonly Row[] = [
  { name: "gelu", formula: "x * 0.5 * (erf(x * 0.7071067811865476) + 1)", truth: (x) => (x * (1 + erfOf(x / Math.SQRT2))) / 2, from: -1e18, to: 1e18, dense: [-3, 3], worst: [1.95, 1.95], unit: (_, x) => Math.abs(x) * 2 ** -24 + 2 ** -149 },
  { name: "approximateGelu", formula: "x * sigmoid((x + x * (x * x) * 0.044715) * 1.5957691216057308)", truth: (x) => x / (1 + Math.exp(-((x + 0.044715 * x ** 3) * 2 * Math.sqrt(2 / Math.PI)))), from: -1e12, to: 1e12, dense: [-3, 3], worst: [2.1, 2.1], unit: (_, x) => Math.abs(x) * 2 ** -24 + 2 ** -149 },
  { name: "softplus", formula: "Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))", truth: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), from: -86.98, to: Infinity, dense: [-3, 3], worst: [2, 2] },
]; // prettier-ignore

const formulaOf = ({ name, formula }: Row): LoopFunction =>
  formula === undefined
    ? templateNamed(templates, `${name}F32`)
    : parseLoop(`function ${name}(x: f32): f32 { return ${formula}; }`);

/**
 * The function as a target computes it that fuses a product with the sum it stands in: both in float64, where the
 * product is exact, and rounded once. Of two products the first or the second goes in.
 */
function fused(fn: LoopFunction, first: 0 | 1): LoopFunction {
  const double = (x: LoopExpr): LoopExpr => l.op("cast", [x], "f64");
  const join = (x: LoopExpr): LoopExpr => {
    if (x.kind !== "op" || x.type !== "f32" || (x.op !== "add" && x.op !== "sub")) return x;
    const product = [first, 1 - first].find((k) => {
      const arg = x.args[k];
      return arg.kind === "op" && arg.op === "mul";
    });
    if (product === undefined) return x;
    const args = x.args.map((arg, k) =>
      k === product && arg.kind === "op" ? l.op("mul", arg.args.map(double), "f64") : double(arg),
    );
    return l.op("cast", [l.op(x.op, args, "f64")], "f32");
  };
  return { ...fn, body: mapExprs(inlineSingleUses(fn.body), join) };
}

const perExponent = process.env["GRADC_LONG"] ? 150 : 6;
const denseCount = process.env["GRADC_LONG"] ? 200_000 : 6_000;

/** Float32 numbers of every exponent and sign, denormal ones too, and as many again where errors are largest. */
function points({ from, to, dense }: Row, seed: number): number[] {
  const next = randomFrom(seed);
  const found: number[] = [];
  for (let power = -149; power < 128; power++) {
    for (let k = 0; k < perExponent; k++) {
      const size = k === 0 ? 2 ** power : k === 1 ? 2 ** power * (2 - 2 ** -23) : 2 ** power * (1 + next());
      found.push(Math.fround(size), -Math.fround(size));
    }
  }
  for (let k = 0; k < denseCount; k++) found.push(Math.fround(dense[0] + next() * (dense[1] - dense[0])));
  return found.filter((x) => x >= from && x <= to);
}

const specials = [
  0,
  -0,
  1,
  -1,
  NaN,
  Infinity,
  -Infinity,
  1e-45,
  -1e-45,
  3e38,
  -3e38,
  1e-10,
  -1e-10,
  40,
  -40,
  88,
  -88,
];

describe.each([...rows, ...composites])("$name in float32", (row) => {
  const plain = whole(formulaOf(row));
  const builds = [
    { build: "as it stands", fn: plain, most: row.worst[0] },
    { build: "first products fused", fn: fused(plain, 0), most: row.worst[1] },
    { build: "second products fused", fn: fused(plain, 1), most: row.worst[1] },
  ];
  test.each(builds)("$build is as close to the true value as its comment says", ({ fn, most }) => {
    const seed = 11;
    const run = prepare(fn, []);
    const { truth, unit = spacing } = row;
    let worst = 0;
    let at = 0;
    for (const x of points(row, seed)) {
      const exact = truth(x);
      const y = run([x]);
      const error = Math.fround(exact) === y ? 0 : Math.abs(y - exact) / unit(exact, x);
      if (!(error <= worst)) [worst, at] = [error, x];
    }
    expect(worst, `seed ${seed}: ${row.name}(${at}) is ${run([at])}`).toBeLessThan(most);
    // A bound that is never nearly reached would say nothing.
    expect(worst, `seed ${seed}`).toBeGreaterThan(most / 2);
  });

  test("is straight code of scalars that four lanes can run, with the same bits", () => {
    for (const kind of ["for", "if", "set"])
      visitStmts(plain.body, (stmt) => expect(stmt.kind).not.toBe(kind));
    visitExprs(plain.body, (x) => expect(x.kind).not.toMatch(/choose|call|load/));
    const value = row.formula ? undefined : `f32x4_${row.name}(f32x4_load(x, i))`;
    if (value === undefined) return;
    const lanes = whole(
      parseLoop(`function f(x: f32s, y: f32s, i: index): void { f32x4_store(y, i, ${value}); }`),
    );
    expect(verifyLoop(lanes)).toEqual([]);
    let wide = 0;
    for (const stmt of lanes.body) if (stmt.kind === "let") wide += stmt.lanes === 4 ? 1 : 0;
    expect(wide).toBe(lanes.body.length - 1);
    visitExprs(lanes.body, (x) => expect(x.kind === "op" ? x.op : x.kind).not.toBe(row.name));
    const all = [...specials, ...points(row, 12)];
    const x = new Float32Array(Math.floor(all.length / 4) * 4).map((_, k) => all[k]);
    const y = new Float32Array(x.length);
    const four = prepare(lanes, [x, y]);
    const one = prepare(plain, []);
    for (let i = 0; i < x.length; i += 4) four([i]);
    expect([...x].filter((value, k) => !Object.is(y[k], one([value])))).toEqual([]);
  });
});

describe.each(rows)("$name in float32", ({ name, run, truth, from, to }) => {
  const one = prepare(whole(templateNamed(templates, `${name}F32`)), []);
  const of = (x: number): number => one([Math.fround(x)]);

  test("takes special values like Math's", () => {
    for (const x of [0, -0, NaN, Infinity, -Infinity]) {
      const exact = truth(x);
      expect(of(x), `${name}(${x})`).toBe(exact);
    }
  });

  test("runs as TypeScript, and then errs no more", () => {
    for (const x of [0.1, -0.1, 0.3, -0.7, 0.95, 1.3, -2.5, 7, -11, 30, -30, 80, -80].map(Math.fround)) {
      const exact = truth(x);
      if (x < from || x > to) continue;
      expect(Math.abs(run!(x) - exact), `${name}(${x})`).toBeLessThan(2 * spacing(exact) + 2 ** -50);
    }
  });
});

test("tanh and erf are odd to the bit, signed zeros included; sin is odd and cos even but for the last digit", () => {
  const next = randomFrom(5);
  const of = (name: string): ((x: number) => number) => {
    const fn = prepare(whole(templateNamed(templates, `${name}F32`)), []);
    return (x) => fn([x]);
  };
  const [tanh, erf, sin, cos] = ["tanh", "erf", "sin", "cos"].map(of);
  for (let k = 0; k < 5000; k++) {
    const x = k === 0 ? 0 : Math.fround(2 ** (next() * 40 - 30));
    for (const f of [tanh, erf]) expect(f(-x)).toBe(-f(x));
    // At a tie of quarter turns the two signs round to different ones.
    expect(sin(-x)).toBeCloseTo(-sin(x), 6);
    expect(cos(-x)).toBeCloseTo(cos(x), 6);
  }
});

test("exp is exactly 0 where it says so, and infinite where float32 ends", () => {
  const exp = prepare(whole(templateNamed(templates, "expF32")), []);
  for (const x of [-87, -88, -104, -1e4, -1e9, -3e38, -Infinity]) expect(exp([Math.fround(x)])).toBe(0);
  expect(exp([Math.fround(-86.98)])).toBeGreaterThan(2 ** -126);
  for (const x of [88.73, 89, 1e4, 1e9, 3e38, Infinity]) expect(exp([Math.fround(x)])).toBe(Infinity);
  expect(exp([0])).toBe(1);
  expect(exp([-0])).toBe(1);
});

test("log knows what is no logarithm, and denormal numbers", () => {
  const log = prepare(whole(templateNamed(templates, "logF32")), []);
  for (const x of [-1e-45, -1, -1e30, -Infinity, NaN]) expect(log([Math.fround(x)])).toBe(NaN);
  expect(log([1])).toBe(0);
  expect(log([2 ** -149])).toBe(Math.fround(Math.log(2 ** -149)));
});

test("sigmoid ends at exactly 0 and 1", () => {
  const sigmoid = prepare(whole(templateNamed(templates, "sigmoidF32")), []);
  for (const x of [-88, -1e9, -Infinity]) expect(sigmoid([x])).toBe(0);
  for (const x of [18, 88, 1e9, Infinity]) expect(sigmoid([x])).toBe(1);
  expect(sigmoid([0])).toBe(0.5);
});

test("sines of any size stay between -1 and 1", () => {
  const next = randomFrom(6);
  for (const name of ["sin", "cos"]) {
    const of = prepare(whole(templateNamed(templates, `${name}F32`)), []);
    for (let k = 0; k < 2000; k++) {
      expect(Math.abs(of([Math.fround((next() - 0.5) * 2 ** (next() * 128))]))).toBeLessThanOrEqual(1);
    }
  }
});

test("random draws the same in lanes as one by one, from scalars and lanes together", () => {
  const lanes = whole(
    parseLoop(
      "function f(key: u32, x: u32s, y: u32s): void { u32x4_store(y, 0, u32x4_random(key, 7, u32x4_load(x, 0), key)); }",
    ),
  );
  expect(verifyLoop(lanes)).toEqual([]);
  const one = whole(templateNamed(templates, "random"));
  const next = randomFrom(7);
  const word = (): number => Math.floor(next() * 2 ** 32);
  for (let k = 0; k < 50; k++) {
    const key = word();
    const x = Uint32Array.from({ length: 4 }, word);
    const y = new Uint32Array(4);
    interpret(lanes, [key, x, y]);
    expect([...y]).toEqual([...x].map((counter) => interpret(one, [key, 7, counter, key])));
  }
});

test("pow2n is 2^n between its ends, 0 below and infinite above", () => {
  const of = prepare(parseLoop("function f(n: f32): f32 { return pow2n(n); }"), []);
  for (let n = -126; n <= 127; n++) expect(of([n])).toBe(2 ** n);
  expect(of([-127])).toBe(0);
  expect(of([128])).toBe(Infinity);
});
