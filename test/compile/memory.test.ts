import {
  add,
  batch,
  defineModel,
  dense,
  expandDims,
  f32,
  flatten,
  maximum,
  mean,
  meanSquaredError,
  mul,
  neg,
  reshape,
  reverse,
  scan,
  sgd,
  silu,
  squeeze,
  sum,
  tanh,
  transpose,
  type Value,
} from "gradc";
import { jsBackend } from "../../src/backends/js/backend.ts";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/ir/type.ts";
import { verifyMemory } from "../../src/ir/verify/memory.ts";
import { compile } from "../../src/compile.ts";
import { optimizeGraph } from "../../src/optimize/index.ts";
import { ops } from "../../src/ops/table.ts";
import { randomGraph } from "../optimize/random-graph.ts";
import { compiled } from "./compiled.ts";
import { all, examples } from "./models.ts";
import { compileProgram, programOf } from "./program.ts";

describe.each(["f32", "f64"] as const)("plans in %s", (precision) => {
  test.each(Object.keys(all))("nothing that is needed is overwritten in %s", (name) => {
    const made = compiled(name, { precision });
    expect(verifyMemory(made.optimized, made.kernels, made.memory)).toEqual([]);
  });
  test.each(Object.keys(examples))("the arena of %s is near what is alive at once", (name) => {
    const { arenaBytes, liveBoundBytes } = compiled(name, { precision }).sizes;
    expect(arenaBytes).toBeGreaterThanOrEqual(liveBoundBytes);
    expect(arenaBytes / liveBoundBytes).toBeLessThanOrEqual(1.1);
  });
});

test("nothing that is needed is overwritten in random graphs", () => {
  for (let seed = 1; seed <= (process.env["GRADC_LONG"] ? 1000 : 60); seed++) {
    const graph = randomGraph(seed, 30);
    if (graph.outputs.length === 0) continue;
    const stages = compileProgram(
      programOf({ predict: optimizeGraph(graph, ops, jsBackend("f32")), precision: "f32" }),
    );
    expect(verifyMemory(stages.program, stages.kernels, stages.memory), `seed ${seed}`).toEqual([]);
  }
});

test("a loop over one time has no next turn that could need what the first leaves", () => {
  const n = batch(4);
  /** A recurrence that leaves something else of each time than its carry. */
  const running = (x: Value): Value =>
    scan(
      (h: Value, now: Value) => {
        const next = tanh(add(mul(h, 0.5), now));
        return [next, mul(next, now)];
      },
      mul(squeeze(x, 0), 0),
      x,
    )[1];
  const model = defineModel({
    name: "once",
    inputs: { x: f32(n, 8), y: f32(n, 3) },
    build({ x, y }) {
      const all = running(running(expandDims(dense(x, { units: 8 }), 0)));
      const out = dense(squeeze(all, 0), { units: 3 });
      return { outputs: { out }, loss: meanSquaredError(out, y), optimizer: sgd({ learningRate: 0.1 }) };
    },
  });
  const { optimized, kernels, memory } = compile(model, { debug: true });
  expect(verifyMemory(optimized, kernels, memory)).toEqual([]);
});

test("a row that a kernel has read whole may be written over under another shape, if it is as long", () => {
  const n = batch(4);
  const model = defineModel({
    name: "turned",
    inputs: { x: f32(n, 3) },
    build({ x }) {
      const turned = transpose(reshape(silu(dense(x, { units: 4 })), [n, 2, 2]), [0, 2, 1]);
      return { outputs: { out: dense(flatten(tanh(maximum(turned, neg(turned)))), { units: 4 }) } };
    },
  });
  const { optimized, kernels, memory } = compile(model, { target: "wasm", debug: true });
  const over = [...memory.placements].filter(([, { region }]) => region === "temporary");
  const [before, after] = [over.find(([{ shape }]) => shape.length === 2)!, over.find(([{ shape }]) => shape.length === 3)!]; // prettier-ignore
  expect(after[1].offset).toBe(before[1].offset);
  // Rows that begin elsewhere are not the same rows.
  const broken = new Map(memory.placements).set(after[0], { ...after[1], offset: after[1].offset + 8 });
  expect(verifyMemory(optimized, kernels, { ...memory, placements: broken })).not.toEqual([]);
});

describe("a loop over elements", () => {
  /** A recurrence over numbers that something computes before it. */
  const looped = (others: (x: Value) => Value) => {
    const model = defineModel({
      name: "elements",
      inputs: { x: f32(8) },
      build({ x }) {
        const first = tanh(x);
        const leave = (h: Value, [a, b]: readonly Value[]): [Value, Value] => [add(h, b), mul(h, a)];
        const [, all] = scan(leave, mean(first), [first, others(first)]);
        return { outputs: { out: sum(add(all, 1)) } };
      },
    });
    return compile(model, { debug: true });
  };

  test("may write each over the one that its own turn alone reads", () => {
    const { optimized, kernels, memory } = looped((x) => x);
    const [[before], [left]] = [...memory.placements].filter(([{ shape }]) => shape[0] === 8).slice(1);
    expect(memory.placements.get(left)!.offset).toBe(memory.placements.get(before)!.offset);
    expect(verifyMemory(optimized, kernels, memory)).toEqual([]);
  });

  test("may not write one over what a later turn reads", () => {
    const { optimized, kernels, memory } = looped((x) => reverse(x, 0));
    const [[before, place], [left, other]] = [...memory.placements]
      .filter(([{ shape }]) => shape[0] === 8)
      .slice(1);
    expect(other.offset).not.toBe(place.offset);
    const broken = new Map(memory.placements).set(left, { ...other, offset: place.offset });
    const [found] = verifyMemory(optimized, kernels, { ...memory, placements: broken });
    expect(found).toMatch(new RegExp(`writes ${left.name} over ${before.name} of kernel 0, read at`));
  });
});

test.each(Object.keys(all))("what fills whole vectors of %s shares none of them", (name) => {
  const { memory } = compiled(name);
  for (const buffer of memory.padded) {
    const { offset, bytes } = memory.placements.get(buffer)!;
    const end = offset + Math.ceil(bytes / 16) * 16;
    expect(offset % 16).toBe(0);
    expect(end).toBeLessThanOrEqual(
      offset + bytes <= memory.stateBytes ? memory.stateBytes - 4 : memory.arenaBytes,
    );
    for (const other of memory.placements.values())
      expect(other.offset >= end || other.offset + other.bytes <= offset + bytes, other.buffer.name).toBe(
        true,
      );
  }
});

test("regions follow each other without overlap", () => {
  for (const name of Object.keys(all)) {
    const { memory } = compiled(name);
    let end = 0;
    for (const { offset, bytes } of memory.regions) {
      expect(offset).toBeGreaterThanOrEqual(end);
      end = offset + bytes;
    }
    expect(end).toBeLessThanOrEqual(memory.arenaBytes);
    for (const { array, holds } of memory.numbers)
      for (const { shape } of holds) expect(sizeOf(shape)).toBeLessThanOrEqual(sizeOf(array.shape));
    for (const { buffer, offset, bytes, region } of memory.placements.values()) {
      const home = memory.regions.find((one) => one.region === region)!;
      expect(offset >= home.offset && offset + bytes <= home.offset + home.bytes, buffer.name).toBe(true);
    }
  }
});
