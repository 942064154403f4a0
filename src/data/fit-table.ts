import { fail } from "../base/errors.ts";
import { checkClasses } from "./encode.ts";
import { parseNumber } from "./numbers.ts";
import { defectOf, type CategoryColumn, type ColumnSpec, type NumberColumn, type TableSpec } from "./spec.ts";
import { fitColumn, modeOf, type ColumnStatistics } from "./statistics.ts";
import { columnTexts, failAtCell, type Table } from "./table.ts";

/** One number for each feature; the model computes x ↦ ((x is NaN ? fill : x) − shift) · scale. */
export interface TableStatistics {
  /** What stands in for a missing value; NaN where the column has no rule for one. */
  readonly fill: Float64Array;
  /** The mean or the least value of the column; 0 where it is not scaled. */
  readonly shift: Float64Array;
  /** 1 over the deviation or the range of the column; 1 where it is not scaled. */
  readonly scale: Float64Array;
}

/**
 * Fits the statistics of a model's table, given by the module's `spec` or by `spec.table`. `train` is the training split alone: what is learned from other rows
 * would leak into the judgement of the model. A column without a rule for missing values is filled with NaN, so that a
 * prediction without it is NaN rather than a guess.
 * Fails with `value` at a cell that its column cannot hold and where a column is empty throughout, `one-class` where
 * the label has one class only, `no-table` where the model declares none.
 */
export function fitTable(
  model: TableSpec | { readonly table: TableSpec | null },
  train: Table,
): TableStatistics {
  const spec = tableOf(model);
  const width = spec.columns.reduce((sum, column) => sum + column.width, 0);
  const fill = new Float64Array(width);
  const shift = new Float64Array(width);
  const scale = new Float64Array(width).fill(1);
  for (const column of spec.columns) {
    const texts = columnTexts(train, column.name);
    for (const [i, text] of texts.entries()) {
      const defect = defectOf(column, text);
      if (defect) failAtCell(train, i, column.name, defect);
    }
    if (texts.every((text) => text === "") && typeof missingOf(column) !== "number") {
      const hint = "leave the column out, or fill it with a constant";
      fail("value", `${train.file}: column "${column.name}" has no value to fit on`, { hint });
    }
    if (column.kind === "label") checkClasses(train, column.name);
    else if (column.kind === "category") fill.set(fitCategory(column, texts), column.at);
    else if (column.kind === "number") {
      const fitted = fitNumber(column, texts);
      fill[column.at] = fitted.fill;
      shift[column.at] = fitted.shift;
      scale[column.at] = fitted.scale;
    }
  }
  return { fill, shift, scale };
}

function tableOf(model: TableSpec | { readonly table: TableSpec | null } | null): TableSpec {
  const table = model && "table" in model ? model.table : model;
  if (table && "columns" in table && Array.isArray(table.columns)) return table;
  return fail("no-table", "fitTable needs the spec of a module whose model declares a table", {
    hint: "pass spec, or declare a table in the model file",
  });
}

function missingOf(column: ColumnSpec): unknown {
  return column.kind === "number" ? column.missing : undefined;
}

function fitNumber({ missing, scale }: NumberColumn, texts: readonly string[]): ColumnStatistics {
  const values = texts.map((text) => parseNumber(text) ?? NaN);
  return fitColumn(values, { missing: missing === "drop" ? null : missing, scale });
}

function fitCategory({ missing, values }: CategoryColumn, texts: readonly string[]): number[] {
  const mode = missing === "mode" ? modeOf(texts.filter((text) => text !== "")) : undefined;
  return values.map((value) => (mode === undefined ? NaN : Number(value === mode)));
}
