import { describe, expect, test } from "vitest";
import {
  batches,
  clean,
  columnIndex,
  columnTexts,
  encodeColumns,
  fitColumn,
  parseNumber,
  readCsv,
  readIdx,
  split,
} from "../../src/data/index.ts";
import { example } from "./files.ts";

describe("parseNumber", () => {
  test.each([
    ["0", 0],
    ["-1.50", -1.5],
    ["+2.", 2],
    [".5", 0.5],
    ["1e3", 1000],
    ["1.5E-2", 0.015],
  ])("%s is a number", (text, value) => expect(parseNumber(text)).toBe(value));

  test.each([
    "",
    " 1",
    "1 ",
    "0x10",
    "1.5kg",
    "Infinity",
    "NaN",
    "1e999",
    "--1",
    ".",
    "e5",
    "1,5",
    "1_000",
    "１",
  ])("%j is none", (text) => expect(parseNumber(text)).toBeUndefined());
});

describe("readCsv", () => {
  test("reads the example tables whole", () => {
    const sizes = ["iris", "digits", "penguins", "seattle-weather"].map((name) => {
      const { columns, rows, lines } = example(name);
      return [columns.length, rows.length, lines[0], lines.at(-1)];
    });
    expect(sizes).toEqual([
      [5, 150, 2, 151],
      [65, 1797, 2, 1798],
      [7, 344, 2, 345],
      [6, 1461, 2, 1462],
    ]);
  });

  test("counts lines through quotes, blank lines and mixed line ends", () => {
    const table = readCsv('\uFEFFa,"b ""x"""\r\n1,"two\r\nlines"\n\n3,4\r5,6');
    expect(table.columns).toEqual(["a", 'b "x"']);
    expect(table.rows).toEqual([
      ["1", "two\nlines"],
      ["3", "4"],
      ["5", "6"],
    ]);
    expect(table.lines).toEqual([2, 5, 6]);
  });

  test("takes bytes, another delimiter, and texts that mean missing", () => {
    const bytes = new TextEncoder().encode("a;b\nNA;?\n1;ü");
    expect(readCsv(bytes, { delimiter: ";", missing: ["NA", "?"] }).rows).toEqual([
      ["", ""],
      ["1", "ü"],
    ]);
  });

  test("names such as __proto__ are columns like any other", () => {
    expect(columnTexts(readCsv("__proto__,toString\n1,2"), "__proto__")).toEqual(["1"]);
  });

  test.each<[message: string, source: string | Uint8Array]>([
    ["t.csv: the file is empty\n  at t.csv", ""],
    ["t.csv: the file is empty\n  at t.csv", "\n\n"],
    ["t.csv: there is a header line, but no row\n  at t.csv, line 2", "\na,b\n"],
    ["t.csv: the file is not UTF-8 text\n  at t.csv\n  hint: save it as UTF-8", new Uint8Array([0xff, 0xfe])],
    ["t.csv: column 2 has no name\n  at t.csv, line 1, column 2", "a,\n1,2"],
    [
      't.csv: two columns are named "a"\n  at t.csv, line 1, column 3\n  hint: rename one of them',
      "a,b,a\n1,2,3",
    ],
    [
      "t.csv: expected 2 fields, found 3\n  at t.csv, line 3, column 3\n  hint: mend the row or drop broken rows",
      "a,b\n1,2\n1,2,3",
    ],
    [
      "t.csv: expected 2 fields, found 1\n  at t.csv, line 2, column 2\n  hint: mend the row or drop broken rows",
      "a,b\n1",
    ],
    ["t.csv: quoted field unterminated\n  at t.csv, line 2", 'a,b\n1,"2'],
    ["t.csv: trailing quote on quoted field is malformed\n  at t.csv, line 2", 'a,b\n1,"2"3\n'],
  ])("refuses: %s", (message, source) => {
    expect(() => readCsv(source, { file: "t.csv" })).toThrow(
      expect.objectContaining({ code: "bad-csv", message }) as Error,
    );
  });

  test("an unknown column is answered with the nearest", () => {
    expect(() => columnIndex(example("iris"), "specis")).toThrow(
      'iris.csv has no column "specis"\n  hint: did you mean "species"?',
    );
  });
});

test.each([
  [
    "a;b\n1;2\n",
    'the header is one column that contains semicolons (";")\n  at t.csv, line 1\n  hint: fields must',
  ],
  [
    "\na\tb\n1\t2\n",
    "the header is one column that contains tabs\n  at t.csv, line 2\n  hint: fields must be",
  ],
  ['"a";"b"\n"1";"2"\n', 'the header is one column that contains semicolons (";")'],
])("refuses a file whose fields commas do not separate: %j", (text, message) => {
  expect(() => readCsv(text, { file: "t.csv" })).toThrow(message);
});

test("a column that is not there: of many columns the hint shows the first and the last", () => {
  const header = [...Array.from({ length: 30 }, (_, k) => `pixel_${k}`), "species"].join(",");
  const table = readCsv(`${header}\n${"0,".repeat(30)}a\n`, { file: "t.csv" });
  expect(() => columnIndex(table, "y")).toThrow(/\n {2}hint: columns: pixel_0, .*pixel_11, …, species$/);
  expect(() => columnIndex(table, "specis")).toThrow('hint: did you mean "species"?');
});

const text = "a,b\n1,0\n";
const table = readCsv(text);
const rows = { inputs: [new Float32Array(2)], n: 2 };
const columns = {
  inputs: [
    { name: "x", dtype: "f32", shape: ["n", 1], limit: null },
    { name: "y", dtype: "i32", shape: ["n"], limit: 2 },
  ],
  table: null,
};
test.each<[message: string, call: (options: object) => unknown, options: object]>([
  [
    'readCsv has no option "mising"\n  hint: did you mean "missing"?',
    (o) => readCsv(text, o),
    { mising: ["NA"] },
  ],
  ['readIdx has no option "fil"', (o) => readIdx(new Uint8Array(4), o), { fil: "a" }],
  ['split has no option "labl"', (o) => split(table, o), { labl: "a" }],
  ['fractions of split has no option "valid"', (o) => split(table, o), { fractions: { train: 0.9, valid: 0.1 } }],
  ['clean has no option "duplicate"\n  hint: did you mean "duplicates"?', (o) => clean(table, o), { duplicate: true }],
  ['batches has no option "dropLats"', (o) => batches(rows, o as never), { size: 1, dropLats: true }],
  ["batches takes its options as an object, found 32", () => batches(rows, 32 as never), {}],
  ['encodeColumns has no option "lable"', (o) => encodeColumns(columns, table, o), { label: "b", lable: "b" }],
  ['encodeColumns takes its options as an object, found "b"', () => encodeColumns(columns, table, "b" as never), {}],
  ['fitColumn has no option "scal"', (o) => fitColumn([1, 2], o), { scal: "range" }],
  ["fitColumn takes its options as an object, found null", () => fitColumn([1], null as never), {}],
])("refuses: %s", (message, call, options) => {
  expect(() => call(options)).toThrow(message);
}); // prettier-ignore

test("missing texts that are no list are refused", () => {
  expect(() => readCsv(text, { missing: "NA" } as object)).toThrow(/missing as a list of texts, found "NA"/);
});
