import * as autodiff from "../../autodiff/index.ts";
import { fail } from "../../base/errors.ts";
import { withBuilder } from "../../ir/builder.ts";
import { leafName, type Graph, type Output } from "../../ir/graph.ts";
import type { Program } from "../../ir/program.ts";
import { originOf } from "../context.ts";
import type { BuiltModel } from "./build.ts";
import { updateOf } from "./update.ts";

/** Adds what training needs: the gradient of the loss by each trained parameter, and the optimizer's step. */
export function differentiate(built: BuiltModel): Program {
  const { builder, trainable, line, parameters: _, optimizer, graphs, ...rest } = built;
  const { forward, ...others } = graphs;
  if (optimizer && trainable.length === 0) {
    fail("model", `model "${built.name}" has an optimizer but no parameters to train`, {
      place: { source: line },
      hint: "leave the optimizer out, or freeze less",
    });
  }
  return withBuilder(builder, () => {
    // What has no line of its own comes from the model's, not from whoever called the compiler.
    const origin = { layer: optimizer?.name ?? "", source: line };
    const update = optimizer && builder.within(origin, () => updateOf(built, optimizer));
    return {
      ...rest,
      cells: [...built.cells, ...(update?.cells ?? [])],
      graphs: {
        ...others,
        training: forward && trainingGraph(built, forward),
        update: update && {
          name: `${built.name}.update`,
          batch: null,
          outputs: update.outputs,
          origins: builder.origins,
        },
      },
    };
  });
}

function trainingGraph({ name, builder, trainable }: BuiltModel, forward: Graph): Graph {
  const loss = forward.outputs[0].value;
  // The cotangent of the loss, a plain 1, is said to come from the loss's line.
  const gradients = builder.within(originOf(loss), () => autodiff.grad(loss, trainable));
  const outputs = gradients.map((value, k): Output => ({
    role: "gradient",
    name: leafName(trainable[k].node),
    value,
  }));
  return { ...forward, name: `${name}.training`, outputs: [...forward.outputs, ...outputs] };
}
