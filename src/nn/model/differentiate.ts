import * as autodiff from "../../autodiff/index.ts";
import { fail } from "../../base/errors.ts";
import { originOf, withBuilder } from "../../ir/builder.ts";
import { leafName, nodesOf, type Graph, type Output, type Value } from "../../ir/graph.ts";
import type { Cell, DeclaredStep, Program, StepGraphs } from "../../ir/program.ts";
import { numberOf } from "../../ops/broadcast.ts";
import { leaf } from "../../ops/leaves.ts";
import { checkEscapes, type BuiltModel } from "./build.ts";
import { readAverages } from "./averages.ts";
import { stretchesOf } from "./layout.ts";
import { updateOf } from "./update.ts";

/** Adds what training needs: for each step the gradient of its loss by each parameter, and its optimizer. */
export function differentiate(built: BuiltModel): Program {
  const { builder, line: _line, parameters: _parameters, steps, graphs, ...rest } = built;
  return withBuilder(builder, () => {
    const made = steps.map((step) => stepGraphs(built, step));
    checkSavedNames(built, made);
    return {
      ...rest,
      cells: [...built.cells, ...made.flatMap(({ cells }) => cells)],
      graphs: { ...readAverages(graphs, steps), steps: made.map(({ graphs: own }) => own) },
    };
  });
}

/** States are saved by name, so one name is one tensor. */
function checkSavedNames({ name, line, cells, steps }: BuiltModel, made: readonly MadeStep[]): void {
  const taken = new Map(cells.filter(({ kind }) => kind === "state").map((cell) => [cell.name, "state"]));
  for (const [k, step] of made.entries()) {
    for (const cell of step.cells) {
      const other = taken.get(cell.name);
      if (other === undefined) continue;
      const saves = `what ${steps[k].optimizer?.name} saves`;
      fail(
        "duplicate",
        other === "state"
          ? `state "${cell.name}" of model "${name}" is also the name of ${saves}`
          : `step "${steps[k].name}" of model "${name}": the name of ${saves}, "${cell.name}", is taken by ${other}`,
        { place: { source: line }, hint: `give the ${other.split(" ")[0]} another name` },
      );
    }
    for (const cell of step.cells) taken.set(cell.name, `step "${steps[k].name}"`);
  }
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

/** Refuses an optimizer that would move nothing, since no gradient of the loss reaches any parameter it is given. */
function checkReached(
  owner: string,
  { forward, patterns, parameters }: DeclaredStep,
  gradients: readonly Value[],
): void {
  if (gradients.some((gradient) => numberOf(gradient) !== 0)) return;
  const loss = forward.outputs[0].value;
  const names = parameters.map(({ node }) => leafName(node));
  const read = nodesOf([loss])
    .filter(({ op }) => op === "parameter")
    .map(leafName);
  const others = read.filter((name) => !names.includes(name));
  fail(
    "model",
    `the loss of ${owner} depends on none of the parameters ${patterns.map((pattern) => `"${pattern}"`).join(", ")} that it is to train: ${listOf(names)}`,
    {
      place: originOf(loss.node),
      hint:
        read.length > others.length
          ? "no gradient passes stopGradient, comparisons, argMax or a cast to integers"
          : `${others.length > 0 ? `it is computed from ${listOf(others)}` : "it is computed from no parameter"}; name those that it is computed from, or compute it from these`,
    },
  );
}

/** The first of many names. */
const listOf = (names: readonly string[]): string =>
  names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");

function stepGraphs(built: BuiltModel, step: DeclaredStep): MadeStep {
  const { builder, line } = built;
  const { name, forward, parameters, optimizer } = step;
  const owner = name === null ? `model "${built.name}"` : `step "${name}" of model "${built.name}"`;
  const prefix = name === null ? built.name : `${built.name}.${name}`;
  if (optimizer && parameters.length === 0) {
    fail("model", `${owner} has an optimizer but no parameters to train`, {
      place: { source: line },
      hint: "leave the optimizer out, or freeze less",
    });
  }
  const loss = forward.outputs[0].value;
  // The cotangent of the loss, a plain 1, is said to come from the loss's line.
  const gradients = builder.within(originOf(loss.node), () => autodiff.grad(loss, parameters));
  if (optimizer) checkReached(owner, step, gradients);
  const outputs = gradients.map((value, k): Output => ({
    role: "gradient",
    name: leafName(parameters[k].node),
    value,
  }));
  const training = { ...forward, name: `${prefix}.training`, outputs: [...forward.outputs, ...outputs] };
  checkEscapes(built.name, line, training);
  // What has no line of its own comes from the model's, not from whoever called the compiler.
  const origin = { layer: optimizer?.name ?? "", source: line };
  const stretches = stretchesOf(built.name, step, built.parameters);
  const update = optimizer && builder.within(origin, () => updateOf(built, step, optimizer, stretches));
  const still = (part: string, own: readonly Output[]): Graph => ({
    name: `${prefix}.${part}`,
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
    cells: (update?.cells ?? []).map((cell) => ({ ...cell, step: name })),
  };
}
