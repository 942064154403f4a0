import { describe, expect, test } from "vitest";
import { columnTexts, readCsv, shuffle, split, type Table } from "../../src/data/index.ts";
import { randomBits } from "../../src/data/random.ts";
import { example } from "./files.ts";

const sizes = (parts: Record<string, Table>): number[] => Object.values(parts).map(({ rows }) => rows.length);
const counts = (table: Table, label: string): Record<string, number> =>
  Object.fromEntries(
    [...new Set(columnTexts(table, label))].map((name) => [
      name,
      columnTexts(table, label).filter((x) => x === name).length,
    ]),
  );

describe("split", () => {
  const iris = example("iris");

  test("stratified: each class in proportion, each row once, sizes exact", () => {
    const parts = split(iris, { label: "species", seed: 1 });
    expect(sizes(parts)).toEqual([105, 23, 22]);
    expect(counts(parts.train, "species")).toEqual({ setosa: 35, versicolor: 35, virginica: 35 });
    expect(counts(parts.test, "species")).toEqual({ setosa: 7, versicolor: 8, virginica: 7 });
    const lines = [...parts.train.lines, ...parts.validation.lines, ...parts.test.lines].sort(
      (a, b) => a - b,
    );
    expect(lines).toEqual(iris.lines);
  });

  test("rounding does not add up over many classes", () => {
    const parts = split(example("digits"), { label: "digit" });
    expect(sizes(parts)).toEqual([1258, 270, 269]);
  });

  test("equal seeds give equal parts, others do not", () => {
    const lines = (seed: number): readonly number[] => split(iris, { label: "species", seed }).test.lines;
    expect(lines(3)).toEqual(lines(3));
    expect(lines(3)).not.toEqual(lines(4));
  });

  test("a rare class is in each part where it has rows enough, else in training first", () => {
    const table = readCsv(`x,y\n${"1,a\n".repeat(20)}${"1,b\n".repeat(3)}1,c`);
    const parts = split(table, {
      by: "stratified",
      label: "y",
      fractions: { train: 0.8, validation: 0.1, test: 0.1 },
    });
    expect(
      Object.values(parts).map((part) => columnTexts(part, "y").filter((y) => y === "b").length),
    ).toEqual([1, 1, 1]);
    expect(counts(parts.train, "y").c).toBe(1);
  });

  test("chronological: the past before the future", () => {
    const {
      train,
      validation,
      test: last,
    } = split(example("seattle-weather"), {
      by: "chronological",
      fractions: { train: 0.8, test: 0.2 },
    });
    expect([train.rows.length, validation.rows.length, last.rows.length]).toEqual([1169, 0, 292]);
    expect(train.rows.at(-1)![0] < last.rows[0][0]).toBe(true);
  });

  test("random by default", () => {
    const { train } = split(iris, { seed: 5 });
    expect(train.rows.length).toBe(105);
    expect(train.lines).not.toEqual(iris.lines.slice(0, 105));
  });

  test("more rows than a function may have arguments", () => {
    const rows = Array.from({ length: 300_000 }, () => ["1"]);
    const table = { file: "t.csv", columns: ["x"], rows, lines: rows.map((_, i) => i + 2) };
    expect(sizes(split(table))).toEqual([210_000, 45_000, 45_000]);
  });

  test.each<[message: string, options: Parameters<typeof split>[1]]>([
    ["the fractions [0.5, 0, 0.4] are not shares of 1", { fractions: { train: 0.5, test: 0.4 } }],
    ["the fractions [0, 0, 1] are not shares of 1", { fractions: { test: 1 } }],
    ['the fractions ["1", 0, 0] are not shares of 1', { fractions: { train: "1" as never } }],
    ["the fractions [NaN, 0, 0] are not shares of 1", { fractions: { train: NaN } }],
    ["a stratified split needs the label column", { by: "stratified" }],
    [
      'there is no split by "stratify"\n  hint: known here: stratified, chronological, random',
      { by: "stratify" as never },
    ],
    ['has no column "specie"\n  hint: did you mean "species"?', { label: "specie" }],
  ])("refuses: %s", (message, options) => {
    expect(() => split(iris, options)).toThrow(message);
  });

  test("refuses a part without rows", () => {
    expect(() => split(readCsv("x\n1\n2"))).toThrow(
      "2 rows are too few: the validation part (0.15) would be empty",
    );
  });
});

describe("random numbers", () => {
  test("are the same in every engine and for ever", () => {
    const next = randomBits(0);
    expect([next(), next(), next()]).toEqual([1144304738, 1416247, 958946056]);
  });

  test("a shuffle keeps every item", () => {
    const items = shuffle(
      Int32Array.from({ length: 100 }, (_, i) => i),
      7,
    );
    expect([...items]).not.toEqual([...items].sort((a, b) => a - b));
    expect(items.toSorted()).toEqual(Int32Array.from({ length: 100 }, (_, i) => i));
  });
});
