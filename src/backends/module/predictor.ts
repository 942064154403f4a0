import { loadLines, parameterList } from "./arguments.ts";
import type { Field } from "./engine.ts";
import {
  assignments,
  byCell,
  constructorText,
  declarations,
  indent,
  viewField,
  viewsText,
} from "./fields.ts";
import { propertyName, stringText } from "./names.ts";
import type { ModuleContext, ModuleFunction } from "./context.ts";

/** The half that predicts: parameters, the inputs and temporaries of functions, nothing else. */
export function predictorLines(context: ModuleContext): string[] {
  const { types, program, engine, className, functions, stale } = context;
  const t = (text: string): string => (types ? text : "");
  const parameters = context.schedule.buffers.filter((buffer) => buffer.cell?.kind === "parameter");
  const fields: Field[] = [
    ...context.predictBuffers.map((buffer) => viewField(buffer, context)),
    { name: "params", type: `${className}["params"]`, value: viewsText(byCell(parameters), context) },
    ...engine.fields,
    ...functions.map((fn) => ({
      name: fn.field,
      type: resultType(fn, context),
      value: viewsText(fn.results, context),
    })),
    { name: "$fresh", type: stale === "0" ? "number" : "boolean", value: stale, mutable: true },
  ];
  return [
    "class Predictor {",
    ...declarations(fields, types),
    ...constructorText(engine.memory.predictor, types),
    ...assignments(fields),
    "  }",
    ...functions.flatMap((fn) => [
      `  ${propertyName(fn.name)}(${parameterList(fn.inputs, program.batch, types)})${t(`: ${resultType(fn, context)}`)} {`,
      ...indent(loadLines(fn.inputs, program.batch, fn.phase)),
      `    this.$fresh = ${stale};`,
      ...indent(engine.run(fn.phase, "this")),
      `    return this.${fn.field};`,
      "  }",
    ]),
    "}",
  ];
}

const resultType = ({ name }: ModuleFunction, { className }: ModuleContext): string =>
  `ReturnType<${className}[${stringText(name)}]>`;
