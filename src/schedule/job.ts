import { fault } from "../base/errors.ts";
import { e, type Expr } from "../ir/expr.ts";
import type { Node, Value } from "../ir/graph.ts";
import { indexAxis, indexConstant, type Axis, type Index } from "../ir/index.ts";
import { roomOf, type OpTable, type Reduction } from "../ir/op.ts";
import type { Dim, Shape } from "../ir/type.ts";
import type { Instance } from "./flatten.ts";
import { coordinates, loadsOf, type Inliner } from "./inline.ts";

export type Load = Expr & { readonly kind: "load" };

/**
 * The work of computing one kept value. Its points are `space`: the axes that the value keeps first, then those
 * that a reduction folds. Extents of 1 are left out.
 */
export interface Job {
  readonly value: Value;
  readonly node: Node;
  readonly kind: "each" | "fold" | "core" | "nest";
  /** The scan in whose body the value is computed. */
  readonly within: Instance | null;
  readonly space: Shape;
  /** How many leading axes of `space` the value keeps. */
  readonly kept: number;
  readonly reduction: Reduction | null;
  /**
   * The value at a point of `space`, of the element itself or of what is folded, with the first `depth` axes as the
   * kernel's outer axes and the rest as inner ones. What was asked for once is known.
   */
  readonly formula: (depth: number) => Expr;
  /** Everything that is read from kept values for it. */
  readonly loads: (depth: number) => readonly Load[];
}

function byDepth<T>(make: (depth: number) => T): (depth: number) => T {
  const known = new Map<number, T>();
  return (depth) => {
    const found = known.get(depth) ?? make(depth);
    known.set(depth, found);
    return found;
  };
}

/** A formula by depth, from a formula by points of a space, and what it reads. */
function formulaBy(space: Shape, at: (point: readonly Index[]) => Expr): Pick<Job, "formula" | "loads"> {
  const formula = byDepth((depth) => at(pointOf(space, depth)));
  return { formula, loads: byDepth((depth) => loadsIn([formula(depth)])) };
}

function loadsIn(exprs: readonly Expr[]): Load[] {
  const loads: Load[] = [];
  for (const expr of exprs) loadsOf(expr, (load) => loads.push(load));
  return loads;
}

const large = (dim: Dim): boolean => dim !== 1;

export function jobOf(value: Value, within: Instance | null, ops: OpTable, inliner: Inliner): Job {
  const { node } = value;
  const { lower } = roomOf(ops, node.op);
  const { shape } = value.type;
  if (lower.kind === "reduce") return foldJob(value, within, lower.reduce, inliner);
  const space = shape.filter(large);
  const common = { value, node, within, space, kept: space.length, reduction: null };
  if (lower.kind !== "template" && lower.kind !== "nest") {
    const at = (point: readonly Index[]): Expr => inliner.formula(value, coordinates(shape, point));
    return { ...common, kind: "each", ...formulaBy(space, at) };
  }
  const formula = (): never => fault(`${node.op} has no formula`);
  const isCore = lower.kind === "template";
  const loads = byDepth(() => (isCore ? coreLoads(value, space, inliner) : node.inputs.map(wholeLoad)));
  return { ...common, kind: isCore ? "core" : "nest", formula, loads };
}

/** What a template reads at a point of its space and of its depth. */
function coreLoads({ node, type }: Value, space: Shape, inliner: Inliner): Load[] {
  const point = coordinates(type.shape, outerAxes(space).map(indexAxis));
  return loadsIn(inliner.operands(node, point, innerAxes(inliner.depth(node)).map(indexAxis)));
}

/** A value that is read all over. */
const wholeLoad = (value: Value): Load => ({
  kind: "load",
  from: value,
  at: value.type.shape.map(() => indexConstant(0)),
  dtype: value.type.dtype,
});

/** The axes of what a reduction reads, but those of extent 1: in place, those that stay, and these before the folded. */
function foldOrder({ inputs, attrs }: Node) {
  const { shape } = inputs[0].type;
  const axes = attrs["axes"] as readonly number[];
  const positions = shape.map((_, k) => k).filter((k) => large(shape[k]));
  const keptAxes = positions.filter((k) => !axes.includes(k));
  // Kept axes come first, so that the folded ones are the inner loops whatever their place in memory.
  return { positions, keptAxes, order: [...keptAxes, ...positions.filter((k) => axes.includes(k))] };
}

/** The element that a reduction reads at a point of its space. */
export function foldedAt(node: Node, point: readonly Index[]): Index[] {
  const { positions, order } = foldOrder(node);
  const byPosition = positions.map((k) => point[order.indexOf(k)]);
  return coordinates(node.inputs[0].type.shape, byPosition);
}

function foldJob(value: Value, within: Instance | null, reduction: Reduction, inliner: Inliner): Job {
  const { node } = value;
  const input = node.inputs[0];
  const { shape } = input.type;
  const { positions, keptAxes, order } = foldOrder(node);
  const space = order.map((k) => shape[k]);
  const read = formulaBy(space, (point) => inliner.at(input, foldedAt(node, point)));
  // A fold over nothing but extents of 1 is the element itself, and its place is 0.
  if (keptAxes.length === positions.length) {
    const picks = reduction === "argMax" || reduction === "argMin";
    const { dtype } = value.type;
    const alone = picks ? formulaBy(space, () => e.constant(0, dtype)) : read;
    return {
      value,
      node,
      kind: "each",
      within,
      space: keptAxes.map((k) => shape[k]),
      kept: keptAxes.length,
      reduction: null,
      ...alone,
    };
  }
  return {
    value,
    node,
    kind: "fold",
    within,
    space,
    kept: keptAxes.length,
    reduction,
    ...read,
  };
}

const outerNames = ["i", "j", "h", "g"];
const innerNames = ["k", "m", "q", "r"];
const axisNamed =
  (names: readonly string[]) =>
  (extent: Dim, k: number): Axis => ({ name: names[k] ?? `${names[0]}${k}`, extent });
/** Axis names are canonical by position, so that jobs of one kernel agree on them without being told. */
export const outerAxes = (dims: Shape): Axis[] => dims.map(axisNamed(outerNames));
export const innerAxes = (dims: Shape): Axis[] => dims.map(axisNamed(innerNames));

export const pointOf = (space: Shape, depth: number): Index[] => [
  ...outerAxes(space.slice(0, depth)).map(indexAxis),
  ...innerAxes(space.slice(depth)).map(indexAxis),
];
/** Coordinates of the job's own value under those axes. */
export const ownCoordinates = (job: Job, depth: number): Index[] =>
  coordinates(job.value.type.shape, pointOf(job.space, depth).slice(0, job.kept));

/** A job that copies a kept value; its own value stands in no graph. */
export function copyOf(source: Value, within: Instance | null, inliner: Inliner, copies: Job[]): Value {
  const value: Value = { node: source.node, index: source.index, type: source.type };
  const space = source.type.shape.filter((dim) => dim !== 1);
  const at = (point: readonly Index[]): Expr => inliner.at(source, coordinates(source.type.shape, point));
  copies.push({
    value,
    node: source.node,
    kind: "each",
    within,
    space,
    kept: space.length,
    reduction: null,
    ...formulaBy(space, at),
  });
  return value;
}
