import type { Buffer, Nest } from "../ir/kernel.ts";
import { heldAs, l, type LocalType, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { mapExprs, mapStmts } from "../ir/loop-walk.ts";
import { isBatch, productOf, sizeOf } from "../ir/type.ts";
import { templateNamed, type Templates } from "./templates.ts";
import { castTo, extentExpr, type Compute } from "./values.ts";

/** A whole template as it stands, with the kernel's arrays and sizes for its parameters. */
export function wholeNest(nest: Nest, compute: Compute, templates: Templates): LoopStmt[] {
  const template = templateNamed(templates, nest.template);
  const arrays = new Map(
    template.params.filter((p) => p.kind === "array").map((p, k) => [p.name, nest.arrays[k]]),
  );
  const sizes = new Map(
    template.params.filter((p) => p.kind === "scalar").map((p, k) => [p.name, extentExpr(nest.sizes[k])]),
  );
  // A template computes in the types that it says, whatever its arrays hold.
  const typed = mapExprs(template.body, (x) => {
    const array = x.kind === "load" ? arrays.get(x.array) : undefined;
    if (x.kind === "load" && array)
      return castTo({ ...x, array: array.name, type: heldAs(array.dtype, compute) }, x.type);
    return x.kind === "local" ? (sizes.get(x.name) ?? x) : x;
  });
  const body = mapStmts(typed, (stmt) => {
    const array = stmt.kind === "store" ? arrays.get(stmt.array) : undefined;
    if (stmt.kind !== "store" || !array) return stmt;
    return { ...stmt, array: array.name, value: narrowed(stmt.value, heldAs(array.dtype, compute)) };
  });
  return nest.clear ? [cleared(nest.arrays[nest.arrays.length - 1], compute), ...body] : [...body];
}

/**
 * A value in the type that is stored. Where everything under it had that type before, nothing is cast: one float64
 * operation on float32 numbers, rounded, is the float32 operation to the bit.
 */
function narrowed(value: LoopExpr, type: LocalType): LoopExpr {
  const before = (x: LoopExpr): LoopExpr | undefined =>
    x.kind === "op" && x.op === "cast" && x.args[0].type === type ? x.args[0] : undefined;
  const plain = before(value);
  if (plain) return plain;
  if (value.kind === "op" && type === "f32" && ["add", "sub", "mul", "div"].includes(value.op)) {
    const args = value.args.map(before);
    if (!args.includes(undefined)) return l.op(value.op, args as LoopExpr[], type);
  }
  return castTo(value, type);
}

/** Zero in every element that a run-time batch may read. */
function cleared({ name, shape, dtype }: Buffer, compute: Compute): LoopStmt {
  const leads = shape.length > 0 && isBatch(shape[0]);
  const size = leads ? extentExpr(productOf(shape)) : l.number(sizeOf(shape));
  const zero = l.number(0, heldAs(dtype, compute));
  return l.for("z", l.number(0), size, 1, [l.store(name, l.local("z"), zero)]);
}
