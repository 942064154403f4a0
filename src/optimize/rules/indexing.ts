import type { Value } from "../../ir/graph.ts";
import { maxOf, sizeOf } from "../../ir/type.ts";
import { dotGeneral, type DotAxes } from "../../ops/dot-general.ts";
import { scatterAdd, take } from "../../ops/gather.ts";
import { rule, type Rule, type RuleOptions } from "../rule.ts";
import { inputOf } from "../values.ts";

const axesOf = ({ node }: Value): DotAxes => node.attrs as unknown as DotAxes;
const lastBy = (k: number): DotAxes => ({ batchA: [], batchB: [], contractA: [k], contractB: [0] });

/** True for a product of the last axis of a and one axis of a matrix. */
const isRowwise = (product: Value): boolean => {
  const { batchA, contractA } = axesOf(product);
  const [a, b] = product.node.inputs.map(({ type }) => type.shape.length);
  return batchA.length === 0 && contractA.length === 1 && contractA[0] === a - 1 && b === 2;
};
/** True where a table of so many rows is looked up often enough that working on the table is less. */
const isOften = (rows: number, indices: Value): boolean => 2 * rows <= sizeOf(indices.type.shape);
const onRows = (taken: Value): boolean => taken.node.attrs["axis"] === 0;

const options = (types: readonly string[], kind: RuleOptions["class"]): RuleOptions => ({
  class: kind,
  types,
  anyAttrs: true,
  domain: [-9, 9],
});

/** Products of rows that an index names: of a small table, each row is multiplied once and not at every mention. */
export const indexing: readonly Rule[] = [
  rule(
    "x[i]·y = (x·y)[i]",
    (x, i, y) => dotGeneral(take(x, i, { axis: 0 }), y, lastBy(1)),
    (x, i, y, z) => {
      const fits = x.type.shape.length === 2 && onRows(inputOf(z)) && isRowwise(z);
      if (!fits || !isOften(maxOf(x.type.shape[0]), i)) return null;
      return take(dotGeneral(x, y, { ...axesOf(z), contractA: [1] }), i, { axis: 0 });
    },
    options(["f32[3,4]", "i32[6]", "f32[4,2]"], "exact"),
  ),
  rule(
    "Σᵢ g·y at i = (Σᵢ g at i)·y",
    (g, y, i) => scatterAdd(dotGeneral(g, y, lastBy(1)), i, { axis: 0, size: 3 }),
    (g, y, i, z) => {
      const product = inputOf(z);
      const size = z.node.attrs["size"] as number;
      const fits = g.type.shape.length === i.type.shape.length + 1 && onRows(z) && isRowwise(product);
      if (!fits || !isOften(size, i)) return null;
      return dotGeneral(scatterAdd(g, i, { axis: 0, size }), y, { ...axesOf(product), contractA: [1] });
    },
    { ...options(["f32[6,4]", "f32[4,2]", "i32[6]"], "rounding"), single: true },
  ),
  rule(
    "gᵀ·x[i] = (Σᵢ g at i)ᵀ·x",
    (g, x, i) =>
      dotGeneral(g, take(x, i, { axis: 0 }), { batchA: [], batchB: [], contractA: [0], contractB: [0] }),
    (g, x, i, z) => {
      const { batchA, contractA, contractB } = axesOf(z);
      const places = i.type.shape.map((_, k) => k);
      const all = [contractA, contractB].every((axes) => String(axes) === String(places));
      const ranks = x.type.shape.length === 2 && g.type.shape.length === places.length + 1;
      const size = maxOf(x.type.shape[0]);
      if (batchA.length > 0 || !all || !ranks || !onRows(inputOf(z, 1)) || !isOften(size, i)) return null;
      const first = { batchA: [], batchB: [], contractA: [0], contractB: [0] };
      return dotGeneral(scatterAdd(g, i, { axis: 0, size }), x, first);
    },
    options(["f32[6,4]", "f32[3,2]", "i32[6]"], "rounding"),
  ),
];
