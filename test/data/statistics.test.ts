import { describe, expect, test } from "vitest";
import { applyColumn, fitCategories, fitColumn, modeOf, oneHot } from "../../src/data/index.ts";

describe("statistics of a column", () => {
  const column = [1, NaN, 4, 1, 10];

  test.each([
    ["mean", 4],
    ["median", 2.5],
    ["mode", 1],
    [-7, -7],
    [null, NaN],
  ] as const)("fills with %s: %d", (missing, fill) => expect(fitColumn(column, { missing }).fill).toBe(fill));

  test("median of an odd number of values", () =>
    expect(fitColumn([3, 1, 2], { missing: "median" }).fill).toBe(2));

  test("standard: the filled column has mean 0 and deviation 1", () => {
    const scaled = applyColumn([...column], fitColumn(column, { missing: "median", scale: "standard" }));
    expect(scaled.reduce((a, b) => a + b)).toBeCloseTo(0, 12);
    expect(scaled.reduce((a, b) => a + b * b, 0) / 5).toBeCloseTo(1, 12);
    // By hand: 2 and 4 have mean 3 and population deviation 1.
    expect(fitColumn([2, 4], { scale: "standard" })).toEqual({ fill: NaN, shift: 3, scale: 1 });
  });

  test("range: from 0 to 1", () => {
    expect(applyColumn([2, 4, 3], fitColumn([2, 4, 3], { scale: "range" }))).toEqual([0, 1, 0.5]);
  });

  test("a constant column keeps its scale", () => {
    expect(fitColumn([5, 5], { scale: "standard" })).toEqual({ fill: NaN, shift: 5, scale: 1 });
    expect(fitColumn([5, 5], { scale: "range" })).toEqual({ fill: NaN, shift: 5, scale: 1 });
  });

  test("a column without values", () => {
    expect(fitColumn([NaN], { missing: 3 }).fill).toBe(3);
    expect(() => fitColumn([NaN], { missing: "mean" })).toThrow(
      "the column has no value to fit statistics on",
    );
    expect(() => modeOf([])).toThrow("there is no value to take the most frequent of");
  });
});

describe("categories", () => {
  test("distinct, sorted, without the missing", () => {
    expect(fitCategories(["b", "", "a", "b", "B"])).toEqual(["B", "a", "b"]);
  });

  test("one-hot rows", () => {
    expect([...oneHot(["b", "", "a"], ["a", "b"])]).toEqual([0, 1, NaN, NaN, 1, 0]);
    expect(() => oneHot(["c"], ["a", "b"])).toThrow('"c" is none of the categories a, b');
  });

  test("the mode is the first among equals", () => expect(modeOf(["x", "y", "y", "x"])).toBe("x"));
});
