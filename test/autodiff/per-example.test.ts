import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "../../src/compile.ts";
import { perExampleGradients } from "../../src/autodiff/batching.ts";
import { vjp } from "../../src/autodiff/vjp.ts";
import { evaluate } from "../../src/eval/evaluate.ts";
import { Builder, withBuilder } from "../../src/ir/builder.ts";
import { isLeaf, leafName, nodesOf, type Node } from "../../src/ir/graph.ts";
import { applyRoom, type NDArray, type OpRoom, type Sample } from "../../src/ir/op.ts";
import { isBatch, isFloat, sizeOf, tensorType } from "../../src/ir/type.ts";
import { currentRun } from "../../src/nn/context.ts";
import { buildGraph } from "../../src/nn/index.ts";
import { fullLike, spread, sum } from "../../src/ops/broadcast.ts";
import { mul } from "../../src/ops/elementwise.ts";
import { leaf } from "../../src/ops/leaves.ts";
import { read, tabulate } from "../../src/ops/naive.ts";
import { sampleBatch } from "../../src/ops/samples.ts";
import { ops } from "../../src/ops/table.ts";
import { loadText } from "../compile/program.ts";
import { run } from "../nn/run.ts";
import {
  parseInput,
  randomArray,
  randomFrom,
  sampleText,
  scalarArray,
  type SampleInput,
} from "../ops/sample.ts";
import { ownGraphs } from "../own-graphs.ts";

const n = g.batch(4);
const parameterNamed = (path: string): g.Value => currentRun().parameters.get(path)!.leaf;
type Losses = (inputs: { readonly x: g.Value; readonly y: g.Value }) => g.Value;

const numbers = (count: number, seed: number): number[] => {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => 2 * random() - 1);
};

/** The gradients by all parameters of some rows at once, and of each row in a batch of its own. */
function bothWays(losses: Losses, shape: readonly number[], rows: number) {
  const model = g.defineModel({
    name: "rows",
    inputs: { x: g.f32(n, ...shape), y: g.i32(n) },
    build(inputs) {
      const each = losses(inputs);
      const own = g.perExampleGradients(each);
      // The gradient of the sum, which one row alone gives its own gradient, takes the ordinary way.
      const leaves = nodesOf([each]).filter((node) => node.op === "parameter");
      const whole = leaves.map((node) => [`whole ${leafName(node)}`, g.grad(g.sum(each), node.outputs[0])]);
      return { outputs: { ...Object.fromEntries(whole), ...own } as Record<string, g.Value> };
    },
  });
  const { predict } = ownGraphs(buildGraph(model, { precision: "f64" }));
  const leaves = nodesOf(predict.outputs.map(({ value }) => value)).filter(isLeaf);
  const held = Object.fromEntries(
    leaves.filter((node) => node.op === "parameter").map((node, k) => [leafName(node), numbers(sizeOf(node.outputs[0].type.shape), 40 + k)]),
  ); // prettier-ignore
  const width = shape.reduce((a, b) => a * b, 1);
  const x = numbers(rows * width, 7);
  const y = [2, 0, 1, 1];
  const together = run(predict, { ...held, x, y: y.slice(0, rows) }, rows);
  const alone = y.slice(0, rows).map((label, k) => run(predict, { ...held, x: x.slice(k * width, (k + 1) * width), y: [label] }, 1)); // prettier-ignore
  const paths = [...together.keys()].filter((name) => name.startsWith("whole ")).map((name) => name.slice(6));
  return { together, alone, paths };
}

const each = { axis: 1 };
const models: readonly (readonly [string, readonly number[], Losses])[] = [
  ["a linear map", [3], ({ x }) => g.sum(g.dense(x, { units: 2 }), each)],
  ["a classifier of two layers", [3], ({ x, y }) => g.softmaxCrossEntropy(g.dense(g.dense(x, { units: 4, activation: "tanh" }), { units: 3 }), y, { reduction: "none" })],
  ["softmax, logSoftmax and logSumExp", [3], ({ x }) => {
    const h = g.dense(x, { units: 4 });
    return g.add(g.logSumExp(h, each), g.sum(g.mul(g.softmax(h), g.logSoftmax(h)), each));
  }],
  ["parameters that meet before they meet the rows", [4], ({ x }) => {
    const [a, b] = [g.param("a", [2, 3]), g.param("b", [2, 3])];
    const w = g.reverse(g.concat([g.transpose(g.square(a)), g.matmul(g.transpose(b), g.add(a, b))], { axis: 1 }), 0);
    const rows = g.slice(g.pad(w, { low: [0, 1], high: [1, 0] }), { start: [0, 1], limit: [4, 6] });
    return g.sum(g.tanh(g.matmul(x, g.reshape(g.reshape(rows, [2, 10]), [4, 5]))), each);
  }],
  ["reductions of parameters and of rows", [3], ({ x }) => {
    const w = g.param("w", [3, 2]);
    const scale = g.add(g.max(w), g.prod(g.mean(w, { axis: 0 })));
    return g.mul(g.max(g.matmul(x, w), each), g.add(scale, g.min(x, each)));
  }],
  ["sequences", [2, 3], ({ x }) => g.mean(g.square(g.dense(x, { units: 2, activation: "sigmoid" })), { axes: [1, 2] })],
  ["rows of sequences joined and parted", [2, 3], ({ x }) => {
    const flat = g.dense(g.reshape(x, [g.times(n, 2), 3]), { units: 2, activation: "tanh" });
    return g.sum(g.reshape(flat, [n, 4]), each);
  }],
  ["a batch that is not first", [2, 3], ({ x }) => {
    const turned = g.transpose(x, [1, 0, 2]);
    return g.sum(g.square(g.matmul(turned, g.stack([g.param("w", [3, 2]), g.param("v", [3, 2])]))), { axes: [0, 2] });
  }],
  ["a penalty, and a parameter that is one number", [2], ({ x }) => {
    const [w, s] = [g.param("w", [2]), g.param("s", [])];
    return g.add(g.mul(g.matmul(x, w), g.exp(s)), g.sum(g.square(w)));
  }],
  ["choices, comparisons and casts", [3], ({ x }) => {
    const w = g.param("w", [3]);
    return g.sum(g.where(g.greater(g.mul(x, w), 0), g.relu(g.mul(x, w)), g.cast(g.less(w, x), "f32")), each);
  }],
  ["labels", [3], ({ x, y }) => g.sum(g.mul(g.oneHot(y, { depth: 3 }), g.mul(x, g.param("w", [3]))), each)],
  ["layer normalisation", [4], ({ x }) => g.sum(g.square(g.layerNorm(g.dense(x, { units: 3 }))), each)],
  ["a checkpoint, and a stopped gradient", [3], ({ x }) => {
    const h = g.checkpoint((v: g.Value) => g.dense(v, { units: 3, activation: "tanh" }), x);
    return g.sum(g.mul(h, g.stopGradient(g.square(h))), each);
  }],
  ["an embedding", [3], ({ x, y }) => g.sum(g.mul(g.embedding(y, { inputDim: 3, outputDim: 3 }), x), each)],
  ["convolution and pooling", [4, 4, 2], ({ x }) => {
    const h = g.conv2d(x, { filters: 3, kernelSize: 3, padding: "same", activation: "tanh" });
    const k = g.conv2d(g.maxPool2d(h, { poolSize: 2 }), { filters: 6, kernelSize: 2, groups: 3, padding: "same" });
    return g.sum(g.square(k), { axes: [1, 2, 3] });
  }],
]; // prettier-ignore

describe("per-example gradients", () => {
  test.each(models)("%s: as of each row alone", (_, shape, losses) => {
    for (const rows of [1, 4]) {
      const { together, alone, paths } = bothWays(losses, shape, rows);
      expect(paths.length).toBeGreaterThan(0);
      for (const path of paths) {
        const found = together.get(path)!;
        const size = found.length / rows;
        for (const [k, own] of alone.entries()) {
          const expected = own.get(`whole ${path}`)!;
          for (const [at, value] of expected.entries()) expect(found[k * size + at]).toBeCloseTo(value, 12);
        }
        const sum = together.get(`whole ${path}`)!;
        for (const [at, value] of sum.entries()) {
          const total = Array.from({ length: rows }, (_row, k) => found[k * size + at]);
          expect(total.reduce((a, b) => a + b, 0)).toBeCloseTo(value, 12);
        }
      }
    }
  });
});

describe("every op that can be lifted", () => {
  const rooms = [...ops.values()].filter(({ samples, mark }) => samples.length > 0 && !mark);
  test.each(rooms.map((room) => [room.name, room] as const))("%s", (_, room) => {
    let lifted = 0;
    for (const [k, sample] of room.samples.entries()) {
      const found = liftedSample(room, sample, 300 + k);
      if (found === undefined) continue;
      lifted++;
      const { all, alone, text } = found;
      for (const [p, gradients] of all.entries()) {
        const size = gradients.length / 3;
        for (const [row, own] of alone.entries()) {
          const scale = Math.max(1, ...own[p].map(Math.abs));
          for (const [at, value] of own[p].entries())
            expect(Math.abs(gradients[row * size + at] - value) / scale, `${text}, row ${row}`).toBeLessThan(
              1e-9,
            );
        }
      }
    }
    // What gives integers has no gradient that could be compared.
    if (room.lift && (room.vjp ?? room.vjpAll))
      expect(lifted, `samples of ${room.name} that were lifted`).toBeGreaterThan(0);
  });
});

/**
 * Per-example gradients through one op: rows are scaled by a parameter, what has no rows is a parameter. Undefined
 * where the sample has no gradient by either, or its op mixes examples or is not known to keep them apart.
 */
function liftedSample(room: OpRoom, sample: Sample, seed: number) {
  const text = `${sampleText(room, sample)}, seed ${seed}`;
  const random = randomFrom(seed);
  const build = new Builder();
  return withBuilder(build, () => {
    const feed = new Map<Node, NDArray>();
    const held = (name: string, input: SampleInput): g.Value => {
      const type = { ...input.type, dtype: isFloat(input.type.dtype) ? ("f64" as const) : input.type.dtype };
      const value = leaf("input", name, type);
      feed.set(value.node, randomArray({ ...input, type }, 3, random));
      return value;
    };
    const one = { type: tensorType("f64", []), range: undefined };
    const parameters: g.Value[] = [];
    const inputs: g.Value[] = [];
    for (const [k, part] of sample.inputs.entries()) {
      if (part.startsWith("@")) {
        inputs.push(inputs[Number(part.slice(1))]);
        continue;
      }
      const value = held(`x${k}`, parseInput(part));
      const batched = value.type.shape.some(isBatch);
      if (!isFloat(value.type.dtype)) inputs.push(value);
      else if (batched) {
        // Scaled by exactly 1, so that values stay in the sample's range.
        const w = held(`w${k}`, one);
        feed.set(w.node, scalarArray("f64", 1));
        parameters.push(w);
        inputs.push(mul(value, spread(w, value.type.shape)));
      } else {
        parameters.push(value);
        inputs.push(value);
      }
    }
    if (parameters.length === 0) return undefined;
    const attrs =
      sample.attrs?.["dtype"] === "f32" ? { ...sample.attrs, dtype: "f64" } : (sample.attrs ?? {});
    const y = applyRoom(room, inputs, attrs).outputs[0];
    const { shape, dtype } = y.type;
    if (!isFloat(dtype)) return undefined;
    const rows = shape.flatMap((dim, k) => (isBatch(dim) ? [k] : []));
    if (rows.length > 1 || rows.some((k) => (shape[k] as g.BatchDim).times !== 1)) return undefined;
    const curved = mul(y, y);
    const totals = sum(curved, { axes: shape.map((_, k) => k).filter((k) => !rows.includes(k)) });
    const r = held("r", { type: tensorType("f64", [sampleBatch]), range: undefined });
    const losses = mul(r, spread(totals, [sampleBatch]));
    let own: g.Value[];
    try {
      own = build.within({ layer: "", source: "" }, () => perExampleGradients(losses, parameters));
    } catch (error) {
      expect((error as Error).message, text).toMatch(
        /mixes the examples|do not know|cannot tell the examples/,
      );
      return undefined;
    }
    const whole = vjp([losses], [fullLike(1, losses)], parameters);
    const all = evaluate(own, feed, { n: 3 }).map(({ data }) => [...data]);
    const alone = [0, 1, 2].map((row) => {
      const cut = new Map(
        [...feed].map(([node, array]) => [node, rowOf(array, node.outputs[0].type.shape, row)]),
      );
      return evaluate(whole, cut, { n: 1 }).map(({ data }) => [...data]);
    });
    return { all, alone, text };
  });
}

/** What is left of an array where one row is alone in the batch. */
function rowOf(array: NDArray, dims: g.Shape, row: number): NDArray {
  const axis = dims.findIndex(isBatch);
  if (axis < 0) return array;
  const { times } = dims[axis] as g.BatchDim;
  const shape = array.shape.map((extent, k) => (k === axis ? times : extent));
  return tabulate(array.dtype, shape, (at) => read(array, at.map((k, a) => (a === axis ? row * times + k : k)))); // prettier-ignore
}

describe("what is made of them", () => {
  test("compiles, and clips each example's gradient before it is averaged (DP-SGD without the noise)", () => {
    const bound = 0.5;
    const model = g.defineModel({
      name: "clipped",
      inputs: { x: g.f32(n, 3), y: g.i32(n) },
      build({ x, y }) {
        const logits = g.dense(g.dense(x, { units: 4, activation: "tanh", name: "hidden" }), { units: 3, name: "logits" });
        const losses = g.softmaxCrossEntropy(logits, y, { reduction: "none" });
        const each = g.perExampleGradients(losses);
        const square = Object.values(each).reduce<g.Value>((total, d) => g.add(total, g.sum(g.square(g.reshape(d, [n, -1])), { axis: 1 })), g.mul(losses, 0));
        const scale = g.minimum(1, g.div(bound, g.sqrt(square)));
        // A loss whose gradient is the mean of the clipped ones.
        const terms = Object.entries(each).map(([path, d]) => {
          const flat = g.reshape(d, [n, -1]);
          const mean = g.mean(g.mul(flat, g.expandDims(scale, 1)), { axis: 0 });
          return g.sum(g.mul(g.stopGradient(mean), g.reshape(parameterNamed(path), [-1])));
        });
        const loss = terms.reduce((a, b) => g.add(a, b));
        return { outputs: { logits, ...each, norms: g.sqrt(square) } as Record<string, g.Value>, loss, optimizer: g.sgd({ learningRate: 1 }) };
      },
    }); // prettier-ignore
    const { files } = compile(model, { precision: "f64", debug: true });
    const net = loadText(files[0].text).create({ seed: 1 });
    const x = Float64Array.from(numbers(12, 5));
    const y = Int32Array.of(2, 0, 1, 1);
    net.forward(x, y, 4);
    net.backward();
    const found = net.predict(x, y, 4);
    const norms = [...found["norms"]];
    expect(Math.max(...norms)).toBeGreaterThan(bound);
    for (const path of Object.keys(net.params)) {
      const size = net.params[path].length;
      const clipped = Array.from({ length: size }, (_, at) =>
        norms.reduce((total, norm, k) => total + found[path][k * size + at] * Math.min(1, bound / norm), 0) / 4,
      ); // prettier-ignore
      for (const [at, value] of clipped.entries()) expect(net.gradients[path][at]).toBeCloseTo(value, 12);
    }
  });

  test("takes parameters as values or by path", () => {
    const model = g.defineModel({
      name: "paths",
      inputs: { x: g.f32(n, 3) },
      build({ x }) {
        const w = g.param("w", [3]);
        const losses = g.square(g.matmul(x, w));
        const [byValue] = g.perExampleGradients(losses, [w]);
        return { outputs: { byValue, byPath: g.perExampleGradients(losses, ["w"])["w"] } };
      },
    });
    const { predict } = ownGraphs(buildGraph(model));
    const [a, b] = predict.outputs;
    expect(a.value).toBe(b.value);
  });

  const using = (make: Losses) => () =>
    compile(
      g.defineModel({
        name: "bad",
        inputs: { x: g.f32(n, 3), y: g.i32(n) },
        build: (inputs) => g.scope("tower", () => ({ outputs: Object.fromEntries(Object.entries(g.perExampleGradients(make(inputs))).map(([, d], k) => [`d${k}`, d])) as Record<string, g.Value> })), // prettier-ignore
      }),
    );
  test.each([
    ["perExampleGradients takes one loss an example, [n], found f32[]", ({ x }) => g.mean(g.dense(x, { units: 1 }))],
    ["perExampleGradients takes one loss an example, [n], found f32[n,2]", ({ x }) => g.dense(x, { units: 2 })],
    ["mean mixes the examples: axis 0 of f32[n,3] is n", ({ x }) => ((h) => g.sum(g.sub(h, g.mean(h, { axis: 0 })), { axis: 1 }))(g.dense(x, { units: 3 }))],
    ["matmul mixes the examples: axis 1 of f32[n,n] is n", ({ x }) => ((h) => g.sum(g.matmul(g.matmul(h, h, { transposeB: true }), h), { axis: 1 }))(g.dense(x, { units: 3 }))],
    ["softmax mixes the examples: axis 0 of f32[n,2] is n", ({ x }) => g.sum(g.softmax(g.dense(x, { units: 2 }), { axis: 0 }), { axis: 1 })],
    ["per-example gradients do not know onGradient of f32[n,2], f32[n,2]", ({ x }) => g.sum(g.onGradient(g.dense(x, { units: 2 }), g.neg), { axis: 1 })],
  ] as readonly (readonly [string, Losses])[])("refuses: %s", (sentence, losses) => {
    expect(using(losses)).toThrow(sentence);
    expect(using(losses)).toThrow(/at layer tower, per-example\.test\.ts:\d+/);
  }); // prettier-ignore

  test("refuses paths of parameters that do not exist", () => {
    const make = () => compile(g.defineModel({ name: "bad", inputs: { x: g.f32(n, 3) }, build: ({ x }) => ({ outputs: g.perExampleGradients(g.matmul(x, g.param("w", [3])), ["v"]) }) })); // prettier-ignore
    expect(make).toThrow('perExampleGradients: "v" is no parameter declared so far; there are w');
  });
});
