import { expect, test } from "vitest";
import gan from "../../examples/gan/gan.model.ts";
import { render } from "../../src/inspect.ts";
import { compile, type Compilation } from "../../src/compile.ts";
import { withBuilder, Builder } from "../../src/ir/builder.ts";
import { graphsOf } from "../../src/ir/program.ts";
import { parseGraph } from "../../src/ir/text/graph-parse.ts";
import { printGraph } from "../../src/ir/text/graph-print.ts";
import { ops } from "../../src/ops/table.ts";
import { stages } from "../../src/stages.ts";
import { names, stepsAndFunctions } from "../compile/hostile-names.ts";
import { stateful } from "../compile/models.ts";

const text = (made: Compilation): string[] => graphsOf(made.training.graphs).map(printGraph);
const odd = names.filter((_, k) => k % 5 === 0).map((name) => stepsAndFunctions(name));

test("graphs of states, steps and functions print and parse back, whatever they are called", () => {
  for (const model of [gan, stateful, ...odd]) {
    for (const printed of text(compile(model))) {
      const again = withBuilder(new Builder(), () => parseGraph(printed, ops));
      // A comment tells only the first places that a node comes from.
      const told = (graphText: string): string => graphText.replaceAll(/; \+\d+ more$/gm, "");
      expect(told(printGraph(again))).toBe(told(printed));
    }
  }
});

test("every stage of several steps is shown in every format", () => {
  for (const model of [gan, ...odd]) {
    const made = compile(model);
    for (const stage of stages) {
      expect(render(made, stage).length).toBeGreaterThan(20);
      expect(JSON.parse(render(made, stage, "json")).stage).toBe(stage);
      const dot = render(made, stage, "dot");
      // Outside quotes no line may hold anything but plain identifiers and marks.
      const bare = dot.replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
      expect(bare).toMatch(/^[\w\s{}[\]=,;>.:-]*$/);
    }
  }
  const kernels = render(compile(gan), "kernels");
  for (const phase of ["forward", "backward", "update", "commit"])
    expect(kernels).toContain(` ${phase} "discriminator"`);
  expect(kernels).toContain(' function "draw"');
});
