import { describe, expect, test } from "vitest";
import type { Kernel } from "../../src/ir/kernel.ts";
import { assertKernels, verifyKernel } from "../../src/ir/verify/kernel.ts";
import { assertMemory, verifyMemory } from "../../src/ir/verify/memory.ts";
import { compiled } from "../compile/compiled.ts";
import { all } from "../compile/models.ts";

describe("what always holds of kernels and plans", () => {
  test.each(Object.keys(all))("holds of %s on every target", (name) => {
    for (const target of ["js", "wasm"] as const) {
      const { optimized, kernels, memory, backend } = compiled(name, { target });
      expect(kernels.kernels.flatMap((kernel) => verifyKernel(kernel, backend.lanes))).toEqual([]);
      expect(verifyMemory(optimized, kernels, memory)).toEqual([]);
    }
  });
});

describe("a fault is found and named", () => {
  const { optimized, kernels, memory } = compiled("W3", { target: "wasm" });
  const kernel = (name: string): Kernel => kernels.kernels.find((one) => one.name === name)!;
  const faults = (broken: Kernel): readonly string[] => verifyKernel(broken, 4);

  test("in what is decided about tiles and lanes", () => {
    const forward = kernel("first_forward");
    const { record } = forward;
    expect(faults({ ...forward, record: { ...record, lanes: ["z"] } })).toContain(
      "first_forward: an axis in lanes has a loop around another",
    );
    expect(faults({ ...forward, record: { ...record, tile: [100, 1] } })).toContain(
      "first_forward: i has a tile larger than itself",
    );
    const reaching = { ...record, tile: [3, 1], whole: [true, false], lanes: ["i"] };
    expect(faults({ ...forward, record: reaching })).toContain(
      "first_forward: the last vectors of i end beyond its array",
    );
    expect(faults({ ...forward, record: { ...record, plain: { ...record, tile: [100, 1] } } })).toContain(
      "first_forward: i has a tile larger than itself",
    );
  });

  test("in rows beyond n that are added to the rest", () => {
    const forward = kernel("first_forward");
    const [stage] = forward.stages;
    const items = stage.items.map((item) => ({
      ...item,
      targets: item.targets.map((target) => ({ ...target, at: [target.at[1], target.at[1]] })),
    }));
    const record = { ...forward.record, tile: [4, 1], whole: [true, false] };
    expect(faults({ ...forward, stages: [{ ...stage, items }], record })).toContain(
      "first_forward: what lies beyond n along i is added to the rest",
    );
  });

  test("in places outside of a buffer", () => {
    const forward = kernel("first_forward");
    const core = { ...forward.core!, operands: forward.core!.operands.toReversed().map(({ at }, k) => ({ at, buffer: forward.core!.operands[k].buffer })) }; // prettier-ignore
    expect(faults({ ...forward, core })[0]).toMatch(/^first_forward: \w+ has no elements from 0 to \d+$/);
    const broken = { ...kernels, kernels: [{ ...forward, core }] };
    expect(() => assertKernels(broken, 4)).toThrow(/schedule: first_forward: \w+ has no elements/);
  });

  test("in a plan that lets one value overwrite another", () => {
    const placements = new Map(memory.placements);
    const [relu] = kernels.buffers.filter(({ name }) => name === "first_relu");
    const [second] = kernels.buffers.filter(({ name }) => name === "second_relu");
    placements.set(second, { ...placements.get(second)!, offset: placements.get(relu)!.offset });
    const plan = { ...memory, placements };
    expect(() => assertMemory(optimized, kernels, plan)).toThrow(
      /memory: second_forward writes second_relu over first_relu of kernel \d+, read at \d+/,
    );
  });
});
