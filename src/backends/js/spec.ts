import type { MemoryPlan } from "../../ir/arena.ts";
import { graphNodes, leafName } from "../../ir/graph.ts";
import type { Schedule } from "../../ir/kernel.ts";
import type { Cell, Column, Program } from "../../ir/program.ts";
import { dimText, isBatch, type Shape } from "../../ir/type.ts";
import type { Plain } from "./value.ts";

/** A shape as data: numbers, and "n" or "4*n" for the batch dimension. */
export const plainShape = (shape: Shape): Plain[] => shape.map((dim) => (isBatch(dim) ? dimText(dim) : dim));

/** The emitted `spec`: everything that a caller may want to know about the module, as plain data. */
export function specOf(
  program: Program,
  schedule: Schedule,
  memory: MemoryPlan,
  flopsPerRow: number,
  version: string,
): { readonly [name: string]: Plain } {
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
  const outputs = schedule.results.filter((result) => result.phase === "predict");
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
      })),
    outputs: outputs.map(({ name, buffer }): Plain => ({
      name,
      dtype: buffer.dtype,
      shape: plainShape(buffer.shape),
    })),
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
