import { graphNodes, leafName } from "../../ir/graph.ts";
import type { Phase } from "../../ir/phase.ts";
import type { Cell, Column, Program } from "../../ir/program.ts";
import { dimText, isBatch, type Shape } from "../../ir/type.ts";
import type { Input, ModuleContext } from "./context.ts";
import { gradientsOf } from "./steps.ts";
import type { Plain } from "./value.ts";

/** A shape as data: numbers, and "n" or "4*n" for the batch dimension. */
const plainShape = (shape: Shape): Plain[] => shape.map((dim) => (isBatch(dim) ? dimText(dim) : dim));

/** The emitted `spec`: everything that a caller may want to know about the module, as plain data. */
export function specOf(context: ModuleContext, flopsPerRow: number): { readonly [name: string]: Plain } {
  const { program, schedule, memory, version, functions, steps } = context;
  const offsetOf = (cell: Cell): number => {
    const found = [...memory.placements.values()].find(
      (p) => p.buffer.cell?.kind === cell.kind && p.buffer.cell.name === cell.name,
    );
    return found?.offset ?? 0;
  };
  const inferred = inferenceStates(program);
  const saved = (cell: Cell): { readonly [name: string]: Plain } => ({
    name: cell.name,
    dtype: cell.type.dtype,
    shape: plainShape(cell.type.shape),
    offset: offsetOf(cell),
  });
  const outputsOf = ({ phase }: { readonly phase: Phase }): Plain[] =>
    schedule.results
      .filter((result) => result.phase === phase)
      .map(({ name, buffer }): Plain => ({ name, dtype: buffer.dtype, shape: plainShape(buffer.shape) }));
  const namesOf = (inputs: readonly Input[]): Plain[] => inputs.map(({ cell }) => cell.name);
  const further = functions.filter(({ name }) => name !== "predict");
  const named = steps.filter(({ name }) => name !== null);
  const kinds = ["state", "hyper", "slot"];
  return {
    gradc: version,
    name: program.name,
    precision: program.precision,
    layoutHash: memory.layoutHash,
    batch: program.batch,
    inputs: program.cells
      .filter((cell) => cell.kind === "input")
      .map((cell): Plain => ({
        name: cell.name,
        dtype: cell.type.dtype,
        shape: plainShape(cell.type.shape),
        limit: cell.limit ?? null,
        ...(cell.allowed === undefined ? {} : { allowed: cell.allowed }),
      })),
    outputs: functions.filter(({ name }) => name === "predict").flatMap(outputsOf),
    // What else a model may have is listed where it is, with the inputs that it takes.
    ...(further.length > 0
      ? {
          functions: further.map((fn): Plain => ({
            name: fn.name,
            inputs: namesOf(fn.inputs),
            outputs: outputsOf(fn),
          })),
        }
      : {}),
    ...(named.length > 0
      ? {
          steps: named.map((step): Plain => ({
            name: step.name,
            inputs: namesOf(step.inputs),
            parameters: gradientsOf(step, context).map(({ cell }) => cell!.name),
          })),
        }
      : {}),
    ...(context.evaluated.length < context.inputs.length ? { evaluates: namesOf(context.evaluated) } : {}),
    metrics: program.metrics.map(({ name, shape }): Plain => ({ name, shape: [...shape] })),
    parameters: program.cells.filter((cell) => cell.kind === "parameter").map(saved),
    states: kinds
      .flatMap((kind) => program.cells.filter((cell) => cell.kind === kind))
      .map((cell): Plain => {
        // Without these the parameters alone would predict something else.
        const needed = cell.kind === "state" && inferred.has(cell.name);
        return needed ? { ...saved(cell), inference: true } : saved(cell);
      }),
    table: program.table ? { columns: program.table.columns.map(columnOf) } : null,
    arenaBytes: memory.arenaBytes,
    stateBytes: memory.stateBytes,
    flopsPerRow,
  };
}

/** The states that functions and metrics read. */
function inferenceStates({ graphs: { functions, evaluate } }: Program): Set<string> {
  const graphs = [...functions.map(({ graph }) => graph), ...(evaluate ? [evaluate] : [])];
  return new Set(
    graphs
      .flatMap(graphNodes)
      .filter(({ op }) => op === "state")
      .map(leafName),
  );
}

const columnOf = (column: Column): Plain => ({
  name: column.name,
  kind: column.kind,
  ...(column.values ? { values: [...column.values] } : {}),
  missing: column.missing,
  scale: column.scale,
  at: column.at,
  width: column.width,
});
