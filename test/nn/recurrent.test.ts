import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { buildGraph } from "../../src/nn/index.ts";
import { randomFrom } from "../ops/sample.ts";
import { ownGraphs } from "../own-graphs.ts";
import { run } from "./run.ts";

type Matrix = number[][];
const n = g.batch(4);
const [rows, times, width, units] = [2, 4, 2, 3];

/** Runs a layer over x [n, 4, 2] at two rows, all parameters random; gives its output and what it was computed from. */
function computed(layer: (x: g.Value, mask: g.Value) => g.Value) {
  const model = g.defineModel({
    name: "one",
    inputs: { x: g.f32(n, times, width), mask: g.bool(n, times) },
    build: ({ x, mask }) => ({ outputs: { y: layer(x, mask) } }),
  });
  const built = buildGraph(model, { precision: "f64" });
  const random = randomFrom(17);
  const numbers = (size: number): number[] => Array.from({ length: size }, () => 2 * random() - 1);
  const cells: Record<string, number[]> = {
    x: numbers(rows * times * width),
    mask: [1, 1, 0, 1, 0, 1, 1, 0],
  };
  const shapes = new Map<string, number[]>();
  for (const { node, type } of built.parameters) {
    const shape = type.shape as number[];
    shapes.set(String(node.attrs["name"]), shape);
    cells[String(node.attrs["name"])] = numbers(shape.reduce((a, b) => a * b, 1));
  }
  const matrix = (name: string): Matrix => {
    const columns = shapes.get(name)!.at(-1)!;
    return Array.from({ length: cells[name].length / columns }, (_, i) =>
      cells[name].slice(i * columns, (i + 1) * columns),
    );
  };
  const x = (row: number, t: number): number[] =>
    cells["x"].slice((row * times + t) * width, (row * times + t + 1) * width);
  const open = (row: number, t: number): boolean => cells["mask"][row * times + t] === 1;
  return { y: run(ownGraphs(built).predict, cells, rows).get("y") ?? [], matrix, x, open };
}

const product = (v: readonly number[], m: Matrix): number[] =>
  m[0].map((_, j) => v.reduce((sum, value, i) => sum + value * m[i][j], 0));
const plus = (...vs: number[][]): number[] => vs[0].map((_, k) => vs.reduce((sum, v) => sum + v[k], 0));
const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
const close = (found: number[], expected: number[]): void => {
  expect(found.length).toBe(expected.length);
  for (const [k, value] of expected.entries()) expect(found[k]).toBeCloseTo(value, 12);
};
const order = (backwards = false): number[] =>
  Array.from({ length: times }, (_, k) => (backwards ? times - 1 - k : k));

/** A cell as its textbook writes it: from x and the states of one row to the next states, the first the output. */
type Cell = (x: number[], states: number[][], matrix: (name: string) => Matrix) => number[][];

const simple: Cell = (x, [h], m) => [
  plus(product(x, m("l/kernel")), product(h, m("l/recurrentKernel")), m("l/bias")[0]).map(Math.tanh),
];
const long: Cell = (x, [h, c], m) => {
  const z = plus(product(x, m("l/kernel")), product(h, m("l/recurrentKernel")), m("l/bias")[0]);
  const part = (k: number): number[] => z.slice(k * units, (k + 1) * units);
  const next = c.map((old, k) => sigmoid(part(1)[k]) * old + sigmoid(part(0)[k]) * Math.tanh(part(2)[k]));
  return [next.map((value, k) => sigmoid(part(3)[k]) * Math.tanh(value)), next];
};
const gated =
  (after: boolean): Cell =>
  (x, [h], m) => {
    const part = (v: number[], k: number): number[] => v.slice(k * units, (k + 1) * units);
    const bias = m("l/bias");
    const [own, recurrent] = [plus(product(x, m("l/kernel")), bias[0]), m("l/recurrentKernel")];
    const state = after ? plus(product(h, recurrent), bias[1]) : product(h, recurrent);
    const [z, r] = [0, 1].map((k) => plus(part(own, k), part(state, k)).map(sigmoid));
    const third = recurrent.map((row) => part(row, 2));
    const inner = after
      ? part(state, 2).map((value, k) => r[k] * value)
      : product(
          h.map((value, k) => r[k] * value),
          third,
        );
    return [h.map((old, k) => z[k] * old + (1 - z[k]) * Math.tanh(part(own, 2)[k] + inner[k]))];
  };

/** All outputs of a cell in the order in which it runs; a time that is closed keeps the states. */
function reference(
  cell: Cell,
  { matrix, x, open }: ReturnType<typeof computed>,
  states: number,
  { backwards = false, masked = false, last = false } = {},
): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let now = Array.from({ length: states }, () => Array.from({ length: units }, () => 0));
    const outputs = order(backwards).map((t) => {
      if (!masked || open(row, t)) now = cell(x(row, t), now, matrix);
      return now[0];
    });
    return (last ? outputs.slice(-1) : outputs).flat();
  }).flat();
}

describe.each([
  ["simpleRnn", simple, 1, g.simpleRnn, {}],
  ["lstm", long, 2, g.lstm, {}],
  ["gru", gated(true), 1, g.gru, {}],
  ["gru with the reset before", gated(false), 1, g.gru, { resetAfter: false }],
] as const)("%s", (_, cell, states, layer, more) => {
  const make = layer as (x: g.Value, options: g.LstmOptions) => g.Value;
  test("all outputs, forwards and backwards", () => {
    for (const goBackwards of [false, true]) {
      const found = computed((x) =>
        make(x, { units, name: "l", returnSequences: true, goBackwards, ...more }),
      );
      close(found.y, reference(cell, found, states, { backwards: goBackwards }));
    }
  });
  test("the last output, with a mask", () => {
    const found = computed((x, mask) => make(x, { units, name: "l", mask, ...more }));
    close(found.y, reference(cell, found, states, { masked: true, last: true }));
  });
  test("goes on from the states of another call", () => {
    const found = computed((x) => {
      const layerOf = g.shared("l", (part: g.Value, initialState?: readonly g.Value[]) =>
        (layer as (x: g.Value, o: object) => readonly g.Value[])(part, {
          units,
          name: "l",
          returnState: true,
          initialState,
          ...more,
        }),
      );
      const [, ...middle] = layerOf(g.slice(x, { limit: [null, 2] }));
      return layerOf(g.slice(x, { start: [0, 2] }), middle)[0];
    });
    const inner = { ...found, matrix: (name: string): Matrix => found.matrix(`l/${name}`) };
    close(found.y, reference(cell, inner, states, { last: true }));
  });
});

describe("what recurrent layers agree on", () => {
  test("a bidirectional layer is two layers, in order of time", () => {
    const found = computed((x) =>
      g.bidirectional(x, (z, way) => g.simpleRnn(z, { units, returnSequences: true, ...way }), {
        name: "b",
        mergeMode: "sum",
      }),
    );
    const side = (name: string, backwards: boolean): number[] => {
      const own = {
        ...found,
        matrix: (key: string): Matrix => found.matrix(key.replace("l/", `b/${name}/`)),
      };
      const flat = reference(simple, own, 1, { backwards });
      if (!backwards) return flat;
      const size = times * units;
      return Array.from({ length: rows }, (_, row) =>
        order(true).flatMap((t) => flat.slice(row * size + t * units, row * size + (t + 1) * units)),
      ).flat();
    };
    close(found.y, plus(side("forward", false), side("backward", true)));
  });

  test("the forget gate starts open", () => {
    const model = g.defineModel({
      name: "one",
      inputs: { x: g.f32(n, times, width) },
      build: ({ x }) => ({ outputs: { y: g.lstm(x, { units, name: "l" }) } }),
    });
    const { init } = ownGraphs(buildGraph(model, { precision: "f64" }));
    expect(run(init, { seed: [3] }).get("l/bias")).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  });

  test("truncation stops the gradient after every k times, and only there", () => {
    const slopeOf = (truncation?: number): number[] => {
      const model = g.defineModel({
        name: "one",
        inputs: { x: g.f32(n, times, width) },
        build: ({ x }) => ({
          outputs: {
            y: g.grad(
              g.sum(
                g.rnn(x, {
                  stateSizes: [width],
                  truncation,
                  step: (now, [h]) => {
                    const next = g.add(g.mul(h, 0.5), now);
                    return [next, [next]];
                  },
                }),
              ),
              x,
            ),
          },
        }),
      });
      return run(ownGraphs(buildGraph(model, { precision: "f64" })).predict, {}, 1).get("y") ?? [];
    };
    expect(slopeOf()).toEqual([0.125, 0.125, 0.25, 0.25, 0.5, 0.5, 1, 1]);
    expect(slopeOf(2)).toEqual([0, 0, 0, 0, 0.5, 0.5, 1, 1]);
    expect(slopeOf(3)).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
    expect(slopeOf(4)).toEqual(slopeOf());
  });
});

/** The first line of the error that a model ends in, with the place. */
function refusal(make: (inputs: { x: g.Value; flat: g.Value; mask: g.Value }) => unknown): string {
  const model = g.defineModel({
    name: "bad",
    inputs: { x: g.f32(n, times, width), flat: g.f32(n, width), mask: g.bool(n, 3) },
    build: (inputs) => {
      make(inputs);
      return { outputs: { y: g.relu(inputs.flat) } };
    },
  });
  try {
    buildGraph(model);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
}

test.each<[string, Parameters<typeof refusal>[0]]>([
  [
    "lstm takes a batch of sequences [n, T, d] of fixed length and width, found f32[n,2]",
    ({ flat }) => g.lstm(flat, { units: 2 }),
  ],
  ["units of gru must be a positive integer, found 0", ({ x }) => g.gru(x, { units: 0 })],
  ['lstm has no option "unit"', ({ x }) => g.lstm(x, { unit: 2 } as never)],
  [
    "the mask of lstm must be bool[n,4], a truth value for each time of each row, found bool[n,3]",
    ({ x, mask }) => g.lstm(x, { units: 2, mask }),
  ],
  [
    "the mask of gru must be bool[n,4], a truth value for each time of each row, found f32[n,2]",
    ({ x, flat }) => g.gru(x, { units: 2, mask: flat }),
  ],
  [
    "initialState of lstm is a list of 2 values, found 1 values",
    ({ x, flat }) => g.lstm(x, { units: 2, initialState: [flat] }),
  ],
  [
    "initialState 0 of gru must be f32[n,3], found f32[n,2]",
    ({ x, flat }) => g.gru(x, { units: 3, initialState: [flat] }),
  ],
  ["truncation of gru must be a positive integer, found 0", ({ x }) => g.gru(x, { units: 3, truncation: 0 })],
  [
    'there is no merge mode "add"',
    ({ x }) => g.bidirectional(x, (z, way) => g.gru(z, { units: 2, ...way }), { mergeMode: "add" as never }),
  ],
  [
    "the layer of bidirectional does not use its direction, so both would go forward",
    ({ x }) => g.bidirectional(x, (z) => g.gru(z, { units: 2 })),
  ],
  [
    "the length of scan must be a positive integer, found 0",
    ({ flat }) => g.scan((c: g.Value) => [c, null], flat, null, { length: 0 }),
  ],
  ["scan has no xs to take its length from", ({ flat }) => g.scan((c: g.Value) => [c, null], flat, null)],
  [
    "scan: xs must have time as its first axis, of a fixed length, found f32[n,4,2]",
    ({ x, flat }) => g.scan((c: g.Value) => [c, null], flat, x),
  ],
  [
    "scan: xs.b has 2 times, but xs.a has 4",
    ({ x, flat }) =>
      g.scan((c: g.Value) => [c, null], flat, { a: g.transpose(x, [1, 0, 2]), b: g.transpose(x, [2, 0, 1]) }),
  ],
  [
    "scan: xs has 4 times, but the option length is 5",
    ({ x, flat }) => g.scan((c: g.Value) => [c, null], flat, g.transpose(x, [1, 0, 2]), { length: 5 }),
  ],
  [
    "carry of scan starts as f32[n,2], but the body makes it f32[n]",
    ({ x, flat }) => g.scan((c: g.Value) => [g.sum(c, { axes: [1] }), null], flat, g.transpose(x, [1, 0, 2])),
  ],
  [
    "carry.h of scan starts as f32[n,2], but the body makes it f32[n,4]",
    ({ x, flat }) =>
      g.scan(
        (c: { h: g.Value }) => [{ h: g.concat([c.h, c.h]) }, null],
        { h: flat },
        g.transpose(x, [1, 0, 2]),
      ),
  ],
  [
    "the body of scan returns the carries carry, but was given carry[0], carry[1]",
    ({ x, flat }) => g.scan((c: g.Value[]) => [c[0] as never, null], [flat, flat], g.transpose(x, [1, 0, 2])),
  ],
  [
    "the body of scan must return [carry, y], found a graph value",
    ({ x, flat }) => g.scan(((c: g.Value) => c) as never, flat, g.transpose(x, [1, 0, 2])),
  ],
  [
    "the body of scan must return [carry, y], found 3 values",
    ({ x, flat }) => g.scan(((c: g.Value) => [c, c, c]) as never, flat, g.transpose(x, [1, 0, 2])),
  ],
  [
    "the step of rnn must return 1 states, found 2",
    ({ x }) => g.rnn(x, { stateSizes: [2], step: (now, [h]) => [now, [h, h]] }),
  ],
])("refuses: %s", (sentence, make) => {
  const found = refusal(make);
  expect(found.split("\n")[0]).toContain(sentence);
  expect(found).toMatch(/recurrent\.test\.ts:\d+/);
});

test("a value that leaves the body without being returned is refused with its line", () => {
  let kept: g.Value | undefined;
  const model = g.defineModel({
    name: "bad",
    inputs: { x: g.f32(n, times, width) },
    build: ({ x }) => {
      const [last] = g.scan(
        (c: g.Value, v: g.Value) => [(kept = g.add(c, v)), null],
        g.slice(x, { limit: [null, 1] }) && g.sum(x, { axes: [1] }),
        g.transpose(x, [1, 0, 2]),
      );
      return { outputs: { y: g.mul(last, kept!) } };
    },
  });
  expect(() => buildGraph(model)).toThrow(/inside the body of scan is used outside it in model "bad"/);
});
