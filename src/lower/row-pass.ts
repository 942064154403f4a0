import { withNames } from "../ir/doc-names.ts";
import type { Buffer, Kernel, RowPass, Schedule } from "../ir/kernel.ts";
import { rowsOf, targetsOf } from "../ir/kernel-walk.ts";
import { l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { namesIn } from "../ir/loop-walk.ts";
import { sizeOf } from "../ir/type.ts";
import { buffersOfKernel, finish, type Lowered, type Lowering } from "./function.ts";
import { declaredIn } from "./jam.ts";
import { separateNames, withLocals } from "./names.ts";
import { nestStatements } from "./nest.ts";
import { plainNames, withArrays } from "./plain-names.ts";
import { nameParts } from "./row-names.ts";
import { straighten, type Place } from "./straighten.ts";
import { useSoon } from "./use-soon.ts";
import { extentExpr } from "./values.ts";

/** Each of the terms and values that a target allows a pass may be a few statements before they are put together. */
const mostStatements = 2000;

/**
 * The kernels of a pass as one function: what comes before the rows, one loop over them in which every element of a row
 * lives in a local, and what comes after. Where a row cannot be written out its loops stay.
 */
export function lowerPass(
  pass: RowPass,
  kernels: readonly Kernel[],
  schedule: Schedule,
  lowering: Lowering,
): Lowered {
  const { compute } = lowering.backend;
  const own = new Map(kernels.flatMap((kernel) => [...buffersOfKernel(kernel)]));
  // The axes of kernels have single letters.
  let row = "row";
  while (own.has(row)) row += "_";
  const numbered = separateNames(bodyOf(kernels, row, [...own.keys()], pass, lowering));
  const all = new Map(schedule.buffers.map((buffer) => [buffer.name, buffer]));
  const plain = plainNames(own.values(), [...own.keys(), ...namesIn(numbered)], all);
  const body = withArrays(numbered, plain);
  const buffers = new Map([...own].map(([name, buffer]) => [plain.get(name) ?? name, buffer]));
  const outside = namesIn(body.filter((stmt) => stmt.kind !== "for" || stmt.name !== row));
  const usedElsewhere = new Set(
    schedule.kernels
      .filter(({ record }) => record.pass !== pass)
      .flatMap((kernel) => [...buffersOfKernel(kernel).values()]),
  );
  const options = {
    buffers,
    locate: placesOfRow([...buffers.values()], row),
    compute,
    keeps: (buffer: Buffer) => buffer.kind === "cell" || usedElsewhere.has(buffer),
    rounds: () => true,
    loop: { sums: sumsOf(kernels), outside: new Set([...outside, row, "n"]), most: mostStatements },
  };
  const whole = body.map((stmt): LoopStmt => {
    if (stmt.kind !== "for" || stmt.name !== row) return stmt;
    const lines = straighten(stmt.body, options);
    return lines ? { ...stmt, body: useSoon(lines) } : stmt;
  });
  const frame = { name: pass.name, doc: withNames(pass.doc, plain), buffers, times: [], calls: false };
  return finish(frame, whole, lowering, { keepsLoads: true, named: nameParts(whole, buffers) });
}

/** What is added up over all rows. */
const sumsOf = (kernels: readonly Kernel[]): ReadonlySet<Buffer> =>
  new Set(
    kernels
      .filter(rowsOf)
      .flatMap(targetsOf)
      .flatMap(({ buffer, accumulate }) => (accumulate ? [buffer] : [])),
  );

/** The loops of all kernels in their order, those over the rows as one. No two kernels have a local of one name. */
function bodyOf(
  kernels: readonly Kernel[],
  row: string,
  arrays: readonly string[],
  pass: RowPass,
  { backend, templates }: Lowering,
): LoopStmt[] {
  const [before, notes, rows, after]: [LoopStmt[], LoopStmt[], LoopStmt[], LoopStmt[]] = [[], [], [], []];
  const taken = new Set([...arrays, row, "n"]);
  for (const kernel of kernels) {
    const naive = nestStatements(kernel, backend.compute, templates);
    const nest = withLocals(naive, namesOf(kernel, naive, row, taken));
    notes.push(...kernel.doc.map((text): LoopStmt => ({ kind: "note", text })));
    const at = nest.findIndex((stmt) => stmt.kind === "for" && stmt.name === row);
    const loop = nest[at] as (LoopStmt & { readonly kind: "for" }) | undefined;
    if (loop) {
      before.push(...nest.slice(0, at));
      rows.push(...loop.body);
      after.push(...nest.slice(at + 1));
    } else (rows.length === 0 ? before : after).push(...nest);
  }
  return [...before, ...notes, l.for(row, l.number(0), extentExpr(pass.row.extent), 1, rows), ...after];
}

/** New names for the locals of a kernel that others have already, and for its counter of rows. */
function namesOf(
  kernel: Kernel,
  nest: readonly LoopStmt[],
  row: string,
  taken: Set<string>,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const own = rowsOf(kernel);
  if (own) names.set(own.name, row);
  const declared = new Set<string>();
  declaredIn(nest, declared);
  for (const local of declared) {
    let name = local;
    for (let k = 2; taken.has(name); k++) name = `${local}_${k}`;
    taken.add(name);
    if (name !== local) names.set(local, name);
  }
  return names;
}

/**
 * Elements of a row, where they are a number of places from the row's start, as if every buffer had memory of its own:
 * no member of a pass has a temporary of the arena, and what is read of a block's parameters was copied before.
 */
function placesOfRow(
  buffers: readonly Buffer[],
  row: string,
): (buffer: Buffer, index: LoopExpr) => Place | undefined {
  const starts = new Map<Buffer, number>();
  let end = 0;
  for (const buffer of buffers) {
    starts.set(buffer, end);
    end += 8 * (sizeOf(buffer.shape) + 1);
  }
  return (buffer, index) => {
    const place = linear(index, row);
    if (!place || place.constant < 0 || place.constant >= sizeOf(buffer.shape)) return undefined;
    const { constant, times } = place;
    const start = times === 0 ? [] : [times === 1 ? l.local(row) : l.op("mul", [l.local(row), l.number(times)])];
    const parts = constant === 0 && start.length > 0 ? start : [...start, l.number(constant)];
    return {
      at: starts.get(buffer)! + 8 * constant,
      index: parts.reduce((a, b) => l.op("add", [a, b])),
      element: constant,
    };
  };
} // prettier-ignore

/** An index as times · row + constant; undefined where it is none. */
function linear(x: LoopExpr, row: string): { readonly times: number; readonly constant: number } | undefined {
  if (x.kind === "number") return { times: 0, constant: x.value };
  if (x.kind === "local") return x.name === row ? { times: 1, constant: 0 } : undefined;
  if (x.kind !== "op" || x.args.length !== 2) return undefined;
  const [a, b] = x.args.map((arg) => linear(arg, row));
  if (!a || !b) return undefined;
  if (x.op === "add") return { times: a.times + b.times, constant: a.constant + b.constant };
  if (x.op !== "mul" || (a.times !== 0 && b.times !== 0)) return undefined;
  const [one, by] = a.times === 0 ? [b, a.constant] : [a, b.constant];
  return { times: one.times * by, constant: one.constant * by };
}
