import { sizeOf } from "../../ir/type.ts";
import { parameterList } from "./arguments.ts";
import { arrayClass } from "./function.ts";
import { propertyName, stringText } from "./names.ts";
import type { ModuleContext } from "./skeleton.ts";

const optionalN = (list: string): string => list.replace(/n: number = .*$/, "n?: number");

/** The public interface of the model, typed from its shapes; the same text in .d.ts and .ts files. */
export function interfaceLines(context: ModuleContext): string[] {
  const { program, schedule, needed, className } = context;
  const { training, update, commit } = context.step ?? {};
  const { evaluate } = program.graphs;
  const parameters = program.cells.filter((cell) => cell.kind === "parameter");
  const trained = new Set(training?.outputs.filter((o) => o.role === "gradient").map((o) => o.name));
  const hypers = program.cells.filter((cell) => cell.kind === "hyper");
  const views = (cells: typeof parameters): string =>
    cells.length === 0
      ? "{}"
      : `{\n${cells.map((c) => `    readonly ${propertyName(c.name)}: ${arrayClass[c.type.dtype]};`).join("\n")}\n  }`;
  const args = (entry: "forward" | "predict" | "evaluate"): string =>
    optionalN(parameterList(needed.get(entry)!, program.batch, true));
  const outputs = schedule.results
    .filter((r) => r.phase === "predict")
    .map((r) => `readonly ${propertyName(r.name)}: ${arrayClass[r.buffer.dtype]}`);
  const metricClass = (name: string): string =>
    arrayClass[schedule.results.find((r) => r.phase === "evaluate" && r.name === name)!.buffer.dtype];
  const metrics = program.metrics.map(
    (m) => `${propertyName(m.name)}: ${m.shape.length === 0 ? "number" : metricClass(m.name)}`,
  );
  return [
    `/** ${sizeOf([parameters.reduce((sum, c) => sum + sizeOf(c.type.shape), 0)])} parameters${program.batch === null ? "" : `, up to ${program.batch} rows a call`}. */`,
    `export interface ${className} {`,
    "  /** A live view of every byte worth saving, parameters first; `.slice()` is a checkpoint. */",
    "  readonly state: Uint8Array;",
    ...(update ? ["  /** Updates so far. */", "  readonly step: number;"] : []),
    "  /** Live views, dense, row-major. */",
    `  readonly params: ${views(parameters)};`,
    ...(training
      ? [
          "  /** Filled by backward(). */",
          `  readonly gradients: ${views(parameters.filter((c) => trained.has(c.name)))};`,
        ]
      : []),
    ...(hypers.length > 0
      ? [
          "  /** Assignable between steps. */",
          `  readonly hyper: { ${hypers.map((h) => `${propertyName(h.name)}: number`).join("; ")} };`,
        ]
      : []),
    "  /** Sets parameters, optimizer slots and counters from a seed, the same on every engine. */",
    "  init(seed: number): void;",
    ...(training
      ? [
          "  /** The loss; keeps what backward needs. */",
          `  forward(${args("forward")}): number;`,
          "  /** Fills (or adds to) the gradients; updates nothing. */",
          "  backward(accumulate?: boolean): void;",
        ]
      : []),
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
          `  trainStep(${args("forward")}): number;`,
        ]
      : []),
    ...(evaluate
      ? [
          "  /** Inference mode; running totals since resetMetrics(); one reused object. */",
          `  evaluate(${args("evaluate")}): { ${metrics.join("; ")} };`,
          "  resetMetrics(): void;",
        ]
      : []),
    "  /** Inference mode; reused views of full batch length. */",
    `  predict(${args("predict")}): { ${outputs.join("; ")} };`,
    "}",
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
