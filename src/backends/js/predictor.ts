import { loadLines, parameterList } from "./arguments.ts";
import { assignments, cellsField, declarations, indent, viewField, type Field } from "./fields.ts";
import { ownKey } from "./names.ts";
import { callsOf, type ModuleContext } from "./skeleton.ts";

/** The half that predicts: parameters, the inputs and temporaries of prediction, nothing else. */
export function predictorLines(context: ModuleContext): string[] {
  const { types, program, needed, schedule, tables, className } = context;
  const inputs = needed.get("predict")!;
  const t = (text: string): string => (types ? text : "");
  const outputs = schedule.results.filter((result) => result.phase === "predict");
  const result = `ReturnType<${className}["predict"]>`;
  const fields: Field[] = [
    ...context.predictBuffers.map((buffer) => viewField(buffer, context)),
    cellsField("params", "parameter", context),
    ...(tables.powers ? [{ name: "$powers", type: "Float64Array", value: "powersOfTwo()" }] : []),
    ...(tables.bits
      ? [
          { name: "$bits", type: "Float64Array", value: "new Float64Array(1)" },
          { name: "$words", type: "Uint32Array", value: "new Uint32Array(this.$bits.buffer)" },
        ]
      : []),
    {
      name: "$outputs",
      type: result,
      value: `{ ${outputs.map((o) => `${ownKey(o.name)}: this.$${o.buffer.name}`).join(", ")} }`,
    },
    { name: "$fresh", type: "boolean", value: "false", mutable: true },
  ];
  return [
    "class Predictor {",
    ...declarations(fields, types),
    `  constructor(buffer${t(": ArrayBuffer")}, scratch${t(": number")}) {`,
    ...assignments(fields),
    "  }",
    `  predict(${parameterList(inputs, program.batch, types)})${t(`: ${result}`)} {`,
    ...indent(loadLines(inputs, program.batch)),
    "    this.$fresh = false;",
    ...indent(callsOf("predict", context)),
    "    return this.$outputs;",
    "  }",
    "}",
  ];
}
