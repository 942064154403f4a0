import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { compile } from "../../src/compile.ts";
import { buildGraph } from "../../src/nn/index.ts";
import { scatterAdd, scatterAddAlongAxis, take, takeAlongAxis } from "../../templates/take.ts";
import { loadText } from "../compile/program.ts";
import { running } from "../examples/run.ts";
import { run } from "./run.ts";
import { ownGraphs } from "../own-graphs.ts";

const n = g.batch(4);
type Inputs = { readonly x: g.Value; readonly v: g.Value; readonly k: g.Value };

/** Evaluates a function of x f32[n,3], v f32[4,2] and k i32[n,2] at two rows. */
function value(make: (inputs: Inputs) => g.Value): number[] {
  const model = g.defineModel({
    name: "one",
    inputs: { x: g.f32(n, 3), v: g.f32(4, 2), k: g.i32(n, 2) },
    build: (inputs) => ({ outputs: { y: make(inputs) } }),
  });
  const { predict } = ownGraphs(buildGraph(model, { precision: "f64" }));
  const cells = { x: [1, 2, 3, 4, 5, 6], v: [10, 11, 20, 21, 30, 31, 40, 41], k: [2, 0, 1, 1] };
  return run(predict, cells, 2).get("y") ?? [];
}

const integers = (values: number[] | number[][]): g.Value => g.tensor(values, "i32");

describe("indexing", () => {
  test("take gives slices along an axis, repeated ones too", () => {
    expect(value(({ v, k }) => g.take(v, k))).toEqual([30, 31, 10, 11, 20, 21, 20, 21]);
    expect(value(({ x }) => g.take(x, integers([2, 0]), { axis: -1 }))).toEqual([3, 1, 6, 4]);
    expect(value(({ v }) => g.take(v, integers([[3], [3]])))).toEqual([40, 41, 40, 41]);
  });

  test("takeAlongAxis picks within each row, and indices of one row stretch", () => {
    expect(value(({ x, k }) => g.takeAlongAxis(x, k))).toEqual([3, 1, 5, 5]);
    expect(value(({ v }) => g.takeAlongAxis(v, integers([[1], [0], [0], [1]])))).toEqual([11, 20, 30, 41]);
    expect(value(({ v }) => g.takeAlongAxis(v, integers([[3, 0]]), { axis: 0 }))).toEqual([40, 11]);
    expect(value(({ v }) => g.takeAlongAxis(v, integers([[1]])))).toEqual([11, 21, 31, 41]);
  });

  test("scattered updates add up where they meet", () => {
    expect(value(({ v, k }) => g.scatterAdd(v, k, 1))).toEqual([11, 12, 22, 23, 31, 32, 40, 41]);
    expect(value(({ x, k }) => g.scatterAddAlongAxis(x, k, 10))).toEqual([11, 2, 13, 4, 25, 6]);
  });

  test("an index that is computed outside the axis is taken as the nearest one", () => {
    expect(value(({ v, k }) => g.take(v, g.sub(k, 2)))).toEqual([10, 11, 10, 11, 10, 11, 10, 11]);
    expect(value(({ x, k }) => g.takeAlongAxis(x, g.add(k, 1)))).toEqual([3, 2, 6, 6]);
  });

  test("the gradient of take is the sum of what came back for each slice", () => {
    expect(value(({ v, k }) => g.grad(g.sum(g.square(g.take(v, k))), v))).toEqual([20, 22, 80, 84, 60, 62, 0, 0]); // prettier-ignore
  });

  test.each([
    [(i: Inputs) => g.take(i.v, i.x), 'take takes i32 indices, found f64[n,3]\n  at x.test.ts:1\n  hint: use cast(indices, "i32")'],
    [(i: Inputs) => g.take(i.v, i.k, { axis: 2 }), "take: axis 2 does not exist in a value of rank 2"],
    [(i: Inputs) => g.take(i.x, i.k), "take: axis 0 is the batch dimension, which cannot be indexed"],
    [(i: Inputs) => g.take(i.v, integers([0, 4])), "take: index 4 is outside axis 0, which has 4 elements"],
    [(i: Inputs) => g.take(i.v, integers([-1])), "take: index -1 is outside axis 0, which has 4 elements"],
    [(i: Inputs) => g.take(i.v, i.k, { axes: 0 } as never), 'take has no option "axes"'],
    [(i: Inputs) => g.take(i.x, i.k, { axis: 1 }), "take: both x and indices have the batch dimension"],
    [(i: Inputs) => g.takeAlongAxis(i.v, integers([0])), "takeAlongAxis: indices must have the rank of x, found [1] for [4,2]"],
    [(i: Inputs) => g.takeAlongAxis(i.v, integers([[0], [0]])), "takeAlongAxis: shapes [4,1] and [2,1] do not broadcast"],
    [(i: Inputs) => g.scatterAdd(i.v, i.k, i.x), "scatterAdd: shapes [n,3] and [n,2,2] do not broadcast"],
    [(i: Inputs) => g.scatterAddAlongAxis(i.k, i.k, 1), "scatterAddAlongAxis takes floats, found i32[n,2]"],
  ] as const)("%s is refused", (make, sentence) => {
    expect(() => value(make)).toThrow(sentence.split("\n")[0]);
  }); // prettier-ignore

  test("templates compute the formula they state", () => {
    const x = Float32Array.of(1, 2, 3, 4, 5, 6);
    const out = new Float32Array(4);
    take(x, Int32Array.of(2, 0), out, 1, 2, 2, 3, 2, 2);
    expect([...out]).toEqual([5, 6, 1, 2]);
    const back = new Float32Array(6);
    scatterAdd(out, Int32Array.of(1, 1), back, 1, 2, 2, 3, 2, 2);
    expect([...back]).toEqual([0, 0, 6, 8, 0, 0]);
    const along = new Float32Array(2);
    takeAlongAxis(x, Int32Array.of(2, 1), along, 2, 1, 1, 3, 1, 1);
    expect([...along]).toEqual([3, 5]);
    const added = new Float32Array(6);
    scatterAddAlongAxis(along, Int32Array.of(0, 9), added, 2, 1, 1, 3, 1, 1);
    expect([...added]).toEqual([3, 0, 0, 0, 0, 5]);
  });
});

describe("embedding", () => {
  const rows = [[1, 2], [3, 4], [5, 6]]; // prettier-ignore
  const words = (uses: number): g.Model =>
    g.defineModel({
      name: "words",
      inputs: { x: g.i32(n, 2), y: g.f32(n) },
      build({ x, y }) {
        const embed = g.shared("table", (ids: g.Value) =>
          g.embedding(ids, { inputDim: 3, outputDim: 2, embeddingsInitializer: rows, name: "words" }),
        );
        let total = g.sum(embed(x), { axes: [1, 2] });
        if (uses > 1) total = g.add(total, g.sum(g.square(embed(x)), { axes: [1, 2] }));
        const loss = g.sum(g.mul(total, y));
        return { outputs: { total }, loss, optimizer: g.sgd({ learningRate: 1 }) };
      },
    });

  test.each([1, 2])("adds up the gradients of %d uses and of indices that repeat", async (uses) => {
    const { generated } = await running(words(uses));
    const net = generated.create({ seed: 1 });
    const [x, y] = [Int32Array.of(0, 0, 2, 0), Float32Array.of(10, 100)];
    net.forward(x, y);
    net.backward();
    // d/dw of (w, plus w² in the second use), weighted by the row's y: row 0 occurs twice in the first, once in the second.
    const slope = (w: number): number => (uses > 1 ? 1 + 2 * w : 1);
    const expected = [120 * slope(1), 120 * slope(2), 0, 0, 100 * slope(5), 100 * slope(6)];
    expect([...net.gradients["table/words/embeddings"]]).toEqual(expected);
    net.forward(x, y);
    net.backward(true);
    expect([...net.gradients["table/words/embeddings"]]).toEqual(expected.map((v) => 2 * v));
    net.forward(x, y);
    net.backward();
    expect([...net.gradients["table/words/embeddings"]]).toEqual(expected);
  });

  test("refuses an index outside the table before anything is touched", async () => {
    const { generated } = await running(words(1));
    const net = generated.create({ seed: 1 });
    const before = [...net.state];
    for (const bad of [3, -1]) {
      const step = () => net.trainStep(Int32Array.of(0, bad), Float32Array.of(1));
      expect(step).toThrow(new RangeError(`input x: number ${bad} at 1 is not a whole number from 0 to 2`));
    }
    expect([...net.state]).toEqual(before);
  });

  test.each(["js", "wasm"] as const)("refuses what is no whole number as an index, in %s", async (target) => {
    const { generated } = await running(words(1), { target });
    const net = generated.create({ seed: 1 });
    const loss = net.forward(Int32Array.of(0, 2), Float32Array.of(1));
    const [before, memory] = [[...net.state], new Uint8Array(net.state.buffer).slice()];
    const others: readonly (readonly [ArrayLike<unknown>, string])[] = [
      [Float64Array.of(1, 0.5), "number 0.5"],
      [Float32Array.of(0, NaN), "number NaN"],
      [[2, "1"], "string 1"],
    ];
    for (const [words, found] of others)
      expect(() => net.forward(words as Int32Array, Float32Array.of(1))).toThrow(
        new RangeError(`input x: ${found} at 1 is not a whole number from 0 to 2`),
      );
    expect(() => net.forward(BigInt64Array.of(0n, 1n) as never, Float32Array.of(1))).toThrow(
      new RangeError("input x: bigint 0 at 0 is not a whole number from 0 to 2"),
    );
    expect([...net.state]).toEqual(before);
    expect(Buffer.compare(new Uint8Array(net.state.buffer), memory)).toBe(0);
    // Whole numbers in any array are as good as those of an Int32Array.
    expect(net.forward(Float64Array.of(0, 2) as never, Float32Array.of(1))).toBe(loss);
    expect(net.forward([0, 2] as never, Float32Array.of(1))).toBe(loss);
  });

  test("each entry takes the indices of the tables that it reads", () => {
    const table = (rows: number) => (ids: g.Value) => g.embedding(ids, { inputDim: rows, outputDim: 2 });
    const model = g.defineModel({
      name: "tables",
      inputs: { ids: g.i32(2) },
      build({ ids }) {
        const [few, many] = [g.shared("few", table(3))(ids), g.shared("many", table(5))(ids)];
        const loss = g.add(g.sum(many), g.softmaxCrossEntropy(g.broadcastTo(g.tensor([0]), [2, 4]), ids));
        return { outputs: { ids }, functions: { few: { few }, many: { many } }, loss };
      },
    });
    const { create, spec } = loadText(compile(model).files[0].text);
    const net = create({ seed: 1 }) as unknown as Record<string, (ids: Int32Array) => unknown>;
    const highest = (entry: string): number => {
      const taken = [0, 1, 2, 3, 4, 5, 6].filter((id) => {
        try {
          return net[entry](Int32Array.of(0, id)) !== undefined;
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return false;
        }
      });
      return Math.max(...taken);
    };
    expect(["few", "many", "forward", "evaluate", "predict"].map(highest)).toEqual([2, 4, 3, 3, 6]);
    // What suits every entry, for those who fill any of them.
    expect(spec["inputs"]).toEqual([{ name: "ids", dtype: "i32", shape: [2], limit: 3 }]);
  });

  test.each([
    [{ inputDim: 0, outputDim: 2 }, "inputDim of embedding must be a positive integer, found 0"],
    [{ inputDim: 3 }, "outputDim of embedding must be a positive integer, found undefined"],
    [{ inputDim: 3, outputDim: 2, units: 3 }, 'embedding has no option "units"'],
  ])("%j is refused", (options, sentence) => {
    expect(() => value(({ k }) => g.embedding(k, options as g.EmbeddingOptions))).toThrow(sentence);
  });
  test("floats are refused", () => {
    expect(() => value(({ x }) => g.embedding(x, { inputDim: 3, outputDim: 2 }))).toThrow(
      "embedding takes i32 indices, found f64[n,3]",
    );
  });
});
