import { suggest } from "../base/suggest.ts";
import { shorten } from "../formats/refuse.ts";
import { parseNumber } from "./numbers.ts";
import type { Defect } from "./table.ts";

/** The columns of a model's table, as the generated module's `spec.table` lists them. */
export interface TableSpec {
  /** In the order of their declaration. */
  readonly columns: readonly ColumnSpec[];
}

/** A column by its kind, with its place among the features, and how it is filled and scaled. */
export type ColumnSpec = NumberColumn | CategoryColumn | LabelColumn | TargetColumn;

/** What a column of every kind has. */
export interface PlacedColumn {
  /** As the file's header has it. */
  readonly name: string;
  /** The first feature that the column fills; -1 for what is to be predicted. */
  readonly at: number;
  /** How many features it fills; 0 for what is to be predicted. */
  readonly width: number;
}
/** A column of numbers. */
export interface NumberColumn extends PlacedColumn {
  /** Tells the kinds apart. */
  readonly kind: "number";
  /** What stands in for a missing value; "drop" drops its row, null leaves it missing. */
  readonly missing?: "mean" | "median" | "drop" | number | null;
  /** To mean 0 and deviation 1, or from 0 to 1; null for as it is. */
  readonly scale?: "standard" | "range" | null;
}
/** A column of texts, each a feature that is 1 where it stands. */
export interface CategoryColumn extends PlacedColumn {
  /** Tells the kinds apart. */
  readonly kind: "category";
  /** The texts that may stand there, in the order of their features. */
  readonly values: readonly string[];
  /** What stands in for a missing value: the most frequent; "drop" drops its row, null leaves it missing. */
  readonly missing?: "mode" | "drop" | null;
}
/** The column of the classes that a classifier predicts. */
export interface LabelColumn extends PlacedColumn {
  /** Tells the kinds apart. */
  readonly kind: "label";
  /** The classes, in the order of their numbers. */
  readonly values: readonly string[];
}
/** The column of numbers that a regression predicts. */
export interface TargetColumn extends PlacedColumn {
  /** Tells the kinds apart. */
  readonly kind: "target";
}

/** An input of the generated module, as `spec.inputs` lists it. */
export interface InputSpec {
  /** As the model declares it. */
  readonly name: string;
  /** "f32", "f64", "i32", "u32" or "bool". */
  readonly dtype: string;
  /** Its dims; "n" is the batch, "2*n" a multiple of it. */
  readonly shape: readonly (number | string)[];
  /** The exclusive upper bound of an index or label input. */
  readonly limit: number | null;
  /** The label that losses and metrics ignore, if it is none of those below the limit. */
  readonly allowed?: number;
}

/** The part of a generated module's `spec` that data is encoded by. */
export interface DataSpec {
  /** In the order in which a call takes them. */
  readonly inputs: readonly InputSpec[];
  /** The inputs that training and evaluation take, where some are read by functions alone. */
  readonly evaluates?: readonly string[];
  /** Null for a model without a table. */
  readonly table: TableSpec | null;
}

/** The inputs that data are encoded for, in order: those that training and evaluation take. */
export const encodedInputs = ({ inputs, evaluates }: DataSpec): readonly InputSpec[] =>
  inputs.filter(({ name }) => !evaluates || evaluates.includes(name));

/** What is wrong with this text in this column, or undefined where it can be used. */
export function defectOf(column: ColumnSpec, text: string): Defect | undefined {
  if (text === "") return missingDefect(column);
  if (column.kind === "number" || column.kind === "target") return numberDefect(text);
  return column.values.includes(text) ? undefined : valueDefect(text, column.values);
}

/** Text in a column of numbers. */
export function numberDefect(text: string): Defect | undefined {
  if (parseNumber(text) !== undefined) return undefined;
  if (text === "")
    return { sentence: "is empty", hint: "drop the row, or declare a table that fills the column" };
  const hint = `write a plain decimal number, or list "${shorten(text)}" in readCsv's option missing`;
  return { sentence: `holds "${shorten(text)}", which is not a number`, hint };
}

/** A text that is none of the values declared for its column. */
export function valueDefect(text: string, values: readonly string[]): Defect {
  return {
    sentence: `holds "${shorten(text)}", which is none of its values`,
    hint: suggest(shorten(text), values),
  };
}

function missingDefect(column: ColumnSpec): Defect | undefined {
  if (column.kind === "label" || column.kind === "target") {
    return {
      sentence: "is empty, but it is what the model learns",
      hint: "leave such rows out: --drop-broken, or clean",
    };
  }
  if (column.missing === "drop")
    return { sentence: "is empty", hint: "clean the table with the model's spec first" };
  const ways = column.kind === "number" ? '"mean", "median", a number or "drop"' : '"mode" or "drop"';
  const hint = `declare the column with missing: ${ways}`;
  return column.missing === null || column.missing === undefined ? { sentence: "is empty", hint } : undefined;
}
