import type { Buffer } from "../../ir/kernel.ts";
import type { Cell } from "../../ir/program.ts";
import { sizeOf } from "../../ir/type.ts";
import { argumentList, loadLines, parameterList } from "./arguments.ts";
import type { Field } from "./engine.ts";
import {
  arrayText,
  assignments,
  byCell,
  constructorText,
  declarations,
  indent,
  viewsText,
} from "./fields.ts";
import { ownKey, stringText } from "./names.ts";
import type { ModuleContext, ModuleStep } from "./context.ts";

/** Where a saved scalar stands in the view that holds them all. */
export function scalarText(cell: Cell, { schedule, engine }: ModuleContext, object = "this.$"): string {
  const buffer = schedule.buffers.find((b) => b.cell?.kind === cell.kind && b.cell.name === cell.name)!;
  const pack = engine.packs.find(({ members }) => members.has(buffer))!;
  return `${object}${pack.name}[${pack.members.get(buffer)}]`;
}

/** True where backward must know how many rows forward was given. */
export const keepsBatch = (context: ModuleContext): boolean =>
  context.program.batch !== null &&
  context.steps.some((step) => context.engine.usesBatch(step.phase("backward")));

export const gradientsOf = ({ name }: ModuleStep, { schedule }: ModuleContext): Buffer[] =>
  schedule.buffers.filter((b) => b.cell?.kind === "gradient" && b.cell.step === name);
export const hypersOf = ({ name }: ModuleStep, { program }: ModuleContext): Cell[] =>
  program.cells.filter((cell) => cell.kind === "hyper" && cell.step === name);
/** What a hyper-parameter is called in its step: its name without the step's. */
export const hyperName = ({ name }: ModuleStep, cell: Cell): string =>
  name === null ? cell.name : cell.name.slice(name.length + 1);
/** The counter of a step's updates. */
const counterOf = ({ name }: ModuleStep, { program }: ModuleContext): Cell | undefined =>
  program.cells.find((cell) => cell.kind === "state" && cell.step === name && cell.name === stepName(name));
const stepName = (name: string | null): string => (name === null ? "step" : `${name}/step`);

/** The gradients and hyper-parameters of a step; `own` tells the type of a member. */
export function stepFields(
  step: ModuleStep,
  context: ModuleContext,
  own: (member: string) => string,
): Field[] {
  const { program, memory, types } = context;
  const gradients = gradientsOf(step, context);
  const float = program.precision === "f64" ? "Float64Array" : "Float32Array";
  const total = gradients.reduce((sum, buffer) => sum + sizeOf(buffer.shape), 0);
  const start = Math.min(...gradients.map((buffer) => memory.placements.get(buffer)!.offset));
  const region = memory.regions.find((r) => r.region === "gradients")!;
  const hypers = hypersOf(step, context);
  const accessors = hypers.flatMap((cell) => {
    const name = hyperName(step, cell);
    const key = ownKey(name);
    const place = scalarText(cell, context, "");
    return [
      `get ${key}() { return ${place}; },`,
      `set ${key}(value${types ? ": number" : ""}) { ${place} = checkNumber(${stringText(name)}, value); },`,
    ];
  });
  return [
    { name: "gradients", type: own("gradients"), value: viewsText(byCell(gradients), context, step.self) },
    // In the network a block of all gradients is that view already.
    ...(step.name === null && context.otherBuffers.some((b) => b.name === "gradients")
      ? []
      : [
          {
            name: "$gradients",
            type: float,
            value: arrayText(float, gradients.length > 0 ? start : region.offset, total, context),
          },
        ]),
    ...(hypers.length > 0
      ? [
          {
            name: "hyper",
            type: own("hyper"),
            // A misspelt name cannot be added, which a host tells as a TypeError.
            value: `Object.seal({\n${accessors.map((line) => `      ${line}`).join("\n")}\n    })${types ? ` as ${own("hyper")}` : ""}`,
            before: `const scalars = ${step.self}.$scalars;`,
          },
        ]
      : []),
  ];
}

/** The step in its three parts and as a whole. */
export function stepLines(step: ModuleStep, context: ModuleContext): string[] {
  const { types, engine, program, stale } = context;
  const { inputs, self, pending, graphs, phase } = step;
  const t = (text: string): string => (types ? text : "");
  const head = self === "this" ? [] : ["    const net = this.$net;"];
  const load = indent(loadLines(inputs, program.batch, phase("forward"), self));
  const params = parameterList(inputs, program.batch, types);
  const calls = (part: Parameters<typeof phase>[0]): string[] => indent(engine.run(phase(part), self));
  const loss = `    return ${self}.$${step.loss.name}[0];`;
  const keep = keepsBatch(context);
  const done = [`    ${self}.$fresh = ${stale};`, ...(pending ? [`    ${self}.${pending} = false;`] : [])];
  const unready = self === "this" ? "!this.$fresh" : `net.$fresh !== ${step.fresh}`;
  const parts = [
    `  forward(${params})${t(": number")} {`,
    ...head,
    ...load,
    ...(keep ? [`    ${self}.$n = n;`] : []),
    ...calls("forward"),
    `    ${self}.$fresh = ${step.fresh};`,
    ...(pending ? [`    ${self}.${pending} = true;`] : []),
    loss,
    "  }",
    `  backward(accumulate${t(": boolean")} = false)${t(": void")} {`,
    ...head,
    `    if (${unready}) throw new RangeError("backward needs a forward pass right before it");`,
    "    if (accumulate === false) this.$gradients.fill(0);",
    "    else if (accumulate !== true) throw new RangeError(`accumulate: ${String(accumulate)} is not true or false`);",
    ...(keep && engine.usesBatch(phase("backward")) ? [`    const n = ${self}.$n;`] : []),
    ...calls("backward"),
    `    ${self}.$fresh = ${stale};`,
    "  }",
  ];
  const { update, commit } = graphs;
  if (!update && !commit) return parts;
  const inOne = engine.runStep(graphs, self);
  const whole = inOne
    ? [...head, ...load, ...done, ...indent(inOne)]
    : [
        `    this.forward(${argumentList(inputs, program.batch)});`,
        "    this.backward();",
        "    this.update();",
      ];
  const last = inOne || self === "this" ? loss : loss.replace("net.", "this.$net.");
  return [
    ...parts,
    `  update()${t(": void")} {`,
    ...head,
    `    ${self}.$fresh = ${stale};`,
    ...calls("update"),
    // Without a forward pass since the last update there is nothing new to take over.
    ...(commit
      ? [`    if (!${self}.${pending}) return;`, `    ${self}.${pending} = false;`, ...calls("commit")]
      : []),
    "  }",
    ...(update ? [`  trainStep(${params})${t(": number")} {`, ...whole, last, "  }"] : []),
  ];
}

/** The getter of the number of updates. */
export function counterLines(step: ModuleStep, context: ModuleContext): string[] {
  const cell = counterOf(step, context);
  const object = step.self === "this" ? "this.$" : "this.$net.$";
  return cell
    ? [
        `  get step()${context.types ? ": number" : ""} {`,
        `    return ${scalarText(cell, context, object)};`,
        "  }",
      ]
    : [];
}

/** A class for each named step, which works on the network's memory. */
export function stepClassLines(context: ModuleContext): string[] {
  const { types, engine } = context;
  return context.steps
    .filter(({ name }) => name !== null)
    .flatMap((step) => {
      const net = { name: "net", type: "Network" };
      const own = (member: string): string =>
        `${context.className}["steps"][${stringText(step.name!)}]["${member}"]`;
      const fields: Field[] = [
        { name: "$net", type: "Network", value: "net" },
        ...stepFields(step, context, own),
      ];
      return [
        `class ${step.className} {`,
        ...declarations(fields, types),
        ...constructorText({ parameters: [net, ...engine.memory.step], first: [] }, types),
        ...assignments(fields),
        "  }",
        ...counterLines(step, context),
        ...stepLines(step, context),
        "}",
        "",
      ];
    });
}
