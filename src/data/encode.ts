import { fail } from "../base/errors.ts";
import { checkNames } from "../base/options.ts";
import { shorten } from "../formats/refuse.ts";
import type { Batch, NumericArray } from "./batches.ts";
import { parseNumber } from "./numbers.ts";
import { defectOf, encodedInputs, numberDefect, valueDefect, type DataSpec, type InputSpec } from "./spec.ts";
import { columnIndex, columnTexts, columnsText, failAtCell, type Defect, type Table } from "./table.ts";

/** The generated `encodeRow(row, x, i)`; its own types are narrower. */
export type EncodeRow = (row: never, x: never, i: number) => void;

type Features = Float32Array | Float64Array;

/**
 * The inputs of a model with a table: features through its own `encodeRow`, and what it learns to predict.
 * Fails with `value` at the first cell that its column cannot hold, and `unknown-column` where one is lacking.
 */
export function encodeTable(spec: DataSpec, table: Table, encodeRow: EncodeRow): Batch {
  const columns =
    spec.table?.columns ?? fail("no-table", "the model declares no table", { hint: "encode plain columns" });
  const places = columns.map(({ name }) => columnIndex(table, name));
  const roles = rolesOf(encodedInputs(spec));
  const learned = columns.flatMap((column, c) => (column.at < 0 ? [{ column, at: places[c] }] : []));
  const features = allocate(
    roles.features,
    columns.reduce((sum, { width }) => sum + width, 0),
    table.rows.length,
  );
  const labels = roles.label && allocate(roles.label, learned.length, table.rows.length);
  const values = Object.create(null) as Record<string, string | number | null>;
  for (const [i, row] of table.rows.entries()) {
    for (const [c, column] of columns.entries()) {
      const text = row[places[c]];
      const defect = defectOf(column, text);
      if (defect) failAtCell(table, i, column.name, defect);
      if (column.at >= 0)
        values[column.name] = text === "" ? null : column.kind === "number" ? parseNumber(text)! : text;
    }
    (encodeRow as (row: unknown, x: Features, i: number) => void)(values, features as Features, i);
    for (const [k, { column, at }] of learned.entries()) {
      if (!labels) continue;
      labels[i * learned.length + k] =
        column.kind === "label" ? column.values.indexOf(row[at]) : parseNumber(row[at])!;
    }
  }
  return assemble(encodedInputs(spec), roles, features, labels, table.rows.length);
}

/** Which column is to be predicted. */
export interface ColumnsOptions {
  /** The column to predict; all others are features, in the file's order. */
  readonly label?: string;
  /** The texts of the label's classes, where they are not numbers already; see `fitCategories`. */
  readonly classes?: readonly string[];
}
const known = { label: true, classes: true } satisfies Record<keyof ColumnsOptions, true>;

/**
 * The inputs of a model without a table, straight from a file of numbers.
 * Fails with `value` at the first cell that is no number or no label within the limit of the model's input,
 * with `has-table` where the model declares one, and with `option` for options that are not these.
 */
export function encodeColumns(spec: DataSpec, table: Table, options: ColumnsOptions = {}): Batch {
  checkNames("encodeColumns", options, known);
  const { label, classes } = options;
  if (spec.table) {
    fail("has-table", "this model declares a table: use encodeTable(spec, table, encodeRow)");
  }
  const roles = rolesOf(encodedInputs(spec));
  if (roles.label && label === undefined) {
    fail("no-label", `input "${roles.label.name}" needs a label column`, {
      hint: `columns: ${columnsText(table.columns)}`,
    });
  }
  const labelAt = label === undefined ? -1 : columnIndex(table, label);
  const places = [...table.columns.keys()].filter((at) => at !== labelAt);
  const n = table.rows.length;
  const features = allocate(roles.features, places.length, n);
  for (const [i, row] of table.rows.entries()) {
    for (const [k, at] of places.entries()) {
      const defect = numberDefect(row[at]);
      if (defect) failAtCell(table, i, table.columns[at], defect);
      features[i * places.length + k] = parseNumber(row[at])!;
    }
  }
  const labels = roles.label && allocate(roles.label, 1, n);
  for (let i = 0; labels && i < n; i++) {
    const value = labelOf(table.rows[i][labelAt], roles.label!, classes);
    if (typeof value === "object") failAtCell(table, i, label!, value);
    labels[i] = value;
  }
  return assemble(encodedInputs(spec), roles, features, labels, n);
}

/** Fails with `one-class` where the label column of a classifier tells nothing apart. */
export function checkClasses(table: Table, label: string): void {
  const classes = new Set(columnTexts(table, label));
  if (classes.size > 1) return;
  fail(
    "one-class",
    `${table.file}: column "${label}" holds only "${shorten([...classes].join(""))}"; there is nothing to tell apart`,
    {
      hint: "is it the right label column, and are the rows sorted by class?",
    },
  );
}

/** A label's number, or what is wrong with its text. */
function labelOf(
  text: string,
  { limit, allowed }: InputSpec,
  classes: readonly string[] | undefined,
): number | Defect {
  if (classes && !classes.includes(text)) return valueDefect(text, classes);
  const value = classes ? classes.indexOf(text) : parseNumber(text);
  if (value === undefined) {
    return {
      sentence: `holds "${shorten(text)}", which is not a number`,
      hint: "declare the classes with a table, or name them",
    };
  }
  if (limit === null || value === allowed) return value;
  if (Number.isInteger(value) && value >= 0 && value < limit) return value;
  return {
    sentence: `holds the label "${shorten(text)}", but the model knows 0 to ${limit - 1}`,
    hint: "check the number of classes",
  };
}

interface Roles {
  readonly features: InputSpec;
  readonly label: InputSpec | undefined;
}

/** What is learned is the input with a limit on its values, else the second of two; the other takes the features. */
function rolesOf(inputs: readonly InputSpec[]): Roles {
  if (inputs.length === 0 || inputs.length > 2) {
    fail("bad-inputs", `a table fills features and a label, but the model has ${inputs.length} inputs`, {
      hint: "encode the batches of this model by hand",
    });
  }
  const label = inputs.length === 1 ? undefined : (inputs.find(({ limit }) => limit !== null) ?? inputs[1]);
  return { features: inputs.find((input) => input !== label)!, label };
}

const arrays = new Map<string, new (length: number) => NumericArray>([
  ["f32", Float32Array],
  ["f64", Float64Array],
  ["i32", Int32Array],
  ["bool", Uint8Array],
]);

/** n rows of an input, after checking that a row of it takes just the columns there are. */
function allocate({ name, dtype, shape }: InputSpec, columns: number, n: number): NumericArray {
  const width = shape.slice(1).reduce<number>((size, dim) => size * Number(dim), 1);
  const make = arrays.get(dtype);
  if (typeof shape[0] === "number") return failStatic(name, dtype, shape);
  if (width !== columns || !make) {
    return fail(
      "bad-inputs",
      `input "${name}" is ${dtype} [${shape}], but the table has ${columns} columns for it`,
    );
  }
  return new make(n * width);
}

/** A table has any number of rows, which only a batch can take. */
function failStatic(name: string, dtype: string, shape: InputSpec["shape"]): never {
  // An input of one dimension may be a single row, whose length says nothing about a batch.
  const [rows, rest] = shape.length > 1 ? [shape[0], shape.slice(1)] : [16, shape];
  return fail("bad-inputs", `input "${name}" is ${dtype} [${shape}], which has no batch dimension`, {
    hint: `use batch(${rows}) for the rows: const n = batch(${rows}), and ${[`${dtype}(n`, ...rest].join(", ")})`,
  });
}

function assemble(
  inputs: readonly InputSpec[],
  roles: Roles,
  x: NumericArray,
  y: NumericArray | undefined,
  n: number,
): Batch {
  return { inputs: inputs.map((input) => (input === roles.features ? x : y!)), n };
}
