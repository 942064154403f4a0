import { expect, test } from "vitest";
import { clean, readCsv, type TableSpec } from "../../src/data/index.ts";
import { example } from "./files.ts";

const spec: TableSpec = {
  columns: [
    { name: "x", kind: "number", missing: "drop", scale: null, at: 0, width: 1 },
    { name: "c", kind: "category", values: ["red", "blue"], missing: "mode", at: 1, width: 2 },
    { name: "y", kind: "label", values: ["no", "yes"], at: -1, width: 0 },
  ],
};
const table = readCsv(
  "x,c,y\n1,red,no\n1,red,no\n2,,yes\n,red,no\n1kg,red,no\n3,rad,no\n4,red,\n5,red\n6,red,yes,1\n",
  {
    keepRagged: true,
  },
);

test("drops and reports what was asked for", () => {
  const { table: cleaned, report } = clean(table, { duplicates: true, broken: true, spec });
  expect(cleaned.lines).toEqual([2, 4]);
  expect(report).toEqual({
    duplicates: 1,
    missing: 1,
    lostClasses: [],
    broken: [
      { line: 6, reason: 'column 1 ("x") holds "1kg", which is not a number' },
      { line: 7, reason: 'column 2 ("c") holds "rad", which is none of its values' },
      { line: 8, reason: 'column 3 ("y") is empty, but it is what the model learns' },
      { line: 9, reason: "expected 3 fields, found 2" },
      { line: 10, reason: "expected 3 fields, found 4" },
    ],
  });
});

test("tells the classes that lost all their rows, whatever they were dropped for", () => {
  const { report } = clean(readCsv("x,c,y\n1kg,red,yes\n,red,yes\n1,red,no\n2,rad,no\n"), {
    broken: true,
    spec,
  });
  expect(report.broken.length).toBe(2);
  expect(report.lostClasses).toEqual([{ name: "yes", rows: 2 }]);
  // A class of which there were no rows has lost none.
  expect(clean(readCsv("x,c,y\n1,red,no\n"), { broken: true, spec }).report.lostClasses).toEqual([]);
});

test("touches nothing that was not asked for", () => {
  expect(clean(table, {})).toEqual({
    table,
    report: { duplicates: 0, broken: [], missing: 0, lostClasses: [] },
  });
});

test("drops rows with missing values in named columns", () => {
  const { table: whole, report } = clean(example("penguins"), { missing: ["bill_length_mm", "sex"] });
  expect([whole.rows.length, report.missing]).toEqual([333, 11]);
});

test("iris has one repeated flower", () => {
  expect(clean(example("iris"), { duplicates: true }).report.duplicates).toBe(1);
});

test("refuses to drop everything, and unknown columns", () => {
  const empty = readCsv("x,c,y\n,red,no", { file: "t.csv" });
  expect(() => clean(empty, { spec })).toThrow("t.csv: cleaning dropped all 1 rows");
  expect(() => clean(empty, { missing: ["z"] })).toThrow('t.csv has no column "z"');
});
