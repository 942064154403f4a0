import { invariant } from "../base/errors.ts";
import type { Core } from "../ir/kernel.ts";
import { heldAs, l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { templateNamed } from "./templates.ts";
import type { Templates } from "./templates.ts";
import { addressOf, loopOver, type Compute } from "./values.ts";
import { mapExprs, mapStmts } from "../ir/loop-walk.ts";

/**
 * The fold at the heart of a template, for one point of the kernel's outer axes. The template's loops over
 * parallel axes are the kernel's own; its loop over the depth stands for loops over all of the core's depth axes; each array it reads is an
 * operand, addressed by the operand's real strides.
 */
export function coreStatements(core: Core, compute: Compute, templates: Templates): LoopStmt[] {
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
    if (stmt.kind === "for") return loopOver(core.depth, stmt.body);
    return stmt.kind === "store" || stmt.kind === "note" ? [] : [stmt];
  });
  return [...mapExprs(mapStmts(fold, rename), expr)];
}
