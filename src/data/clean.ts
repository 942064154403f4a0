import { fail } from "../base/errors.ts";
import { checkNames } from "../base/options.ts";
import { defectOf, type ColumnSpec, type LabelColumn, type TableSpec } from "./spec.ts";
import { columnIndex, columnTexts, pickRows, type Table } from "./table.ts";

/** Which rows are dropped; none by default but those that the spec declares so. */
export interface CleanOptions {
  /** Drops every row that repeats an earlier one exactly. */
  readonly duplicates?: boolean;
  /** Drops rows with a wrong number of fields and, with a spec, with values that their columns cannot hold. */
  readonly broken?: boolean;
  /** Columns whose missing values drop their rows, besides those that the spec declares so. */
  readonly missing?: readonly string[];
  /** The columns of the model's table: `spec.table`. */
  readonly spec?: TableSpec;
}
const known = { duplicates: true, broken: true, missing: true, spec: true } satisfies Record<
  keyof CleanOptions,
  true
>;

/** How many rows were dropped, and why. */
export interface CleanReport {
  /** How many repeated an earlier one. */
  readonly duplicates: number;
  /** Those that could not be used: the line of the file, counted from 1, and what is wrong there. */
  readonly broken: readonly { readonly line: number; readonly reason: string }[];
  /** How many rows were dropped for a missing value. */
  readonly missing: number;
  /** Classes of the spec's label that rows had before, and none has now: their names, and how many rows that were. */
  readonly lostClasses: readonly { readonly name: string; readonly rows: number }[];
}

/**
 * Drops the rows that were asked to be dropped and reports on them; the others stay as they are, in order.
 * Fails with `empty-table` where none is left, `unknown-column` where the table lacks a column and `option` for options
 * that are not these.
 */
export function clean(
  table: Table,
  options: CleanOptions,
): { readonly table: Table; readonly report: CleanReport } {
  checkNames("clean", options, known);
  const columns = options.spec?.columns ?? [];
  const places = columns.map((column) => columnIndex(table, column.name));
  const needed = [...(options.missing ?? []), ...columns.filter(dropsMissing).map(({ name }) => name)].map(
    (name) => columnIndex(table, name),
  );
  const seen = new Set<string>();
  const broken: CleanReport["broken"][number][] = [];
  const kept: number[] = [];
  let duplicates = 0;
  let missing = 0;
  for (const [i, row] of table.rows.entries()) {
    // JSON keeps apart what joining would not: ["a,b"] and ["a", "b"].
    const key = options.duplicates ? JSON.stringify(row) : "";
    const reason = options.broken ? reasonOf(table, row, columns, places) : undefined;
    if (options.duplicates && seen.has(key)) duplicates++;
    else if (reason !== undefined) broken.push({ line: table.lines[i], reason });
    else if (needed.some((at) => row[at] === "")) missing++;
    else kept.push(i);
    seen.add(key);
  }
  if (kept.length === 0) fail("empty-table", `${table.file}: cleaning dropped all ${table.rows.length} rows`);
  const cleaned = pickRows(table, kept);
  const lostClasses = columns.flatMap((column) =>
    column.kind === "label" ? lostOf(column, table, cleaned) : [],
  );
  return { table: cleaned, report: { duplicates, broken, missing, lostClasses } };
}

/** The classes whose last row was dropped. */
function lostOf({ name, values }: LabelColumn, before: Table, after: Table): CleanReport["lostClasses"] {
  const left = new Set(columnTexts(after, name));
  const texts = columnTexts(before, name);
  return values
    .filter((value) => !left.has(value))
    .map((value) => ({ name: value, rows: texts.filter((text) => text === value).length }))
    .filter(({ rows }) => rows > 0);
}

function dropsMissing(column: ColumnSpec): boolean {
  return (column.kind === "number" || column.kind === "category") && column.missing === "drop";
}

function reasonOf(
  table: Table,
  row: readonly string[],
  columns: readonly ColumnSpec[],
  places: readonly number[],
): string | undefined {
  const expected = table.columns.length;
  if (row.length !== expected) return `expected ${expected} fields, found ${row.length}`;
  for (const [i, column] of columns.entries()) {
    // Rows with missing values that the declaration drops are counted apart.
    const defect =
      row[places[i]] === "" && dropsMissing(column) ? undefined : defectOf(column, row[places[i]]);
    if (defect) return `column ${places[i] + 1} ("${column.name}") ${defect.sentence}`;
  }
  return undefined;
}
