import { describe, expect, test } from "vitest";
import {
  checkClasses,
  encodeColumns,
  encodeTable,
  fitCategories,
  fitTable,
  readCsv,
  clean,
  columnTexts,
  type DataSpec,
  type TableSpec,
} from "../../src/data/index.ts";
import { example } from "./files.ts";

const table = {
  columns: [
    { name: "bill_length_mm", kind: "number", missing: "mean", scale: "standard", at: 0, width: 1 },
    { name: "body_mass_g", kind: "number", missing: 4000, scale: "range", at: 1, width: 1 },
    { name: "sex", kind: "category", values: ["FEMALE", "MALE"], missing: "mode", at: 2, width: 2 },
    { name: "species", kind: "label", values: ["Adelie", "Chinstrap", "Gentoo"], at: -1, width: 0 },
  ],
} as const satisfies TableSpec;
const spec = {
  inputs: [
    { name: "x", dtype: "f32", shape: ["n", 4], limit: null },
    { name: "y", dtype: "i32", shape: ["n"], limit: 3 },
  ],
  table,
} as const satisfies DataSpec;

interface Row {
  readonly bill_length_mm: number | null;
  readonly body_mass_g: number | null;
  readonly sex: "FEMALE" | "MALE" | null;
}
/** As a generated module writes it for this table. */
function encodeRow(row: Row, x: Float32Array, i: number): void {
  x[i * 4] = row.bill_length_mm ?? NaN;
  x[i * 4 + 1] = row.body_mass_g ?? NaN;
  x[i * 4 + 2] = row.sex === null ? NaN : Number(row.sex === "FEMALE");
  x[i * 4 + 3] = row.sex === null ? NaN : Number(row.sex === "MALE");
}
const penguins = example("penguins");

describe("a model with a table", () => {
  test("statistics are those of the filled columns", () => {
    const { fill, shift, scale } = fitTable(table, penguins);
    const bills = columnTexts(penguins, "bill_length_mm").filter(Boolean).map(Number);
    const mean = bills.reduce((a, b) => a + b) / bills.length;
    const variance = bills.reduce((sum, x) => sum + (x - mean) ** 2, 0) / penguins.rows.length;
    expect(fill[0]).toBeCloseTo(mean, 10);
    expect(shift[0]).toBeCloseTo(mean, 10);
    expect(scale[0]).toBeCloseTo(1 / Math.sqrt(variance), 10);
    expect([fill[1], shift[1], scale[1]]).toEqual([4000, 2700, 1 / 3600]);
    expect([...fill.slice(2), ...shift.slice(2), ...scale.slice(2)]).toEqual([0, 1, 0, 0, 1, 1]);
  });

  test("columns without a rule are filled with NaN", () => {
    const plain: TableSpec = {
      columns: [
        { name: "x", kind: "number", missing: "drop", scale: null, at: 0, width: 1 },
        { name: "c", kind: "category", values: ["a", "b"], at: 1, width: 2 },
        { name: "y", kind: "target", at: -1, width: 0 },
      ],
    };
    expect(fitTable(plain, readCsv("x,c,y\n1,a,2"))).toEqual({
      fill: new Float64Array([NaN, NaN, NaN]),
      shift: new Float64Array(3),
      scale: new Float64Array([1, 1, 1]),
    });
  });

  test("features through encodeRow, labels by their place among the values", () => {
    const { inputs, n } = encodeTable(spec, penguins, encodeRow);
    expect([n, inputs[0].length, inputs[1].length]).toEqual([344, 4 * 344, 344]);
    expect(inputs[0].subarray(0, 4)).toEqual(new Float32Array([39.1, 3750, 0, 1]));
    expect([...inputs[0].subarray(12, 16)]).toEqual([NaN, NaN, NaN, NaN]);
    expect(inputs[1]).toEqual(
      Int32Array.from(columnTexts(penguins, "species"), (name) =>
        ["Adelie", "Chinstrap", "Gentoo"].indexOf(name),
      ),
    );
  });

  test("targets are numbers, in the model's dtype; one input alone takes features only", () => {
    const columns = [
      { name: "a", kind: "number", missing: null, scale: null, at: 0, width: 1 },
      { name: "b", kind: "target", at: -1, width: 0 },
    ] as const satisfies TableSpec["columns"];
    const x = { name: "x", dtype: "f64", shape: ["n", 1], limit: null } as const;
    const y = { name: "y", dtype: "f64", shape: ["n", 1], limit: null } as const;
    const row = ({ a }: { a: number }, to: Float64Array, i: number): void => void (to[i] = a);
    const rows = readCsv("b,a\n1.5,2\n-3,4");
    expect(encodeTable({ inputs: [x, y], table: { columns } }, rows, row).inputs).toEqual([
      new Float64Array([2, 4]),
      new Float64Array([1.5, -3]),
    ]);
    expect(encodeTable({ inputs: [x], table: { columns } }, rows, row).inputs).toEqual([
      new Float64Array([2, 4]),
    ]);
  });

  const row = (bill: string, sex: string, species: string): string =>
    `bill_length_mm,body_mass_g,sex,species\n1,1,MALE,Adelie\n${bill},1,${sex},${species}`;

  test.each([
    [
      "1.5kg",
      "MALE",
      "Gentoo",
      'column 1 ("bill_length_mm") holds "1.5kg", which is not a number\n  at p.csv, line 3, column 1 ("bill_length_mm")\n  hint: write a plain decimal number',
    ],
    [
      "1",
      "MALES",
      "Gentoo",
      'column 3 ("sex") holds "MALES", which is none of its values\n  at p.csv, line 3, column 3 ("sex")\n  hint: did you mean "MALE"?',
    ],
    ["1", "MALE", "Gento", 'column 4 ("species") holds "Gento"'],
    ["1", "MALE", "", 'column 4 ("species") is empty, but it is what the model learns'],
  ])("names file, line, column and text: %s, %s, %s", (bill, sex, species, message) => {
    const broken = readCsv(row(bill, sex, species), { file: "p.csv" });
    expect(() => fitTable(table, broken)).toThrow(message);
    expect(() => encodeTable(spec, broken, encodeRow)).toThrow(message);
  });

  test.each([
    [
      { name: "x", kind: "number", missing: null, at: 0, width: 1 },
      'is empty\n  at t.csv, line 3, column 1 ("x")\n  hint: declare the column with missing: "mean"',
    ],
    [
      { name: "x", kind: "category", values: ["1"], at: 0, width: 1 },
      'hint: declare the column with missing: "mode" or "drop"',
    ],
    [
      { name: "x", kind: "number", missing: "drop", at: 0, width: 1 },
      "hint: clean the table with the model's spec first",
    ],
  ] as const)("a missing value needs a rule: %o", (column, message) => {
    expect(() => fitTable({ columns: [column] }, readCsv("x,y\n1,1\n,1", { file: "t.csv" }))).toThrow(
      message,
    );
  });

  test("a column that is empty throughout has no statistics, but may have a constant", () => {
    const column = { name: "x", kind: "number", scale: null, at: 0, width: 1 } as const;
    const empty = readCsv("x,y\n,1\n,1", { file: "t.csv" });
    expect(() => fitTable({ columns: [{ ...column, missing: "mean" }] }, empty)).toThrow(
      't.csv: column "x" has no value to fit on',
    );
    expect(fitTable({ columns: [{ ...column, missing: 2 }] }, empty).fill).toEqual(new Float64Array([2]));
  });

  test("one class, unknown columns, no table", () => {
    const one = readCsv(row("1", "MALE", "Adelie"), { file: "p.csv" });
    expect(() => fitTable(table, one)).toThrow(
      'p.csv: column "species" holds only "Adelie"; there is nothing to tell apart',
    );
    expect(() => fitTable(table, example("iris"))).toThrow('iris.csv has no column "bill_length_mm"');
    expect(() => encodeTable({ ...spec, table: null }, penguins, encodeRow)).toThrow(
      "the model declares no table",
    );
  });
});

describe("a model without a table", () => {
  const digits = example("digits");
  const x = { name: "x", dtype: "f32", shape: ["n", 8, 8], limit: null } as const;
  const y = { name: "y", dtype: "i32", shape: ["n"], limit: 10 } as const;
  const plain = (inputs: DataSpec["inputs"]): DataSpec => ({ inputs, table: null });

  test("takes all columns but the label, in order, whatever the order of its inputs", () => {
    const { inputs, n } = encodeColumns(plain([x, y]), digits, { label: "digit" });
    expect([n, inputs[0].length]).toEqual([1797, 64 * 1797]);
    expect([...inputs[0].subarray(0, 6), inputs[1][0]]).toEqual([0, 0, 5, 13, 9, 1, 0]);
    expect(encodeColumns(plain([y, x]), digits, { label: "digit" }).inputs).toEqual([inputs[1], inputs[0]]);
  });

  test("text labels by their classes", () => {
    const iris = example("iris");
    const classes = fitCategories(columnTexts(iris, "species"));
    const of4 = plain([{ ...x, shape: ["n", 4] }, y]);
    const { inputs } = encodeColumns(of4, iris, { label: "species", classes });
    expect([inputs[1][0], inputs[1][149]]).toEqual([0, 2]);
    expect(() => encodeColumns(of4, iris, { label: "species" })).toThrow("declare the classes with a table");
    expect(() => encodeColumns(of4, iris, { label: "species", classes: ["setos"] })).toThrow(
      'did you mean "setos"?',
    );
  });

  test("a label that the model ignores, and no other beyond its limit", () => {
    const inputs = plain([{ ...x, shape: ["n", 1] }, { ...y, limit: 3, allowed: -1 }]); // prettier-ignore
    const of = (label: number) => encodeColumns(inputs, readCsv(`a,b\n1,2\n1,${label}`), { label: "b" });
    expect([...of(-1).inputs[1]]).toEqual([2, -1]);
    for (const label of [3, -2]) {
      expect(() => of(label)).toThrow(`holds the label "${label}", but the model knows 0 to 2`);
    }
  });

  test("numbers to predict, and no label at all", () => {
    const target = { ...y, dtype: "f32", limit: null };
    const rows = readCsv("a,b\n1,2.5");
    expect(encodeColumns(plain([{ ...x, shape: ["n", 1] }, target]), rows, { label: "b" }).inputs).toEqual([
      new Float32Array([1]),
      new Float32Array([2.5]),
    ]);
    expect(encodeColumns(plain([{ ...x, shape: ["n", 2] }]), rows).inputs).toEqual([
      new Float32Array([1, 2.5]),
    ]);
  });

  test("labels out of range", () => {
    const of1 = plain([{ ...x, shape: ["n", 1] }, y]);
    for (const label of ["10", "-1", "1.5"]) {
      expect(() =>
        encodeColumns(of1, readCsv(`a,y\n1,0\n1,${label}`, { file: "t.csv" }), { label: "y" }),
      ).toThrow(
        `column 2 ("y") holds the label "${label}", but the model knows 0 to 9\n  at t.csv, line 3, column 2 ("y")`,
      );
    }
  });

  test("a long text is quoted from its beginning only", () => {
    const of1 = plain([{ ...x, shape: ["n", 1] }]);
    expect(() => encodeColumns(of1, readCsv(`a\n${"z".repeat(1e6)}`))).toThrow(
      `holds "${"z".repeat(60)}…", which`,
    );
  });

  test("text and gaps among numbers", () => {
    const of2 = plain([{ ...x, shape: ["n", 2] }]);
    expect(() => encodeColumns(of2, readCsv("a,b\n1,x"))).toThrow(
      'column 2 ("b") holds "x", which is not a number',
    );
    expect(() => encodeColumns(of2, readCsv("a,b\n1,"))).toThrow('column 2 ("b") is empty');
    expect(clean(readCsv("a,b\n1,\n1,2"), { missing: ["b"] }).table.rows).toEqual([["1", "2"]]);
  });

  test.each<[message: string, inputs: DataSpec["inputs"], label: string | undefined]>([
    ['has no column "digits"\n  hint: did you mean "digit"?', [x, y], "digits"],
    ['input "y" needs a label column', [x, y], undefined],
    ["the model has 3 inputs", [x, x, y], "digit"],
    ["the model has 0 inputs", [], "digit"],
    [
      'input "x" is f32 [n,63], but the table has 64 columns for it',
      [{ ...x, shape: ["n", 63] }, y],
      "digit",
    ],
    [
      'input "x" is f32 [2,64], which has no batch dimension\n  hint: use batch(2)',
      [{ ...x, shape: [2, 64] }, y],
      "digit",
    ],
    ['input "x" is f16 [n,8,8], but', [{ ...x, dtype: "f16" }, y], "digit"],
  ])("refuses: %s", (message, inputs, label) => {
    expect(() => encodeColumns(plain(inputs), digits, { label })).toThrow(message);
  });

  test("one class", () => {
    expect(() => checkClasses(readCsv("a,y\n1,3\n2,3", { file: "t.csv" }), "y")).toThrow(
      't.csv: column "y" holds only "3"',
    );
    expect(() => checkClasses(digits, "digit")).not.toThrow();
  });
});

test("a model with a table is not encoded by plain columns", () => {
  expect(() => encodeColumns(spec, example("penguins"), { label: "species" })).toThrow(
    "this model declares a table: use encodeTable(spec, table, encodeRow)",
  );
});

test("the statistics take the spec or its table, and nothing else", () => {
  const penguins = example("penguins");
  expect(fitTable(spec, penguins)).toEqual(fitTable(table, penguins));
  for (const wrong of [{ inputs: [], table: null }, {}, null]) {
    expect(() => fitTable(wrong as unknown as TableSpec, penguins)).toThrow(
      "fitTable needs the spec of a module whose model declares a table",
    );
  }
});

test("inputs that functions alone read are no part of the data", () => {
  const coded = {
    inputs: [
      { name: "code", dtype: "f32", shape: ["n", 8], limit: null },
      { name: "x", dtype: "f32", shape: ["n", 2], limit: null },
    ],
    evaluates: ["x"],
    table: null,
  } as const satisfies DataSpec;
  const { inputs, n } = encodeColumns(coded, readCsv(new TextEncoder().encode("a,b\n1,2\n3,4\n")));
  expect({ inputs, n }).toEqual({ inputs: [Float32Array.of(1, 2, 3, 4)], n: 2 });
});
