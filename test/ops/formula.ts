import { fault, invariant } from "../../src/base/errors.ts";
import type { Expr, ScalarOp } from "../../src/ir/expr.ts";
import type { Node } from "../../src/ir/graph.ts";
import { indexAxis, type Axis, type Index } from "../../src/ir/index.ts";
import { byName, type At, type AtInputs, type NDArray, type OpRoom } from "../../src/ir/op.ts";
import { erfOf } from "../../src/ops/erf.ts";
import { threefry } from "../../src/ops/random.ts";
import { eachCoordinate, read, tabulate } from "../../src/ops/naive.ts";
import type { Prepared } from "./sample.ts";
import { shapeAt } from "../../src/eval/ndarray.ts";

/** Computes an output from the room's index formula, straight from its meaning. */
export function evaluateFormula(room: OpRoom, { inputs, y, feed }: Prepared, n: number): NDArray {
  const { lower } = room;
  const axes: Axis[] = y.type.shape.map((extent, k) => ({ name: `i${k}`, extent }));
  const ats = inputs.map((from): At => (...at) => ({ kind: "load", from, at, dtype: from.type.dtype }));
  const named = byName(room, ats) as AtInputs<string>;
  const context = { attrs: y.node.attrs, types: inputs.map(({ type }) => type), out: y.type };
  const shape = shapeAt(y.type.shape, n);
  const coordinates = axes.map(indexAxis);
  if (lower.kind === "at") {
    const formula = lower.at(named, coordinates, context);
    return tabulate(y.type.dtype, shape, (at) => compute(formula, placed(axes, at), feed, n));
  }
  invariant(lower.kind === "template", `${room.name} has no formula`);
  const depth = lower.operands.depth(context);
  const depthAxes: Axis[] = depth.map((extent, k) => ({ name: `k${k}`, extent }));
  const operands = lower.operands.read(named, coordinates, depthAxes.map(indexAxis), context);
  return tabulate(y.type.dtype, shape, (at) => {
    let total = 0;
    eachCoordinate(shapeAt(depth, n), (k) => {
      const place = new Map([...placed(axes, at), ...placed(depthAxes, k)]);
      total += operands.reduce((product, operand) => product * compute(operand, place, feed, n), 1);
    });
    return total;
  });
}

type Place = ReadonlyMap<string, number>;
const placed = (axes: readonly Axis[], at: readonly number[]): Map<string, number> =>
  new Map(axes.map(({ name }, k) => [name, at[k]]));

function indexAt({ constant, terms }: Index, place: Place): number {
  return terms.reduce((total, { times, atom }) => {
    if (atom.kind === "axis") return total + times * (place.get(atom.axis.name) as number);
    const of = indexAt(atom.of, place);
    const whole = Math.floor(of / atom.by);
    return total + times * (atom.kind === "div" ? whole : of - whole * atom.by);
  }, constant);
}

function compute(expr: Expr, place: Place, feed: ReadonlyMap<Node, NDArray>, n: number): number {
  const of = (part: Expr): number => compute(part, place, feed, n);
  switch (expr.kind) {
    case "const":
      return expr.value;
    case "index":
      return indexAt(expr.index, place);
    case "size":
      return expr.times * n;
    case "guard":
      return of(of(expr.test) ? expr.yes : expr.no);
    case "load": {
      const array = feed.get(expr.from.node) as NDArray;
      const at = expr.at.map((index) => indexAt(index, place));
      if (at.length !== array.shape.length || at.some((k, axis) => k < 0 || k >= array.shape[axis]))
        fault(`load at [${at.join(",")}] of [${array.shape.join(",")}]`);
      return read(array, at);
    }
    case "op": {
      // A 32-bit product may exceed what a double holds exactly.
      const product =
        expr.op === "mul" && (expr.dtype === "i32" || expr.dtype === "u32") ? Math.imul : undefined;
      const [first, second] = expr.args;
      const value = product ? product(of(first), of(second)) : scalar[expr.op](...expr.args.map(of));
      if (expr.dtype === "i32" || expr.dtype === "u32") return wrap(expr, value);
      return expr.op === "cast" && expr.dtype === "bool" ? Number(value !== 0) : Number(value);
    }
  }
}
const wrap = ({ dtype }: Expr, value: number): number => (dtype === "i32" ? value | 0 : value >>> 0);

const scalar: Record<ScalarOp, (...args: number[]) => number> = {
  add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b,
  maximum: Math.max, minimum: Math.min, pow: Math.pow, rem: (a, b) => a % b,
  neg: (a) => -a, abs: Math.abs, sign: Math.sign, sqrt: Math.sqrt, floor: Math.floor, exp: Math.exp,
  log: Math.log, expm1: Math.expm1, log1p: Math.log1p, tanh: Math.tanh, sin: Math.sin, cos: Math.cos, erf: erfOf,
  equal: (a, b) => Number(a === b), notEqual: (a, b) => Number(a !== b),
  less: (a, b) => Number(a < b), lessEqual: (a, b) => Number(a <= b),
  and: (a, b) => a & b, or: (a, b) => a | b, not: (a) => 1 - a,
  xor: (a, b) => a ^ b, shiftLeft: (a, b) => a << b, shiftRight: (a, b) => a >>> b,
  random: (a, b, c, d) => threefry([a, b], [c, d])[0],
  select: (test, a, b) => (test ? a : b), cast: (a) => a,
}; // prettier-ignore
