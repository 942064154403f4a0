import { describe, expect, test } from "vitest";
import { watText, wasmModules } from "../../src/backends/wasm/index.ts";
import { interpret, type LoopArray } from "../../src/eval/interpret.ts";
import type { Buffer } from "../../src/ir/kernel.ts";
import { l, type LoopCall, type LoopExpr, type LoopFunction, type LoopOp, type LoopProgram, type LoopStmt } from "../../src/ir/loop.ts"; // prettier-ignore
import { mapExprs } from "../../src/ir/loop-walk.ts";
import { randomArguments, randomLoop } from "../loops/random-loops.ts";
import { buffer, callOf, firstDifference, interpretCalls, planOf, programOf, running, view } from "./run.ts";
import { randomFrom } from "../ops/sample.ts";

const local = (name: string): LoopExpr => l.local(name);
const number = (x: number): LoopExpr => l.number(x);
const add = (...parts: readonly LoopExpr[]): LoopExpr => parts.reduce((a, b) => l.op("add", [a, b]));
const sub = (a: LoopExpr, b: LoopExpr): LoopExpr => l.op("sub", [a, b]);
const times = (a: LoopExpr, b: number): LoopExpr => l.op("mul", [a, number(b)]);
const x = (index: LoopExpr): LoopExpr => l.load("x", index, "f32");
const k = (index: LoopExpr): LoopExpr => l.load("k", index, "i32");
const loop = (
  name: string,
  from: number | LoopExpr,
  to: number | LoopExpr,
  body: readonly LoopStmt[],
  step = 1,
): LoopStmt =>
  l.for(
    name,
    typeof from === "number" ? number(from) : from,
    typeof to === "number" ? number(to) : to,
    step,
    body,
  );
const out = (index: LoopExpr, value: LoopExpr): LoopStmt => l.store("out", index, value);
const index = (value: LoopExpr): LoopExpr => l.op("cast", [value], "index");

const size = 64;
/** x first, at the very start of memory, so that an address below it is none at all. */
const buffers = [buffer("x", "f32", size), buffer("k", "i32", size), buffer("out", "f32", size)];
const fnOf = (body: readonly LoopStmt[]): LoopFunction => ({
  name: "kernel",
  doc: [],
  params: [
    ...buffers.map(({ name, dtype }) => ({ kind: "array", name, dtype }) as const),
    { kind: "scalar", name: "n", type: "index" },
  ],
  body,
});

function fill(memory: ArrayBuffer, plan: ReturnType<typeof planOf>, list: readonly Buffer[]): void {
  for (const [b, each] of list.entries()) {
    const values = view(memory, each, plan);
    for (let at = 0; at < values.length; at++) values[at] = each.dtype === "i32" ? (at * 7) % 5 : at + b / 8;
  }
}

/** Runs a kernel in WebAssembly and by the interpreter. */
function check(body: readonly LoopStmt[], ns: readonly number[] = [1, 3, 8], start = 0): void {
  // How large n may be is known from the shapes; without any, it may be anything.
  const rows = { ...buffers[2], shape: [{ times: 1, max: size }] };
  for (const list of [buffers, [...buffers.slice(0, 2), rows]]) checkWith(body, list, ns, start);
}

function checkWith(
  body: readonly LoopStmt[],
  list: readonly Buffer[],
  ns: readonly number[],
  start: number,
): void {
  const plan = planOf(list, start);
  const program = programOf(fnOf(body));
  const calls = [callOf(program.functions[0], list, true)];
  const wasm = running(program, plan, [{ name: "run", calls: [{ kind: "calls", calls }] }]);
  for (const n of ns) {
    const expected = new ArrayBuffer(wasm.memory.byteLength);
    fill(expected, plan, list);
    new Uint8Array(wasm.memory).set(new Uint8Array(expected));
    interpretCalls(calls, program, plan, expected, n);
    wasm.call("run", n);
    expect(firstDifference(wasm.memory, expected, plan, list), `n = ${n}`).toBeNull();
  }
}

describe("addresses", () => {
  test.each([0, 4, 1000])("with negative constants, from %i on", (start) => {
    check([loop("i", 3, 20, [out(local("i"), x(sub(local("i"), number(3))))])], [1], start);
    check([loop("i", 3, 20, [out(sub(local("i"), number(3)), x(add(number(-1), local("i"))))])], [1], start);
    check([loop("i", 1, 5, [loop("j", 1, 5, [out(add(times(local("i"), 8), local("j")), x(add(times(local("i"), 8), local("j"), number(-9))))])])], [1], start); // prettier-ignore
  });

  test.each([0, 4])("behind a guard, where they would be negative, from %i on", (start) => {
    const before = sub(local("i"), number(1));
    const inside = l.op("lessEqual", [number(0), before], "bool");
    const guarded = l.choose(inside, x(before), l.number(-1, "f32"));
    check([loop("i", 0, 20, [out(local("i"), l.op("add", [guarded, x(local("i"))]))])], [1], start);
    check(
      [
        loop("i", 0, 6, [
          { kind: "if", test: inside, then: [loop("j", 0, 3, [out(add(local("i"), times(local("j"), 8)), x(add(sub(local("i"), number(1)), local("j"))))])], otherwise: [] },
          out(add(local("i"), number(32)), x(local("i"))),
        ]),
      ],
      [1],
      start,
    ); // prettier-ignore
  });

  test.each([0, 4])("that fall, from %i on", (start) => {
    check([loop("i", 0, 10, [out(local("i"), x(sub(number(9), local("i"))))])], [1], start);
    check([loop("i", 0, local("n"), [out(local("i"), x(sub(sub(local("n"), number(1)), local("i"))))])], [1, 3, 64], start); // prettier-ignore
    check([loop("i", 0, 4, [loop("j", 0, 4, [out(add(times(local("i"), 4), local("j")), x(sub(add(times(local("i"), 4), number(3)), local("j"))))])])], [1], start); // prettier-ignore
  });

  test.each([0, 4])(
    "that are read from memory, also below their array's start before a constant is added, from %i on",
    (start) => {
      check(
        [loop("i", 0, 20, [out(local("i"), x(add(times(index(k(local("i"))), 4), local("i"))))])],
        [1],
        start,
      );
      const shifted = sub(index(k(local("i"))), number(4));
      check(
      [
        loop("i", 0, 20, [
          l.const("row", shifted),
          out(local("i"), x(add(local("row"), number(4)))),
          loop("j", 0, 3, [out(add(local("i"), local("j"), number(20)), x(add(local("row"), number(4), local("j"))))]),
        ]),
      ],
      [1],
      start,
    ); // prettier-ignore
    },
  );

  test("made of whole tiles, of numbers that may be below 0 too, and of the rest", () => {
    const whole = (i: LoopExpr, by: number): LoopExpr => sub(i, l.op("rem", [i, number(by)]));
    for (const size of [1, 3, 4])
      check(
        [
          loop("i", 0, whole(local("n"), size), [out(times(local("i"), 2), x(local("i")))], size),
          loop("i", whole(local("n"), size), local("n"), [out(times(local("i"), 2), x(add(local("i"), number(1))))]),
          loop("i", 0, 20, [out(add(local("i"), number(20)), x(add(whole(sub(local("i"), number(9)), size), number(9))))]),
        ],
        [1, 3, 4, 7, 9],
      ); // prettier-ignore
  });

  test("made of quotients, remainders and locals that change", () => {
    const quotient = (i: LoopExpr, by: number): LoopExpr => l.op("div", [sub(i, l.op("rem", [i, number(by)])), number(by)]); // prettier-ignore
    check([
      loop("i", 0, 40, [
        out(
          add(times(quotient(local("i"), 5), 5), l.op("rem", [local("i"), number(5)])),
          x(quotient(local("i"), 8)),
        ),
        loop("j", 0, 2, [out(add(local("j"), number(60)), x(add(quotient(local("i"), 7), local("j"))))]),
      ]),
    ]);
    check([
      l.let("place", number(0)),
      loop("i", 0, 10, [
        l.const("before", times(local("place"), 2)),
        { kind: "if", test: l.op("less", [k(local("i")), l.number(3, "i32")], "bool"), then: [l.set("place", add(local("place"), number(1)))], otherwise: [] },
        loop("j", 0, 3, [out(add(times(local("place"), 3), local("j")), x(add(local("before"), local("j"))))]),
      ]),
    ]); // prettier-ignore
    const set = [l.set("at", add(local("at"), number(1)))];
    check([
      l.let("at", number(2)),
      loop("i", 0, 9, [out(local("at"), x(add(local("at"), local("i")))), ...set]),
    ]);
  });

  test("of arrays that calls put in different places", () => {
    const [x1, x2, y1, y2] = ["x1", "x2", "y1", "y2"].map((name) => buffer(name, "f32", size));
    const plan = planOf([y2, x1, y1, x2]);
    const fn: LoopFunction = {
      name: "double",
      doc: [],
      params: [
        { kind: "array", name: "x", dtype: "f32" },
        { kind: "array", name: "out", dtype: "f32" },
        { kind: "scalar", name: "n", type: "index" },
      ],
      body: [loop("i", 0, local("n"), [out(local("i"), l.op("add", [x(local("i")), x(sub(number(63), local("i")))]))])],
    }; // prettier-ignore
    const program = programOf(fn);
    const calls = [callOf(fn, [x1, y1], true), callOf(fn, [x2, y2], true)];
    const entry = { name: "run", calls: [{ kind: "calls", calls }] } as const;
    const wasm = running(program, plan, [entry]);
    const expected = new ArrayBuffer(65536);
    fill(expected, plan, [x1, x2]);
    new Uint8Array(wasm.memory).set(new Uint8Array(expected));
    interpretCalls(calls, program, plan, expected, 50);
    wasm.call("run", 50);
    expect(firstDifference(wasm.memory, expected, plan, plan.placements.keys())).toBeNull();
    const text = watText(wasmModules(program, plan, [entry]).plain);
    expect(text).toContain("(func $double (param $x i32) (param $out i32) (param $n i32)");
  });
});

describe("loops", () => {
  const count = l.set("rounds", l.op("add", [l.local("rounds", "f32"), l.number(1, "f32")]));
  const counted = (...body: LoopStmt[]): LoopStmt[] => [
    l.let("rounds", l.number(0, "f32")),
    ...body,
    out(number(0), l.local("rounds", "f32")),
  ];

  test("run as often as they say, also not at all or once", () => {
    for (const [from, to, step] of [[0, 0, 1], [3, 3, 1], [5, 2, 1], [0, 1, 1], [2, 3, 4], [0, 4, 4], [0, 5, 4], [1, 10, 3]]) {
      check(counted(loop("i", from, to, [count, out(add(local("i"), number(1)), l.op("cast", [local("i")], "f32"))], step)));
    } // prettier-ignore
    const ends: LoopExpr[] = [
      local("n"), sub(local("n"), number(1)), sub(local("n"), number(3)), times(local("n"), 2),
      sub(local("n"), l.op("rem", [local("n"), number(4)])), index(k(number(3))), index(k(number(0))),
    ]; // prettier-ignore
    for (const to of ends) {
      for (const step of [1, 4]) {
        check(counted(loop("i", 0, to, [count, out(add(local("i"), number(1)), x(local("i")))], step)), [1, 2, 3, 4, 5, 8]);
      }
    } // prettier-ignore
  });

  test("of one another's counters, and of what is left of another", () => {
    check(counted(loop("i", 0, 7, [loop("j", 0, local("i"), [count, out(add(times(local("i"), 7), local("j")), x(local("j")))])]))); // prettier-ignore
    check(counted(loop("i", 0, 7, [loop("j", local("i"), 7, [count, out(add(times(local("i"), 7), local("j")), x(local("j")))])]))); // prettier-ignore
    const main = sub(local("n"), l.op("rem", [local("n"), number(4)]));
    check([
      l.const("main", main),
      loop("i", 0, local("main"), [out(local("i"), x(local("i"))), out(add(local("i"), number(3)), x(number(5)))], 4),
      loop("i", local("main"), local("n"), [out(local("i"), l.op("neg", [x(local("i"))]))]),
    ], [1, 2, 3, 4, 5, 8, 11]); // prettier-ignore
  });

  test("from a local that changes inside", () => {
    const one = [l.set("start", number(9)), count, out(add(local("i"), number(1)), x(local("i")))];
    check(counted(l.let("start", number(2)), loop("i", local("start"), 5, one)));
  });

  test("a loop that surely never runs is not there", () => {
    const program = programOf(fnOf([loop("i", 4, 4, [out(local("i"), x(local("i")))])]));
    const calls = [callOf(program.functions[0], buffers, true)];
    const module = wasmModules(program, planOf(buffers), [{ name: "run", calls: [{ kind: "calls", calls }] }]).plain; // prettier-ignore
    expect(watText(module)).not.toContain("loop");
  });

  test("the end of a loop must not change inside it", () => {
    const body = [l.let("end", number(3)), loop("i", 0, local("end"), [l.set("end", number(2))])];
    expect(() => check(body)).toThrow("the end of the loop over i changes inside it");
    const stored = [loop("i", 0, index(k(number(0))), [l.store("k", number(0), l.number(0, "i32"))])];
    expect(() => check(stored)).toThrow("the end of the loop over i is read from what it writes");
  });

  test("over time stand in the entry, forwards and backwards, one in another", () => {
    const fn: LoopFunction = {
      name: "step",
      doc: [],
      params: [
        { kind: "array", name: "x", dtype: "f32" },
        { kind: "array", name: "out", dtype: "f32" },
        { kind: "scalar", name: "t", type: "index" },
        { kind: "scalar", name: "s", type: "index" },
        { kind: "scalar", name: "n", type: "index" },
      ],
      body: [
        loop("i", 0, local("n"), [
          out(number(0), l.op("add", [l.op("mul", [l.load("out", number(0), "f32"), l.number(0.5, "f32")]), x(add(times(local("t"), 8), local("i"), sub(number(3), local("s"))))])),
        ]),
      ],
    }; // prettier-ignore
    const [xs, ys] = [buffer("x", "f32", size), buffer("out", "f32", 4)];
    const plan = planOf([xs, ys]);
    const outer = { axis: { name: "t", extent: 5 }, reverse: true };
    const inner = { axis: { name: "s", extent: 3 }, reverse: false };
    const call: LoopCall = { ...callOf(fn, [xs, ys], true), loops: [outer, inner], times: ["t", "s"] };
    const program: LoopProgram = programOf(fn);
    const wasm = running(program, plan, [
      {
        name: "run",
        calls: [
          { kind: "calls", calls: [call] },
          { kind: "clear", offset: 4 * size + 4, bytes: 8 },
        ],
      },
    ]);
    const expected = new ArrayBuffer(65536);
    fill(expected, plan, [xs, ys]);
    new Uint8Array(wasm.memory).set(new Uint8Array(expected));
    interpretCalls([call], program, plan, expected, 4);
    view(expected, ys, plan).set([0, 0], 1);
    wasm.call("run", 4);
    expect(firstDifference(wasm.memory, expected, plan, [xs, ys])).toBeNull();
  });
});

test("tests ask what they say, also of numbers that stand in memory", () => {
  const [a, b] = [k(local("i")), k(add(local("i"), number(1)))];
  const tests = [
    l.op("notEqual", [a, b], "bool"),
    l.op("notEqual", [a, l.number(2, "i32")], "bool"),
    l.op("notEqual", [a, l.number(0, "i32")], "bool"),
    l.op("not", [l.op("cast", [a], "bool")]),
    l.op("cast", [a], "bool"),
  ];
  for (const yes of tests) {
    const [one, two] = [x(local("i")), l.number(-1, "f32")];
    check([loop("i", 0, 20, [out(local("i"), l.op("select", [yes, one, two], "f32"))])]);
    check([loop("i", 0, 20, [out(local("i"), l.choose(yes, one, two))])]);
    check([loop("i", 0, 20, [{ kind: "if", test: yes, then: [out(local("i"), one)], otherwise: [out(local("i"), two)] }])]); // prettier-ignore
  }
});

/** A random program without what only templates compute, and with indices that stay small. */
function plainLoop(seed: number): LoopFunction {
  const fn = randomLoop(seed);
  const templates = new Set<LoopOp>(["exp", "log", "expm1", "log1p", "tanh", "random", "pow"]);
  const body = mapExprs(fn.body, (each) => {
    if (each.kind !== "op") return each;
    if (each.op === "random") return l.op("xor", [each.args[0], each.args[3]]);
    if (each.op === "pow") return l.op("sub", each.args);
    if (templates.has(each.op)) return l.op("floor", each.args);
    if (each.op === "mul" && each.type === "index" && each.args[1].kind !== "number")
      return l.op("add", each.args);
    return each;
  });
  return { ...fn, body };
}

test("random programs", () => {
  const list = (["f32", "f64", "i32", "u32", "bool"] as const).map((dtype) => buffer(`${dtype}A`, dtype, 16));
  const failures: string[] = [];
  const seeds = process.env.GRADC_LONG ? 20_000 : 1000;
  for (let seed = 0; seed < seeds; seed++) {
    const fn = plainLoop(seed);
    const args = randomArguments(seed);
    const start = 8 * Math.floor(randomFrom(seed)() * 3);
    const plan = planOf(list, start);
    const calls = [callOf(fn, list, true)];
    const wasm = running(programOf(fn), plan, [{ name: "run", calls: [{ kind: "calls", calls }] }]);
    const [expected, n] = [args.slice(0, 5) as LoopArray[], args[5]];
    for (const [at, each] of list.entries()) view(wasm.memory, each, plan).set(expected[at]);
    interpret(fn, args);
    wasm.call("run", n);
    const memory = new ArrayBuffer(65536);
    for (const [at, each] of list.entries()) view(memory, each, plan).set(expected[at]);
    const difference = firstDifference(wasm.memory, memory, plan, list);
    if (difference) failures.push(`seed ${seed}: ${difference}`);
  }
  expect(failures.slice(0, 5)).toEqual([]);
});
