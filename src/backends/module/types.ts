import type { Cell } from "../../ir/program.ts";
import { sizeOf } from "../../ir/type.ts";
import { parameterList } from "./arguments.ts";
import { arrayClass } from "./layout.ts";
import { propertyName, stringText } from "./names.ts";
import type { Input, ModuleContext, ModuleStep } from "./context.ts";
import { gradientsOf, hyperName, hypersOf } from "./steps.ts";

const optionalN = (list: string): string => list.replace(/n: number = .*$/, "n?: number");

/** The public interface of the model, typed from its shapes; the same text in .d.ts and .ts files. */
export function interfaceLines(context: ModuleContext): string[] {
  const { program, schedule, className, ownStep, functions, steps } = context;
  const parameters = program.cells.filter((cell) => cell.kind === "parameter");
  const metricClass = (name: string): string =>
    arrayClass[schedule.results.find((r) => r.phase === "evaluate" && r.name === name)!.buffer.dtype];
  const metrics = program.metrics.map(
    (m) => `${propertyName(m.name)}: ${m.shape.length === 0 ? "number" : metricClass(m.name)}`,
  );
  const named = steps.filter(({ name }) => name !== null);
  const count = parameters.reduce((sum, { type }) => sum + sizeOf(type.shape), 0);
  return [
    "/**",
    ...(program.batch === null
      ? [` * ${count} parameters. Arrays are row-major, in the shapes of \`spec.inputs\`.`]
      : [
          ` * ${count} parameters, up to ${program.batch} rows a call. Arrays are row-major, in the shapes of \`spec.inputs\`, with n rows or those of the`,
          " * full batch; n is the number of rows in the first where it is left out.",
        ]),
    " * Anything else is a RangeError before anything is touched, and so are indices out of range.",
    " */",
    `export interface ${className} {`,
    "  /** A live view of every byte worth saving, parameters first; `.slice()` is a checkpoint. */",
    "  readonly state: Uint8Array;",
    ...(ownStep ? counterType(ownStep) : []),
    "  /** Live views, dense, row-major, in the shapes of `spec.parameters`. */",
    `  readonly params: ${viewsType(parameters)};`,
    ...(ownStep ? viewTypes(ownStep, context) : []),
    "  /** Sets parameters, optimizer slots and counters from a seed, a finite number; the same on every engine. */",
    "  init(seed: number): void;",
    ...(ownStep ? methodTypes(ownStep, context) : []),
    ...(named.length > 0
      ? [
          "  readonly steps: {",
          ...named.flatMap((step) => [
            `    readonly ${propertyName(step.name!)}: {`,
            ...[...counterType(step), ...viewTypes(step, context), ...methodTypes(step, context)].map(
              (line) => `    ${line.replaceAll("\n", "\n    ")}`,
            ),
            "    };",
          ]),
          "  };",
        ]
      : []),
    ...(program.graphs.evaluate
      ? [
          "  /** Inference mode; running totals since resetMetrics(), weighted by rows; one reused object. */",
          `  evaluate(${argumentTypes(context.evaluated, context)}): { ${metrics.join("; ")} };`,
          "  /** Sets the running totals of evaluate back. */",
          "  resetMetrics(): void;",
        ]
      : []),
    ...functions.flatMap((fn) => {
      const outputs = fn.results.map(
        (r) => `readonly ${propertyName(r.name)}: ${arrayClass[r.buffer.dtype]}`,
      );
      return [
        `  /** Inference mode; reused views${program.batch === null ? "" : " of full batch length, rows from n on undefined"}. */`,
        // A plain new would be a constructor's signature.
        `  ${fn.name === "new" ? '"new"' : propertyName(fn.name)}(${argumentTypes(fn.inputs, context)}): { ${outputs.join("; ")} };`,
      ];
    }),
    "}",
  ];
}

const argumentTypes = (inputs: readonly Input[], { program }: ModuleContext): string =>
  optionalN(parameterList(inputs, program.batch, true));

const viewsType = (cells: readonly Cell[]): string =>
  cells.length === 0
    ? "{}"
    : `{\n${cells.map((c) => `    readonly ${propertyName(c.name)}: ${arrayClass[c.type.dtype]};`).join("\n")}\n  }`;

const counterType = ({ graphs }: ModuleStep): string[] =>
  graphs.update ? ["  /** Updates so far. */", "  readonly step: number;"] : [];

function viewTypes(step: ModuleStep, context: ModuleContext): string[] {
  const trained = new Set(gradientsOf(step, context).map(({ cell }) => cell!.name));
  const cells = context.program.cells.filter((cell) => cell.kind === "parameter" && trained.has(cell.name));
  const hypers = hypersOf(step, context);
  return [
    "  /** Filled by backward(), each like its parameter. */",
    `  readonly gradients: ${viewsType(cells)};`,
    ...(hypers.length > 0
      ? [
          "  /** Assignable between steps; what is no finite number is a RangeError, and another name a TypeError in strict code. */",
          `  readonly hyper: { ${hypers.map((h) => `${propertyName(hyperName(step, h))}: number`).join("; ")} };`,
        ]
      : []),
  ];
}

function methodTypes({ inputs, graphs: { update, commit } }: ModuleStep, context: ModuleContext): string[] {
  const args = argumentTypes(inputs, context);
  return [
    "  /** The loss of the rows; keeps what backward needs. */",
    `  forward(${args}): number;`,
    "  /** Fills (or adds to) the gradients; updates nothing. A RangeError unless forward ran right before. */",
    "  backward(accumulate?: boolean): void;",
    ...(update || commit
      ? [
          update
            ? "  /** One optimizer step from the gradients. */"
            : "  /** States take over the values that the last forward pass gave them. */",
          "  update(): void;",
        ]
      : []),
    ...(update
      ? [
          "  /** forward, backward and update in one; the loss before the update. */",
          `  trainStep(${args}): number;`,
        ]
      : []),
  ];
}

/** The type of a row of the model's table. */
export function rowLines({ program }: ModuleContext): string[] {
  if (!program.table) return [];
  const fields = program.table.columns
    .filter((column) => column.kind === "number" || column.kind === "category")
    .map((column) => {
      const gap = column.missing === null ? "" : " | null";
      const type =
        column.kind === "number"
          ? `number${gap}`
          : `${(column.values ?? []).map(stringText).join(" | ")}${gap}`;
      return `  readonly ${propertyName(column.name)}${gap ? "?" : ""}: ${type};`;
    });
  return [
    "/** One row of the table that the model was declared with. */",
    "export interface Row {",
    ...fields,
    "}",
  ];
}
