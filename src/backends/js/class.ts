import type { Cell } from "../../ir/program.ts";
import { sizeOf } from "../../ir/type.ts";
import { argumentList, loadLines, parameterList } from "./arguments.ts";
import { numberText } from "./expr.ts";
import { arrayText, assignments, cellsField, declarations, indent, viewField, type Field } from "./fields.ts";
import { align16 } from "./layout.ts";
import { memberOf, ownKey } from "./names.ts";
import { callsOf, callText, usesBatch, type ModuleContext } from "./skeleton.ts";

/** The whole interface: state, gradients, hyper-parameters, and the step in its three parts. */
export function networkLines(context: ModuleContext): string[] {
  const { types, memory, program } = context;
  const t = (text: string): string => (types ? text : "");
  const fields = networkFields(context);
  const step = program.cells.find((cell) => cell.kind === "state" && cell.name === "step");
  return [
    "class Network extends Predictor {",
    ...declarations(fields, types),
    `  constructor(buffer${t(": ArrayBuffer")}) {`,
    `    const scratch = ${align16(memory.stateBytes)};`,
    "    super(buffer, scratch);",
    ...assignments(fields),
    `    new Uint32Array(buffer, ${memory.stateBytes - 4}, 1)[0] = 0x${memory.layoutHash};`,
    "  }",
    ...(step && context.step?.update
      ? [`  get step()${t(": number")} {`, `    return ${scalarText(step, context)};`, "  }"]
      : []),
    ...initLines(context),
    ...(context.step ? trainingLines(context) : []),
    ...(program.graphs.evaluate ? evaluateLines(context) : []),
    "}",
  ];
}

/** Where a saved scalar stands in the view that holds them all. */
function scalarText(cell: Cell, { schedule, packs }: ModuleContext, object = "this.$"): string {
  const buffer = schedule.buffers.find((b) => b.cell?.kind === cell.kind && b.cell.name === cell.name)!;
  const pack = packs.find(({ members }) => members.has(buffer))!;
  return `${object}${pack.name}[${pack.members.get(buffer)}]`;
}
const hypersOf = ({ program }: ModuleContext): Cell[] =>
  program.cells.filter((cell) => cell.kind === "hyper");
const keepsBatch = (context: ModuleContext): boolean =>
  context.program.batch !== null && usesBatch("backward", context);

function networkFields(context: ModuleContext): Field[] {
  const { program, memory, schedule, packs, types } = context;
  const training = context.step?.training;
  const { evaluate } = program.graphs;
  const float = program.precision === "f64" ? "Float64Array" : "Float32Array";
  const regionOf = (name: string): { offset: number; bytes: number } =>
    memory.regions.find((r) => r.region === name)!;
  const gradients = schedule.buffers.filter((b) => b.cell?.kind === "gradient");
  const total = gradients.reduce((sum, buffer) => sum + sizeOf(buffer.shape), 0);
  const hypers = hypersOf(context);
  const accessors = hypers.map(
    (cell) =>
      `get ${ownKey(cell.name)}() { return ${scalarText(cell, context, "")}; }, ` +
      `set ${ownKey(cell.name)}(value${types ? ": number" : ""}) { ${scalarText(cell, context, "")} = value; },`,
  );
  const own = (type: string, name: string, value: string): Field => ({ name, type, value });
  return [
    own("Uint8Array", "state", `new Uint8Array(buffer, 0, ${memory.stateBytes})`),
    ...packs.map((pack) =>
      own(
        "Float64Array",
        `$${pack.name}`,
        arrayText("Float64Array", pack.offset, sizeOf(pack.buffer.shape), context),
      ),
    ),
    ...context.otherBuffers.map((buffer) => viewField(buffer, context)),
    ...(training
      ? [
          cellsField("gradients", "gradient", context),
          ...(context.otherBuffers.some((b) => b.name === "gradients")
            ? []
            : [own(float, "$gradients", arrayText(float, regionOf("gradients").offset, total, context))]),
        ]
      : []),
    ...(hypers.length > 0
      ? [
          {
            ...own(
              `${context.className}["hyper"]`,
              "hyper",
              `{\n${accessors.map((line) => `      ${line}`).join("\n")}\n    }`,
            ),
            before: "const scalars = this.$scalars;",
          },
        ]
      : []),
    ...(evaluate
      ? [
          ...(clearsPack(context)
            ? []
            : [
                own(
                  "Uint8Array",
                  "$running",
                  arrayText("Uint8Array", regionOf("totals").offset, regionOf("totals").bytes, context),
                ),
              ]),
          own(
            `ReturnType<${context.className}["evaluate"]>`,
            "$metrics",
            `{ ${program.metrics.map((m) => `${ownKey(m.name)}: ${metricStart(m.name, m.shape, context)}`).join(", ")} }`,
          ),
        ]
      : []),
    ...(training && keepsBatch(context) ? [{ ...own("number", "$n", "0"), mutable: true }] : []),
    ...(context.step?.commit ? [{ ...own("boolean", "$pending", "false"), mutable: true }] : []),
  ];
}

/** True where one view holds all running totals, so that clearing it clears them. */
const clearsPack = ({ memory, packs }: ModuleContext): boolean => {
  const totals = [...memory.placements.values()].filter((place) => place.region === "totals");
  return totals.every(({ buffer }) => packs.some(({ members }) => members.has(buffer)));
};

function metricStart(name: string, shape: readonly number[], { schedule }: ModuleContext): string {
  // A fraction makes V8 keep the field as a double from the start, so that assigning it never allocates.
  if (shape.length === 0) return "0.5";
  return `this.$${schedule.results.find((r) => r.phase === "evaluate" && r.name === name)!.buffer.name}`;
}

function initLines(context: ModuleContext): string[] {
  const { types, memory, schedule, otherBuffers } = context;
  const seed = schedule.buffers.find((b) => b.cell?.kind === "seed");
  return [
    `  init(seed${types ? ": number" : ""})${types ? ": void" : ""} {`,
    `    this.state.fill(0, 0, ${memory.stateBytes - 4});`,
    ...hypersOf(context).map(
      (cell) => `    ${scalarText(cell, context)} = ${numberText(cell.initial ?? 0)};`,
    ),
    // Where all initial values are given nothing is drawn, and strict checkers refuse a parameter nobody reads.
    seed && otherBuffers.includes(seed) ? `    this.$${seed.name}[0] = seed;` : "    void seed;",
    "    this.$fresh = false;",
    ...(context.step?.commit ? ["    this.$pending = false;"] : []),
    ...indent(callsOf("init", context)),
    "  }",
  ];
}

function trainingLines(context: ModuleContext): string[] {
  const { types, program, schedule, loops } = context;
  const t = (text: string): string => (types ? text : "");
  const inputs = context.needed.get("forward")!;
  const load = indent(loadLines(inputs, program.batch));
  const params = parameterList(inputs, program.batch, types);
  const loss = `    return this.$${schedule.results.find((r) => r.phase === "forward")!.buffer.name}[0];`;
  const keep = keepsBatch(context);
  const { update, commit: commits } = context.step!;
  const done = ["    this.$fresh = false;", ...(commits ? ["    this.$pending = false;"] : [])];
  const parts = [
    `  forward(${params})${t(": number")} {`,
    ...load,
    ...(keep ? ["    this.$n = n;"] : []),
    ...indent(callsOf("forward", context)),
    "    this.$fresh = true;",
    ...(commits ? ["    this.$pending = true;"] : []),
    loss,
    "  }",
    `  backward(accumulate${t(": boolean")} = false)${t(": void")} {`,
    '    if (!this.$fresh) throw new RangeError("backward needs a forward pass right before it");',
    "    if (!accumulate) this.$gradients.fill(0);",
    ...(keep ? ["    const n = this.$n;"] : []),
    ...indent(callsOf("backward", context)),
    "    this.$fresh = false;",
    "  }",
  ];
  if (!update && !commits) return parts;
  const whole = loops.step
    ? [...load, ...done, `    ${callText(loops.step, context)}`]
    : [
        `    this.forward(${argumentList(inputs, program.batch)});`,
        "    this.backward();",
        "    this.update();",
      ];
  return [
    ...parts,
    `  update()${t(": void")} {`,
    "    this.$fresh = false;",
    ...indent(callsOf("update", context)),
    // Without a forward pass since the last update there is nothing new to take over.
    ...(commits
      ? [
          "    if (!this.$pending) return;",
          "    this.$pending = false;",
          ...indent(callsOf("commit", context)),
        ]
      : []),
    "  }",
    ...(update ? [`  trainStep(${params})${t(": number")} {`, ...whole, loss, "  }"] : []),
  ];
}

function evaluateLines(context: ModuleContext): string[] {
  const { types, program, schedule, className } = context;
  const inputs = context.needed.get("evaluate")!;
  const result = (name: string): string =>
    schedule.results.find((r) => r.phase === "evaluate" && r.name === name)!.buffer.name;
  return [
    `  evaluate(${parameterList(inputs, program.batch, types)})${types ? `: ReturnType<${className}["evaluate"]>` : ""} {`,
    ...indent(loadLines(inputs, program.batch)),
    "    this.$fresh = false;",
    ...indent(callsOf("evaluate", context)),
    ...program.metrics
      .filter((m) => m.shape.length === 0)
      .map((m) => `    ${memberOf("this.$metrics", m.name)} = this.$${result(m.name)}[0];`),
    "    return this.$metrics;",
    "  }",
    `  resetMetrics()${types ? ": void" : ""} {`,
    `    this.$${clearsPack(context) ? "totals" : "running"}.fill(0);`,
    "  }",
  ];
}
