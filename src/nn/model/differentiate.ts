import * as autodiff from "../../autodiff/index.ts";
import { fail } from "../../base/errors.ts";
import { withBuilder } from "../../ir/builder.ts";
import { leafName, type Graph, type Output } from "../../ir/graph.ts";
import type { Cell, DeclaredStep, Program, StepGraphs } from "../../ir/program.ts";
import { leaf } from "../../ops/leaves.ts";
import { originOf } from "../context.ts";
import type { BuiltModel } from "./build.ts";
import { readAverages } from "./averages.ts";
import { updateOf } from "./update.ts";

/** Adds what training needs: for each step the gradient of its loss by each parameter, and its optimizer. */
export function differentiate(built: BuiltModel): Program {
  const { builder, line: _line, parameters: _parameters, steps, graphs, ...rest } = built;
  return withBuilder(builder, () => {
    const made = steps.map((step) => stepGraphs(built, step));
    for (const [k, { cells }] of made.entries()) checkSavedNames(built, steps[k], cells);
    return {
      ...rest,
      cells: [...built.cells, ...made.flatMap(({ cells }) => cells)],
      graphs: { ...readAverages(graphs, steps), steps: made.map(({ graphs: own }) => own) },
    };
  });
}

/** States are saved by name, so one name is one tensor. */
function checkSavedNames({ name, line, cells }: BuiltModel, step: DeclaredStep, more: readonly Cell[]): void {
  const states = new Set(cells.filter(({ kind }) => kind === "state").map((cell) => cell.name));
  const twice = more.find((cell) => states.has(cell.name));
  if (!twice) return;
  fail(
    "duplicate-name",
    `state "${twice.name}" of model "${name}" is also the name of what ${step.optimizer?.name} saves`,
    { place: { source: line }, hint: "give the state another name" },
  );
}

interface MadeStep {
  readonly graphs: StepGraphs;
  /** What the optimizer adds to the model's cells. */
  readonly cells: readonly Cell[];
}

/** Every state that the step assigns takes over its pending value. */
const commitsOf = ({ outputs }: Graph): Output[] =>
  outputs.flatMap(({ role, name, value, cell: pending }) =>
    role === "assign" && pending
      ? [{ role, name, value: pending, cell: leaf("state", name, value.type) }]
      : [],
  );

function stepGraphs(built: BuiltModel, step: DeclaredStep): MadeStep {
  const { builder, line } = built;
  const { name, forward, parameters, optimizer } = step;
  if (optimizer && parameters.length === 0) {
    fail("model", `model "${built.name}" has an optimizer but no parameters to train`, {
      place: { source: line },
      hint: "leave the optimizer out, or freeze less",
    });
  }
  const loss = forward.outputs[0].value;
  // The cotangent of the loss, a plain 1, is said to come from the loss's line.
  const gradients = builder.within(originOf(loss), () => autodiff.grad(loss, parameters));
  const outputs = gradients.map((value, k): Output => ({
    role: "gradient",
    name: leafName(parameters[k].node),
    value,
  }));
  const training = { ...forward, name: `${built.name}.training`, outputs: [...forward.outputs, ...outputs] };
  // What has no line of its own comes from the model's, not from whoever called the compiler.
  const origin = { layer: optimizer?.name ?? "", source: line };
  const update = optimizer && builder.within(origin, () => updateOf(built, step, optimizer));
  const still = (part: string, own: readonly Output[]): Graph => ({
    name: `${built.name}.${part}`,
    batch: null,
    outputs: own,
    origins: builder.origins,
  });
  const commits = builder.within({ layer: "", source: line }, () => commitsOf(forward));
  return {
    graphs: {
      name,
      training,
      update: update && still("update", update.outputs),
      commit: commits.length > 0 ? still("commit", commits) : null,
    },
    cells: update?.cells ?? [],
  };
}
