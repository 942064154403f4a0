// What lowering takes for granted of the kernels of a pass, each broken in turn.
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { indexAdd, indexAxis, indexConstant, type Axis, type Index } from "../../src/ir/index.ts";
import type { Buffer, Element, Item, Kernel } from "../../src/ir/kernel.ts";
import type { BatchDim } from "../../src/ir/type.ts";
import { mapKernelExpr, replaceInItem } from "../../src/ir/kernel-walk.ts";
import { assertKernels } from "../../src/ir/verify/kernel.ts";
import { verifyPasses } from "../../src/ir/verify/pass.ts";
import { compiled } from "../compile/compiled.ts";
import { all } from "../compile/models.ts";

test.each(Object.keys(all))("holds of %s", (name) => {
  const { kernels } = compiled(name).kernels;
  expect(verifyPasses(kernels)).toEqual([]);
});

describe("a fault is found and named", () => {
  const schedule = compiled("W2").kernels;
  const { kernels } = schedule;
  const named = (name: string): Kernel => kernels.find((kernel) => kernel.name === name)!;
  const bufferOf = (name: string): Buffer => schedule.buffers.find((buffer) => buffer.name === name)!;
  const pass = named("hidden_backward").record.pass!;

  /** The findings once a kernel is another. */
  const faults = (name: string, change: (kernel: Kernel) => Kernel): readonly string[] =>
    verifyPasses(kernels.map((kernel) => (kernel.name === name ? change(kernel) : kernel)));
  const inItems = (kernel: Kernel, change: (item: Item) => Item): Kernel => ({
    ...kernel,
    stages: kernel.stages.map(({ inner, items }) => ({ inner, items: items.map(change) })),
  });
  const reading =
    (from: string, change: (element: Element, kernel: Kernel) => Element) =>
    (kernel: Kernel): Kernel => {
      const changed = (element: Element): Element =>
        element.buffer.name === from ? change(element, kernel) : element;
      const whole = inItems(kernel, (item) => ({
        ...item,
        value: mapKernelExpr(item.value, (x) => (x.kind === "load" ? { ...x, ...changed(x) } : x)),
      }));
      return { ...whole, core: whole.core && { ...whole.core, operands: whole.core.operands.map(changed) } };
    };
  const writing =
    (change: (target: Item["targets"][number]) => Item["targets"][number]) =>
    (kernel: Kernel): Kernel =>
      inItems(kernel, (item) => ({ ...item, targets: item.targets.map(change) }));
  const recorded =
    (change: Partial<Kernel["record"]>) =>
    (kernel: Kernel): Kernel => ({ ...kernel, record: { ...kernel.record, ...change } });
  const moved = (name: string, by: number): readonly string[] => {
    const others = kernels.filter((kernel) => kernel.name !== name);
    const at = kernels.indexOf(named(name)) + by;
    return verifyPasses([...others.slice(0, at), named(name), ...others.slice(at)]);
  };
  const upTo =
    (extent: number) =>
    (kernel: Kernel): Kernel => {
      const axis: Axis = { ...kernel.outer[0], extent };
      return { ...inItems(kernel, (item) => replaceInItem(item, () => indexAxis(axis))), outer: [axis] };
    };
  const next = ([row, ...rest]: readonly Index[]): Index[] => [indexAdd(row, indexConstant(1)), ...rest];

  test("kernels that are no neighbours, or of two phases", () => {
    const alone = recorded({ pass: null });
    expect(faults("hidden_backward", alone)).toContain("backward_rows: its kernels are no neighbours");
    const other = (kernel: Kernel): Kernel => ({ ...kernel, phase: "forward" });
    expect(faults("hidden_backward", other)).toContain(
      "hidden_backward: is of another phase than copy_logits_kernel, in one pass",
    );
  });

  test("another row that is read or written", () => {
    expect(faults("logits_forward", reading("hidden_relu", ({ buffer, at }) => ({ buffer, at: next(at) })))).toEqual([
      "logits_forward: reads another row of hidden_relu than its own, in a pass",
    ]);
    const shifted = writing((target) => ({ ...target, at: next(target.at) }));
    expect(faults("hidden_backward", shifted)).toEqual([
      "hidden_backward: writes another row of d_hidden than its own, in a pass",
    ]);
    const column: Axis = { name: "j", extent: 3 };
    const byColumn = reading("d_logits", ({ buffer, at: [row] }) => ({ buffer, at: [row, indexAdd(row, indexAxis(column))] }));
    expect(faults("logits_bias_gradient", byColumn)).toEqual([
      "logits_bias_gradient: reads another row of d_logits than its own, in a pass",
    ]);
  });

  test("the row of what has none, and what every row writes over", () => {
    const byRow = reading("weights", ({ buffer, at }, { outer }) => ({ buffer, at: [indexAdd(at[0], indexAxis(outer[0]))] }));
    expect(faults("hidden_forward", byRow)).toContain(
      "hidden_forward: reads weights by the row, which has no rows",
    );
    const over = writing((target) => ({ ...target, accumulate: false }));
    expect(faults("hidden_bias_gradient", over)).toContain("hidden_bias_gradient: every row writes over sums");
  });

  test("sums that are read while they grow, start with nothing, or are left", () => {
    const sums = (kernel: Kernel): Element => ({ buffer: bufferOf("sums"), at: [indexAxis(kernel.outer[1])] });
    expect(faults("hidden_backward", reading("hidden_relu", (_, kernel) => sums(kernel)))).toEqual([
      "hidden_backward: reads sums, a sum that still grows",
    ]);
    expect(faults("clear_sums", upTo(64))).toContain(
      "hidden_bias_gradient: adds to sums in a pass, which is not set before the first row",
    );
    expect(faults("add_gradients", upTo(64))).toEqual(
      ["logits_kernel_gradient", "logits_bias_gradient", "hidden_bias_gradient"].map(
        (name) => `${name}: adds to sums in a pass, of which nothing is made after the last row`,
      ),
    );
  });

  test("copies that do not hold what is read", () => {
    expect(faults("copy_parameters", upTo(80))).toContain(
      "logits_forward: reads more of weights than is copied before the first row",
    );
    const apart = writing(({ at: [at], ...target }) => ({ ...target, at: [indexAdd(at, at)] }));
    expect(faults("copy_logits_kernel", apart)).toEqual([
      "hidden_backward: reads more of weights_2 than is copied before the first row",
    ]);
  });

  test("what comes between rows, and what is whole only after the last", () => {
    expect(moved("clear_sums", 3)).toContain("clear_sums: between kernels of rows in a pass, and has none");
    const loss = (): Element => ({ buffer: bufferOf("loss"), at: [] });
    const late = kernels.map((kernel) =>
      kernel.name === "training_loss" ? kernel : reading("hidden_relu", loss)(kernel),
    );
    const forward = late.findIndex(({ name }) => name === "logits_forward");
    const after = [...late.slice(0, forward), late[forward + 1], late[forward], ...late.slice(forward + 2)];
    expect(verifyPasses(after)).toContain(
      "logits_forward: reads loss in every row, which is whole only after the last",
    );
    const early = (kernel: Kernel): Kernel => ({ ...kernel, before: [{ ...kernel.stages[0].items[0], reduce: null, targets: [] }] });
    expect(faults("training_loss", early)).toContain(
      "training_loss: reads logits_add before the first row, which rows of its pass write",
    );
  });

  test("loops, tiles and memory that a pass has no place for", () => {
    const { outer: [row] } = named("hidden_backward");
    expect(faults("hidden_backward", recorded({ tile: [4, 1] }))).toEqual([
      "hidden_backward: tiles or lanes in a pass",
    ]);
    expect(faults("hidden_backward", (kernel) => ({ ...kernel, outer: kernel.outer.toReversed() }))).toContain(
      "hidden_backward: a loop over rows within another, in a pass",
    );
    const time = { axis: { name: "t", extent: 3 }, reverse: false };
    expect(faults("hidden_backward", (kernel) => ({ ...kernel, loops: [time] }))).toEqual([
      "hidden_backward: a nest or a loop over time in a pass",
    ]);
    const twice: Axis = { ...row, extent: { ...(row.extent as BatchDim), times: 2 } };
    expect(verifyPasses(kernels.map((kernel) => (kernel.record.pass === pass ? recorded({ pass: { ...pass, row: twice } })(kernel) : kernel)))).toContain(
      "hidden_backward: other rows than those of backward_rows",
    );
    expect(faults("hidden_backward", recorded({ plain: { tile: [4, 1], whole: [], join: 1, alone: 1 } }))).toEqual([
      "hidden_backward: tiles or lanes in a pass",
    ]);
    const only = { axis: "k", upTo: indexConstant(1) };
    const cuts: ((kernel: Kernel) => Kernel)[] = [
      (kernel) => ({ ...kernel, core: { ...kernel.core!, only } }),
      (kernel) => ({ ...kernel, stages: kernel.stages.map((stage) => ({ ...stage, only })) }),
      (kernel) => ({ ...kernel, read: only }),
    ];
    for (const cut of cuts)
      expect(faults("hidden_backward", cut)).toEqual(["hidden_backward: a loop in a pass that leaves out a part"]);
    const inArena = reading("d_logits", ({ buffer, at }) => ({ buffer: { ...buffer, kind: "temporary" }, at }));
    expect(faults("logits_bias_gradient", inArena)).toEqual([
      "logits_bias_gradient: reads d_logits, whose memory is not its own, in a pass",
    ]);
  });

  test("by what --debug runs after the schedule", () => {
    const broken = kernels.map((kernel) => (kernel.name === "hidden_backward" ? recorded({ lanes: ["j"] })(kernel) : kernel));
    expect(() => assertKernels({ ...schedule, kernels: broken }, 4)).toThrow(
      "schedule: hidden_backward: tiles or lanes in a pass",
    );
    expect(() => compile(all.W2, { target: "js", debug: true })).not.toThrow();
  });
}); // prettier-ignore
