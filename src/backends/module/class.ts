import { sizeOf } from "../../ir/type.ts";
import { loadLines, parameterList } from "./arguments.ts";
import { numberText } from "./value.ts";
import type { Field } from "./engine.ts";
import {
  arrayText,
  assignments,
  constructorText,
  declarations,
  indent,
  viewField,
  viewText,
} from "./fields.ts";
import { memberOf, ownKey } from "./names.ts";
import type { ModuleContext } from "./context.ts";
import { counterLines, keepsBatch, scalarText, stepFields, stepLines } from "./steps.ts";

/** The whole interface: state, gradients, hyper-parameters, and the steps in their parts. */
export function networkLines(context: ModuleContext): string[] {
  const { types, engine, memory, program, ownStep } = context;
  const fields = networkFields(context);
  return [
    "class Network extends Predictor {",
    ...declarations(fields, types),
    ...constructorText(engine.memory.network, types),
    ...assignments(fields),
    `    new Uint32Array(buffer, ${memory.stateBytes - 4}, 1)[0] = 0x${memory.layoutHash};`,
    "  }",
    ...(ownStep ? counterLines(ownStep, context) : []),
    ...initLines(context),
    ...(ownStep ? stepLines(ownStep, context) : []),
    ...(program.graphs.evaluate ? evaluateLines(context) : []),
    "}",
  ];
}

function networkFields(context: ModuleContext): Field[] {
  const { program, engine, memory, ownStep, steps } = context;
  const { evaluate } = program.graphs;
  const own = (type: string, name: string, value: string): Field => ({ name, type, value });
  const named = steps.filter(({ name }) => name !== null);
  const totals = memory.regions.find((r) => r.region === "totals")!;
  return [
    own("Uint8Array", "state", `new Uint8Array(buffer, 0, ${memory.stateBytes})`),
    ...engine.packs.map((pack) =>
      own(
        "Float64Array",
        `$${pack.name}`,
        arrayText("Float64Array", pack.offset, sizeOf(pack.buffer.shape), context),
      ),
    ),
    ...context.otherBuffers.map((buffer) => viewField(buffer, context)),
    ...(ownStep ? stepFields(ownStep, context, (member) => `${context.className}["${member}"]`) : []),
    ...(evaluate
      ? [
          ...(clearsPack(context)
            ? []
            : [own("Uint8Array", "$running", arrayText("Uint8Array", totals.offset, totals.bytes, context))]),
          own(
            `ReturnType<${context.className}["evaluate"]>`,
            "$metrics",
            `{ ${program.metrics.map((m) => `${ownKey(m.name)}: ${metricStart(m.name, m.shape, context)}`).join(", ")} }`,
          ),
        ]
      : []),
    ...(steps.length > 0 && keepsBatch(context) ? [{ ...own("number", "$n", "0"), mutable: true }] : []),
    ...steps.flatMap(({ pending }) =>
      pending ? [{ ...own("boolean", pending, "false"), mutable: true }] : [],
    ),
    ...(named.length > 0
      ? [
          own(
            `${context.className}["steps"]`,
            "steps",
            `{ ${named.map((step) => `${ownKey(step.name!)}: new ${step.className}(${["this", ...engine.memory.step.map(({ name }) => name)].join(", ")})`).join(", ")} }`,
          ),
        ]
      : []),
  ];
}

/** True where one view holds all running totals, so that clearing it clears them. */
const clearsPack = ({ memory, engine }: ModuleContext): boolean => {
  const totals = [...memory.placements.values()].filter((place) => place.region === "totals");
  return totals.every(({ buffer }) => engine.packs.some(({ members }) => members.has(buffer)));
};

function metricStart(name: string, shape: readonly number[], context: ModuleContext): string {
  // A fraction makes V8 keep the field as a double from the start, so that assigning it never allocates.
  if (shape.length === 0) return "0.5";
  const found = context.schedule.results.find((r) => r.phase === "evaluate" && r.name === name)!;
  return viewText(found.buffer, context);
}

function initLines(context: ModuleContext): string[] {
  const { types, engine, memory, schedule, otherBuffers, program, steps, stale } = context;
  const seed = schedule.buffers.find((b) => b.cell?.kind === "seed");
  return [
    `  init(seed${types ? ": number" : ""})${types ? ": void" : ""} {`,
    '    checkNumber("seed", seed);',
    `    this.state.fill(0, 0, ${memory.stateBytes - 4});`,
    ...program.cells
      .filter((cell) => cell.kind === "hyper")
      .map((cell) => `    ${scalarText(cell, context)} = ${numberText(cell.initial ?? 0)};`),
    // Where all initial values are given nothing is drawn, and strict checkers refuse a parameter nobody reads.
    seed && otherBuffers.includes(seed) ? `    this.$${seed.name}[0] = seed;` : "    void seed;",
    `    this.$fresh = ${stale};`,
    ...steps.flatMap(({ pending }) => (pending ? [`    this.${pending} = false;`] : [])),
    ...indent(engine.run("init", "this")),
    "  }",
  ];
}

function evaluateLines(context: ModuleContext): string[] {
  const { types, engine, program, schedule, className, evaluated, stale } = context;
  const result = (name: string): string =>
    schedule.results.find((r) => r.phase === "evaluate" && r.name === name)!.buffer.name;
  return [
    `  evaluate(${parameterList(evaluated, program.batch, types)})${types ? `: ReturnType<${className}["evaluate"]>` : ""} {`,
    ...indent(loadLines(evaluated, program.batch, "evaluate")),
    `    this.$fresh = ${stale};`,
    ...indent(engine.run("evaluate", "this")),
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
