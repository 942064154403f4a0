import { fail } from "../base/errors.ts";
import { suggest } from "../base/suggest.ts";

/** Rows of text as they stand in a file. A missing value is the empty string. */
export interface Table {
  /** The file's name in messages. */
  readonly file: string;
  /** The names of the columns, in the file's order. */
  readonly columns: readonly string[];
  /** One text for each column; the rows of a ragged file, where they were kept, have more or fewer. */
  readonly rows: readonly (readonly string[])[];
  /** The line of the file on which each row begins, counted from 1. */
  readonly lines: readonly number[];
}

/** The rows at these positions, in this order, with their line numbers. */
export function pickRows(table: Table, positions: ArrayLike<number>): Table {
  const picked = Array.from(positions);
  return { ...table, rows: picked.map((i) => table.rows[i]), lines: picked.map((i) => table.lines[i]) };
}

/** The position of a column by name. Fails with `unknown-column` and the nearest name. */
export function columnIndex(table: Table, name: string): number {
  const index = table.columns.indexOf(name);
  if (index >= 0) return index;
  return fail("unknown-column", `${table.file} has no column "${name}"`, {
    hint: columnHint(name, table.columns),
  });
}

/** A near name, else what columns there are. */
function columnHint(name: string, columns: readonly string[]): string {
  const near = suggest(name, columns);
  return near.startsWith("did you mean") ? near : `columns: ${columnsText(columns)}`;
}

/** The names of the columns; of many, the first ones and the last, which is often the label. */
export const columnsText = (columns: readonly string[]): string =>
  (columns.length > 13 ? [...columns.slice(0, 12), "…", columns[columns.length - 1]] : columns).join(", ");

/** The text of one column, row by row. Fails with `unknown-column`. */
export function columnTexts(table: Table, name: string): string[] {
  const index = columnIndex(table, name);
  return table.rows.map((row) => row[index]);
}

/** Stops at one cell, naming file, line and column. */
export function failAtCell(table: Table, row: number, name: string, { sentence, hint }: Defect): never {
  const column = `column ${table.columns.indexOf(name) + 1} ("${name}")`;
  const source = `${table.file}, line ${table.lines[row]}, ${column}`;
  return fail("value", `${column} ${sentence}`, { place: { source }, hint });
}

/** What is wrong with a cell: the end of a sentence that begins with the column, and what to do. */
export interface Defect {
  readonly sentence: string;
  readonly hint?: string;
}
