import { loadLines, parameterList } from "./arguments.ts";
import { assignments, declarations, indent, viewField, viewsText, type Field } from "./fields.ts";
import { ownKey, propertyName, stringText } from "./names.ts";
import { callsOf, type ModuleContext, type ModuleFunction } from "./skeleton.ts";

/** The half that predicts: parameters, the inputs and temporaries of functions, nothing else. */
export function predictorLines(context: ModuleContext): string[] {
  const { types, program, tables, className, functions, stale } = context;
  const t = (text: string): string => (types ? text : "");
  const parameters = context.schedule.buffers.filter((buffer) => buffer.cell?.kind === "parameter");
  const fields: Field[] = [
    ...context.predictBuffers.map((buffer) => viewField(buffer, context)),
    { name: "params", type: `${className}["params"]`, value: viewsText(parameters) },
    ...(tables.powers ? [{ name: "$powers", type: "Float64Array", value: "powersOfTwo()" }] : []),
    ...(tables.bits
      ? [
          { name: "$bits", type: "Float64Array", value: "new Float64Array(1)" },
          { name: "$words", type: "Uint32Array", value: "new Uint32Array(this.$bits.buffer)" },
        ]
      : []),
    ...functions.map((fn) => ({
      name: fn.field,
      type: resultType(fn, context),
      value: `{ ${fn.results.map((o) => `${ownKey(o.name)}: this.$${o.buffer.name}`).join(", ")} }`,
    })),
    { name: "$fresh", type: stale === "0" ? "number" : "boolean", value: stale, mutable: true },
  ];
  return [
    "class Predictor {",
    ...declarations(fields, types),
    `  constructor(buffer${t(": ArrayBuffer")}, scratch${t(": number")}) {`,
    ...assignments(fields),
    "  }",
    ...functions.flatMap((fn) => [
      `  ${propertyName(fn.name)}(${parameterList(fn.inputs, program.batch, types)})${t(`: ${resultType(fn, context)}`)} {`,
      ...indent(loadLines(fn.inputs, program.batch)),
      `    this.$fresh = ${stale};`,
      ...indent(callsOf(fn.phase, context)),
      `    return this.${fn.field};`,
      "  }",
    ]),
    "}",
  ];
}

const resultType = ({ name }: ModuleFunction, { className }: ModuleContext): string =>
  `ReturnType<${className}[${stringText(name)}]>`;
