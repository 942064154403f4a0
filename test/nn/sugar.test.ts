import { describe, expect, test } from "vitest";
import * as g from "gradc";
import { buildGraph, differentiate } from "../../src/nn/index.ts";
import { typeText } from "../../src/ir/type.ts";
import { run } from "./run.ts";
import { ownGraphs } from "../own-graphs.ts";

const n = g.batch(4);
type Make = (x: g.Value, v: g.Value) => g.Value;

/** Evaluates a function of x f32[n,3] and v f32[3] at two rows. */
const evaluated = (make: Make): { type: string; data: number[] } => {
  const model = g.defineModel({
    name: "one",
    inputs: { x: g.f32(n, 3), v: g.f32(3) },
    build: (of) => ({ outputs: { y: make(of.x, of.v) } }),
  });
  const { predict } = ownGraphs(buildGraph(model, { precision: "f64" }));
  const data = run(predict, { x: [1, 2, 3, 4, 5, 6], v: [10, 20, 30] }, 2).get("y") ?? [];
  return { type: typeText(predict.outputs[0].value.type), data };
};
const value = (make: Make): number[] => evaluated(make).data;

describe("ops as users call them", () => {
  test("broadcast and take numbers", () => {
    expect(value((x, v) => g.add(x, v))).toEqual([11, 22, 33, 14, 25, 36]);
    expect(value((x) => g.sub(1, x))).toEqual([0, -1, -2, -3, -4, -5]);
    expect(value((_, v) => g.mul(g.expandDims(v, 1), g.slice(v, { start: [0], limit: [2] })))).toEqual([
      100, 200, 200, 400, 300, 600,
    ]);
    expect(value((x) => g.where(g.less(x, 3), 0, x))).toEqual([0, 0, 3, 4, 5, 6]);
    expect(value((x) => g.clip(x, 2, 5))).toEqual([2, 2, 3, 4, 5, 5]);
    expect(value((_, v) => g.cast(g.greater(v, 15), "i32"))).toEqual([0, 1, 1]);
    expect(evaluated((_, v) => g.cast(v, "f32")).type).toBe("f64[3]");
    expect(value(() => g.exp(0))).toEqual([1]);
  });

  test("reduce over axes, negative ones and keepDims", () => {
    expect(value((x) => g.sum(x))).toEqual([21]);
    expect(value((x) => g.mean(x, { axis: 0 }))).toEqual([2.5, 3.5, 4.5]);
    expect(evaluated((x) => g.max(x, { axis: -1, keepDims: true }))).toEqual({
      type: "f64[n,1]",
      data: [3, 6],
    });
    expect(value((x) => g.min(x, { axes: [0, 1] }))).toEqual([1]);
    expect(value((x) => g.argMax(x))).toEqual([2, 2]);
    expect(value((_, v) => g.softmax(g.mul(v, 0)))[1]).toBeCloseTo(1 / 3, 15);
  });

  test("move", () => {
    expect(evaluated((x) => g.reshape(x, [-1])).type).toBe("f64[3*n]");
    expect(evaluated((x) => g.reshape(x, [n, -1, 1])).type).toBe("f64[n,3,1]");
    expect(evaluated((x) => g.reshape(x, [g.times(n, 3)])).type).toBe("f64[3*n]");
    expect(evaluated((x) => g.transpose(x))).toEqual({ type: "f64[3,n]", data: [1, 4, 2, 5, 3, 6] });
    expect(value((_, v) => g.stack([v, g.neg(v)], { axis: 1 }))).toEqual([10, -10, 20, -20, 30, -30]);
    expect(value((_, v) => g.concat([v, v]))).toEqual([10, 20, 30, 10, 20, 30]);
    expect(value((x) => g.slice(x, { start: [null, -2] }))).toEqual([2, 3, 5, 6]);
    expect(evaluated((_, v) => g.squeeze(g.expandDims(v, [0, -1]))).type).toBe("f64[3]");
    expect(value((_, v) => g.reverse(v, 0))).toEqual([30, 20, 10]);
    expect(value(() => g.tensor([[1, 2], [3, 4]]))).toEqual([1, 2, 3, 4]); // prettier-ignore
    expect(value((x) => g.oneHot(g.argMax(x), { depth: 3 }))).toEqual([0, 0, 1, 0, 0, 1]);
    expect(value((_, v) => g.pad(v, { low: [1], high: [0], value: 7 }))).toEqual([7, 10, 20, 30]);
  });

  test("multiply matrices of any rank", () => {
    expect(value((_, v) => g.matmul(v, v))).toEqual([1400]);
    expect(evaluated((x, v) => g.matmul(x, v))).toEqual({ type: "f64[n]", data: [140, 320] });
    expect(value((x, v) => g.matmul(v, x, { transposeB: true }))).toEqual([140, 320]);
    const eye = (): g.Value => g.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 2]]); // prettier-ignore
    expect(evaluated((x) => g.matmul(g.expandDims(x, 1), eye()))).toEqual({
      type: "f64[n,1,3]",
      data: [2, 1, 6, 5, 4, 12],
    });
    expect(evaluated((x) => g.matmul(g.expandDims(x, 0), g.stack([eye(), eye()]))).type).toBe("f64[2,n,3]");
  });

  test("differentiate", () => {
    expect(value((_, v) => g.grad(g.sum(g.square(v)), v))).toEqual([20, 40, 60]);
    expect(value((_, v) => g.vjp(g.square(v), v, g.tensor([1, 0, 2])))).toEqual([20, 0, 120]);
    expect(value((_, v) => g.jvp(g.square(v), v, g.tensor([1, 0, 2])))).toEqual([20, 0, 120]);
    expect(value((_, v) => g.hvp(g.sum(g.pow(v, 3)), v, g.tensor([1, 0, 2])))).toEqual([60, 0, 360]);
    expect(value((_, v) => g.jacobian(g.mul(v, 2), v))).toEqual([2, 0, 0, 0, 2, 0, 0, 0, 2]);
    expect(value((_, v) => g.grad(g.sum(g.mul(g.stopGradient(v), v)), v))).toEqual([10, 20, 30]);
    expect(value((_, v) => g.grad(g.sum(g.clip(v, 10, 20)), v))).toEqual([1, 1, 0]);
  });
});

test("misuse says what, where and what to do", () => {
  const refused = (make: Make): string => {
    try {
      evaluated(make);
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing was refused";
  };
  const text = refused((x) => g.add(x, g.tensor([1, 2])));
  expect(text).toMatch(
    /^add: shapes \[n,3\] and \[2\] do not broadcast\n {2}at sugar\.test\.ts:\d+\n {2}hint: /,
  );
  const images = (x: g.Value, shape: readonly number[]): g.Value =>
    g.broadcastTo(g.sum(x), [x.type.shape[0], ...shape]);
  expect(refused((x) => g.add(images(x, [3, 8, 9]), images(x, [8, 9, 3])))).toMatch(
    /^add: shapes \[n,3,8,9\] and \[n,8,9,3\] do not broadcast\n.*\n {2}hint: if \[n,3,8,9\] has its channels first/,
  );
  expect(refused((x) => g.reshape(x, [4, -1]))).toMatch(/reshape cannot turn f64\[n,3\] into \[4,-1\]/);
  expect(refused((x) => g.sum(x, { axis: 2 }))).toMatch(/sum: axis 2 does not exist in a value of rank 2/);
  expect(refused((x) => g.sum(x, { keepdims: true } as never))).toMatch(/did you mean "keepDims"/);
  expect(refused((x) => g.matmul(x, g.tensor([[1], [2]])))).toMatch(
    /inner dims of f64\[n,3\] and f64\[2,1\] differ/,
  );
  expect(refused((x) => g.add(x, g.argMax(x)))).toMatch(
    /add: dtypes differ: f64\[n,3\] and i32\[n\][^]*cast/,
  );
  expect(refused((x) => g.grad(x, x))).toMatch(/grad takes a loss that is one number, found f64\[n,3\]/);
  expect(refused((x) => g.jacobian(x, x))).toMatch(/jacobian takes static shapes/);
  expect(refused(() => g.add("1" as never, 2))).toMatch(/add takes graph values, found "1"/);
  expect(refused((x) => g.cast(x, "float" as never))).toMatch(/no dtype "float"/);
  expect(refused((x) => g.add(g.argMax(x), 0.5))).toMatch(/the number 0.5 has no place in i32/);
  expect(() => g.add(1, 2)).toThrow(/inside a model's build function/);
  let kept: g.Value | undefined;
  value((x) => (kept = x));
  expect(refused((x) => g.add(x, kept as g.Value))).toMatch(/value of another build/);
});

test("losses and regularisers", () => {
  const model = g.defineModel({
    name: "losses",
    inputs: { x: g.f32(n, 3), t: g.f32(n, 3), y: g.i32(n) },
    build: ({ x, t, y }) => ({
      outputs: {
        mse: g.meanSquaredError(x, t),
        mae: g.meanAbsoluteError(x, t),
        sse: g.sumSquaredError(x, t),
        ce: g.softmaxCrossEntropy(x, y),
        rows: g.softmaxCrossEntropy(x, y, { reduction: "none" }),
        hot: g.softmaxCrossEntropyOneHot(x, g.oneHot(y, { depth: 3 })),
        bce: g.sigmoidBinaryCrossEntropy(x, t, { reduction: "sum" }),
      },
    }),
  });
  const x = [1, 2, 3, -1, 0, 1];
  const t = [0, 1, 1, 0, 0, 1];
  const result = run(ownGraphs(buildGraph(model)).predict, { x, t, y: [2, 0] }, 2);
  const near = (name: string, expected: number): void =>
    expect(result.get(name)?.[0]).toBeCloseTo(expected, 12);
  const square = x.map((v, k) => (v - t[k]) ** 2).reduce((a, b) => a + b);
  near("mse", square / 6);
  near("mae", x.map((v, k) => Math.abs(v - t[k])).reduce((a, b) => a + b) / 6);
  near("sse", square / 2);
  const lse = (v: number[]): number => Math.log(v.reduce((sum, u) => sum + Math.exp(u), 0));
  const rows = [lse([1, 2, 3]) - 3, lse([-1, 0, 1]) + 1];
  near("ce", (rows[0] + rows[1]) / 2);
  near("hot", (rows[0] + rows[1]) / 2);
  expect(result.get("rows")?.length).toBe(2);
  near(
    "bce",
    x.map((v, k) => Math.log1p(Math.exp(v)) - v * t[k]).reduce((a, b) => a + b),
  );

  const penal = g.defineModel({
    name: "penal",
    inputs: { x: g.f32(1, 2) },
    build: ({ x }) => {
      const y = g.dense(x, {
        units: 1,
        kernelInitializer: [[3], [-4]],
        kernelRegularizer: g.l2(0.1),
        biasRegularizer: g.l1(2),
        biasInitializer: [-1],
      });
      return { outputs: { y }, loss: g.mul(g.sum(y), 0) };
    },
  });
  const program = differentiate(buildGraph(penal));
  const cells = { x: [0, 0], "dense/kernel": [3, -4], "dense/bias": [-1] };
  const training = run(ownGraphs(program).training!, cells);
  expect(training.get("loss")?.[0]).toBeCloseTo(2.5 + 2, 12);
  expect(training.get("dense/kernel")?.map((v) => Math.round(v * 1e9) / 1e9)).toEqual([0.6, -0.8]);
  expect(training.get("dense/bias")).toEqual([-2]);
  expect(ownGraphs(program).update).toBeNull();
});
