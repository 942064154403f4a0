import * as autodiff from "../../autodiff/index.ts";
import { fail } from "../../base/errors.ts";
import { withBuilder } from "../../ir/builder.ts";
import { leafName, type Output } from "../../ir/graph.ts";
import type { Cell, DeclaredStep, Program, StepGraphs } from "../../ir/program.ts";
import { originOf } from "../context.ts";
import type { BuiltModel } from "./build.ts";
import { updateOf } from "./update.ts";

/** Adds what training needs: for each step the gradient of its loss by each parameter, and its optimizer. */
export function differentiate(built: BuiltModel): Program {
  const { builder, line: _line, parameters: _parameters, steps, graphs, ...rest } = built;
  return withBuilder(builder, () => {
    const made = steps.map((step) => stepGraphs(built, step));
    return {
      ...rest,
      cells: [...built.cells, ...made.flatMap(({ cells }) => cells)],
      graphs: { ...graphs, steps: made.map(({ graphs: own }) => own) },
    };
  });
}

interface MadeStep {
  readonly graphs: StepGraphs;
  /** What the optimizer adds to the model's cells. */
  readonly cells: readonly Cell[];
}

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
  return {
    graphs: {
      name,
      training,
      update: update && {
        name: `${built.name}.update`,
        batch: null,
        outputs: update.outputs,
        origins: builder.origins,
      },
    },
    cells: update?.cells ?? [],
  };
}
