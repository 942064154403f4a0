import { invariant } from "../base/errors.ts";
import type { Core, Kernel } from "../ir/kernel.ts";
import { axesOf, type Axis } from "../ir/index.ts";
import { maxOf } from "../ir/type.ts";
import { heldAs, l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { templateNamed, type Templates } from "./templates.ts";
import { addressOf, indexExpr, loopOver, type Compute } from "./values.ts";
import { mapExprs, mapStmts } from "../ir/loop-walk.ts";

/**
 * The fold at the heart of a template, for one point of the kernel's outer axes. The template's loops over
 * parallel axes are the kernel's own; its loop over the depth stands for loops over all of the core's depth axes; each array it reads is an
 * operand, addressed by the operand's real strides.
 */
export function coreStatements(
  core: Core,
  kernel: Pick<Kernel, "outer" | "record">,
  compute: Compute,
  templates: Templates,
): LoopStmt[] {
  const template = templateNamed(templates, core.template);
  let body = template.body;
  let store = body.find((stmt) => stmt.kind === "store");
  while (!store) {
    const loop = body.find((stmt) => stmt.kind === "for");
    invariant(loop?.kind === "for", `template ${core.template} has no loop that stores its result`);
    body = loop.body;
    store = body.find((stmt) => stmt.kind === "store");
  }
  invariant(
    store.kind === "store" && store.value.kind === "local",
    `template ${core.template} must store one local`,
  );
  const arrays = template.params.filter((param) => param.kind === "array").map((param) => param.name);
  const result = store.value.name;
  const depthLoops = body.filter((stmt) => stmt.kind === "for").length;
  invariant(depthLoops === 1, `template ${core.template} must fold in one loop`);
  const element = heldAs(core.dtype, compute);

  const expr = (x: LoopExpr): LoopExpr => {
    if (x.kind === "load") {
      const operand = core.operands[arrays.indexOf(x.array)];
      return l.load(operand.buffer.name, addressOf(operand.at, operand.buffer.shape), element);
    }
    if (x.kind === "local" && x.name === result) return l.local(core.result, element);
    // Templates hold floats in float64; the target decides in which precision they are really held.
    return x.type === "f64" && x.kind !== "local" ? { ...x, type: element } : x;
  };
  const rename = (stmt: LoopStmt): LoopStmt => {
    if (stmt.kind === "let" && stmt.name === result) return { ...stmt, name: core.result, type: element };
    return stmt.kind === "set" && stmt.name === result ? { ...stmt, name: core.result } : stmt;
  };
  // The template's one loop stands for a loop over each axis that the kernel folds; there may be none.
  const fold = body.flatMap((stmt): readonly LoopStmt[] => {
    if (stmt.kind === "for")
      return loopOver(core.depth, stmt.body).map((loop) => shortened(loop, core, kernel));
    return stmt.kind === "store" || stmt.kind === "note" ? [] : [stmt];
  });
  return [...mapExprs(mapStmts(fold, rename), expr)];
}

/** Loops over the depth, of which one is as short as the product's zeros allow. One in lanes keeps its length, which they count on. */
function shortened(
  loop: LoopStmt,
  { only, depth }: Core,
  { outer, record }: Pick<Kernel, "outer" | "record">,
): LoopStmt {
  if (!only || record.lanes.includes(only.axis)) return loop;
  return mapStmts([loop], (stmt) => {
    if (stmt.kind !== "for" || stmt.name !== only.axis) return stmt;
    const { from, upTo } = only;
    if (from) return { ...stmt, from: indexExpr(from) };
    const extentOf = (axes: readonly Axis[], name: string): number =>
      maxOf(axes.find((axis) => axis.name === name)!.extent);
    const [row] = axesOf(upTo!);
    if (extentOf(outer, row) > extentOf(depth, only.axis)) return stmt;
    return { ...stmt, to: l.op("add", [indexExpr(upTo!), l.number(1)]) };
  })[0];
}
