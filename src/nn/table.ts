import { suggest } from "../base/suggest.ts";
import { builder, sourceLine } from "../ir/builder.ts";
import type { Value } from "../ir/graph.ts";
import type { Column, TableSpec } from "../ir/program.ts";
import { tensorType, type Dim } from "../ir/type.ts";
import { leaf } from "../ops/leaves.ts";
import { checkName, checkOptions, reject, shown } from "./check.ts";
import { currentRun, floatType } from "./context.ts";
import { isNaN, mul, sub, where } from "./sugar/elementwise.ts";
import { broadcastTo } from "./sugar/movement.ts";
import { scalar } from "./sugar/operand.ts";
import { checkShape, type InputDeclaration, type Table } from "./types.ts";

export type { Table } from "./types.ts";

/** A column before its place among the features is known. */
export type ColumnDeclaration = Omit<Column, "name" | "at">;

function oneOf(what: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  const names = allowed.filter((name): name is string => typeof name === "string");
  reject(
    "table",
    `${what} cannot be ${shown(value)}`,
    typeof value === "string" ? suggest(value, names) : `known here: ${names.join(", ")}`,
  );
}

/**
 * A numeric column.
 * @param options.missing what stands in for an empty cell: the training split's mean or median, a number, or
 *   "drop" for leaving the row out; null (the default) refuses empty cells
 * @param options.scale "standard" for mean 0 and deviation 1, "range" for 0 to 1, null (the default) for as it is
 */
export function number(
  options: {
    readonly missing?: "mean" | "median" | "drop" | number | null;
    readonly scale?: Column["scale"];
  } = {},
): ColumnDeclaration {
  checkOptions("number", options, ["missing", "scale"]);
  const { missing = null, scale = null } = options;
  if (typeof missing !== "number" || !Number.isFinite(missing)) {
    oneOf("missing of a number column", missing, ["mean", "median", "drop", null]);
  }
  oneOf("scale of a number column", scale, ["standard", "range", null]);
  return { kind: "number", missing, scale, width: 1 };
}

function checkValues(kind: string, values: unknown, least: number): readonly string[] {
  const strings = Array.isArray(values) && values.every((value) => typeof value === "string");
  if (!strings) return reject("table", `${kind} takes an array of strings, found ${shown(values)}`);
  const twice = (values as string[]).find((value, k) => values.indexOf(value) !== k);
  if (twice !== undefined) reject("table", `${kind} names the value ${shown(twice)} twice`);
  if (values.length < least)
    reject("table", `${kind} needs at least ${least} values, found ${values.length}`);
  return Object.freeze([...(values as string[])]);
}

/** A column of names, one-hot in the order given. `missing`: the most frequent one, or "drop", or refused (null). */
export function category(
  values: readonly string[],
  options: { readonly missing?: "mode" | "drop" | null } = {},
): ColumnDeclaration {
  checkOptions("category", options, ["missing"]);
  const names = checkValues("category", values, 1);
  const { missing = null } = options;
  oneOf("missing of a category column", missing, ["mode", "drop", null]);
  return { kind: "category", values: names, missing, scale: null, width: names.length };
}

/** The column a classifier predicts; the class index is the place in `values`. */
export const label = (values: readonly string[]): ColumnDeclaration => ({
  kind: "label",
  values: checkValues("label", values, 2),
  missing: null,
  scale: null,
  width: 0,
});

/** The column a regression predicts. */
export const target = (): ColumnDeclaration => ({ kind: "target", missing: null, scale: null, width: 0 });

/**
 * Describes the columns of a table. Features stand in the order of declaration.
 * (JavaScript moves keys that are whole numbers to the front of an object.)
 */
export function table(columns: Readonly<Record<string, ColumnDeclaration>>): Table {
  if (typeof columns !== "object" || columns === null)
    return reject("table", `table takes an object of columns, found ${shown(columns)}`);
  let width = 0;
  const placed = Object.entries(columns).map(([name, column]): Column => {
    checkName("a table column", name);
    if (typeof column !== "object" || column === null || !("kind" in column)) {
      return reject(
        "table",
        `column "${name}" is ${shown(column)}`,
        "describe it with number(…), category(…), label(…) or target()",
      );
    }
    const at = column.width > 0 ? width : -1;
    width += column.width;
    return { name, ...column, at };
  });
  const answers = placed.filter((column) => column.at < 0);
  if (answers.length > 1) {
    reject(
      "table",
      `a table has one label or target, found ${answers.map((column) => `"${column.name}"`).join(" and ")}`,
    );
  }
  return Object.freeze({ columns: Object.freeze(placed), width });
}

function checkTable(what: string, thing: unknown): Table {
  if (typeof thing === "object" && thing !== null && "columns" in thing && "width" in thing)
    return thing as Table;
  return reject("table", `${what}(n, table) takes a table as its second argument, found ${shown(thing)}`);
}

/** An input of a table's features, one row each: imputed and scaled inside the model. */
export function features(n: Dim, from: Table): InputDeclaration {
  const { width } = checkTable("features", from);
  if (width === 0)
    reject("table", "the table has no feature columns", "declare at least one number or category");
  return {
    dtype: "f32",
    shape: [...checkShape("features(…)", [n, width])],
    source: sourceLine(),
    features: from,
  };
}

/** An input of a table's label (i32 class indices) or target (floats), one a row. */
export function labels(n: Dim, from: Table): InputDeclaration {
  const answer = checkTable("labels", from).columns.find((column) => column.at < 0);
  if (!answer)
    return reject("table", "the table has no label or target", "add a column of label([…]) or target()");
  const shape = [...checkShape("labels(…)", [n])];
  const source = sourceLine();
  return answer.kind === "label"
    ? { dtype: "i32", shape, source, limit: answer.values?.length ?? 0, labels: from }
    : { dtype: "f32", shape, source, labels: from };
}

/**
 * What the build sees of a features input: (x or its fill where missing − shift) · scale, with statistics that
 * are fitted on the training split and saved in the state.
 */
export function preparedFeatures(x: Value, { width }: Table, source: string): Value {
  const { states } = currentRun();
  const type = tensorType(floatType(), [width]);
  const state = (name: string, initial?: Value): Value => {
    const made = leaf("state", name, type);
    states.set(name, { leaf: made, initial });
    return made;
  };
  return builder().within({ layer: "table", source }, () => {
    const [fill, shift] = [state("table/fill"), state("table/shift")];
    const scale = state("table/scale", broadcastTo(scalar(1, type.dtype), type.shape));
    return mul(sub(where(isNaN(x), fill, x), shift), scale);
  });
}

/** The one table behind a model's inputs, or null. */
export function tableOf(inputs: Iterable<InputDeclaration>): TableSpec | null {
  const tables = new Set(
    [...inputs].flatMap((input) => [input.features, input.labels].filter((t) => t !== undefined)),
  );
  if (tables.size > 1) reject("table", "a model takes its features and labels from one table, found two");
  const [only] = tables;
  return only ? { columns: only.columns } : null;
}
