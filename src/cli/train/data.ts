import { fail, invariant } from "../../base/errors.ts";
import {
  checkClasses,
  clean,
  columnTexts,
  encodeColumns,
  encodeTable,
  fitCategories,
  fitTable,
  parseNumber,
  readCsv,
  split,
  type Batch,
  type CleanReport,
  type Table,
  type TableStatistics,
} from "../../data/index.ts";
import { columnsText } from "../../data/table.ts";
import type { Disk } from "../../disk.ts";
import type { TrainFlags } from "./flags.ts";
import { withOptionHints } from "./hints.ts";
import type { Generated, Spec } from "./module.ts";

/** A data set ready for training: three parts, and what was learned from the training part alone. */
export interface Prepared {
  readonly train: Batch;
  readonly validation: Batch | undefined;
  readonly test: Batch;
  readonly statistics: TableStatistics | undefined;
  /** The names of the classes, in the order of their numbers; empty for a regression. */
  readonly classes: readonly string[];
  readonly rows: number;
  readonly report: CleanReport;
  /** How the rows were divided. */
  readonly by: "stratified" | "chronological" | "random";
  readonly label: string | undefined;
}

/** Reads the file, cleans it, divides it, and encodes each part. */
export function prepare(
  disk: Disk,
  file: string,
  { spec, encodeRow }: Generated,
  flags: TrainFlags,
): Prepared {
  const raw = readCsv(disk.readBytes(file), {
    file: disk.shown(file),
    missing: flags.missing,
    keepRagged: flags.dropBroken,
  });
  const label = labelColumn(spec, raw, flags.label);
  const { table, report } = clean(raw, {
    duplicates: flags.dropDuplicates,
    broken: flags.dropBroken,
    spec: spec.table ?? undefined,
  });
  const classes = classesOf(spec, table, label);
  if (classes.length > 0 && label !== undefined) checkClasses(table, label);
  const by = flags.split ?? (classes.length > 0 ? "stratified" : "random");
  // Held-out rows are rounded up, as in scikit-learn: 20 % of 1,797 rows are 360.
  const held = (share: number): number => Math.ceil(share * table.rows.length - 1e-9) / table.rows.length;
  const [test, validation] = [held(flags.test), held(flags.validation)];
  const parts = split(table, {
    fractions: { train: 1 - test - validation, validation, test },
    by,
    label,
    seed: flags.seed,
  });
  const hinted = <Result>(read: () => Result): Result => withOptionHints(table, spec.table === null, read);
  const encode = (part: Table): Batch => {
    if (!spec.table)
      return encodeColumns(spec, part, { label, classes: isText(table, label) ? classes : undefined });
    invariant(encodeRow, `the module of "${spec.name}" has no encodeRow`);
    return encodeTable(spec, part, encodeRow);
  };
  return {
    train: hinted(() => encode(parts.train)),
    validation: validation > 0 ? hinted(() => encode(parts.validation)) : undefined,
    test: hinted(() => encode(parts.test)),
    statistics: spec.table ? fitTable(spec.table, parts.train) : undefined,
    classes,
    rows: table.rows.length,
    report,
    by,
    label,
  };
}

/** Names under which a label column is found without being told. */
const usualNames = ["label", "class", "target", "digit", "species"];

/** The column to predict: told, declared by the model's table, or found by its name. */
function labelColumn(spec: Spec, table: Table, told: string | undefined): string | undefined {
  if (spec.table) {
    const declared = spec.table.columns.find(({ at }) => at < 0)?.name;
    if (told !== undefined && told !== declared) {
      fail("label-mismatch", `the model's table predicts "${declared ?? "nothing"}", not "${told}"`, {
        hint: "leave --label out, or change the table in the model file",
      });
    }
    return declared;
  }
  if (told !== undefined || spec.inputs.length < 2) return told;
  const input = spec.inputs.find(({ limit }) => limit !== null) ?? spec.inputs[1];
  if (table.columns.includes(input.name)) return input.name;
  const found = table.columns.filter((name) => usualNames.includes(name.toLowerCase()));
  if (found.length === 1) return found[0];
  return fail(
    "no-label",
    `input "${input.name}" needs a label column, and none of ${table.file} is called so`,
    {
      hint: `name it with --label; columns: ${columnsText(table.columns)}`,
    },
  );
}

/** The names of the classes of a classifier; a label of numbers names each class by its number. */
function classesOf(spec: Spec, table: Table, label: string | undefined): readonly string[] {
  const column = spec.table?.columns.find(({ kind }) => kind === "label");
  if (column?.kind === "label") return column.values;
  const limit = spec.inputs.find((input) => input.limit !== null && input.dtype === "i32")?.limit;
  if (spec.table || label === undefined || limit === undefined || limit === null) return [];
  if (isText(table, label)) return fitCategories(columnTexts(table, label));
  return Array.from({ length: limit }, (_, k) => String(k));
}

/** Whether a label column names its classes: at least one value is no number. */
const isText = (table: Table, label: string | undefined): boolean =>
  label !== undefined &&
  columnTexts(table, label).some((text) => text !== "" && parseNumber(text) === undefined);
