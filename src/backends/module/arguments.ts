import type { Phase } from "../../ir/phase.ts";
import { isBatch, sizeOf, type Shape } from "../../ir/type.ts";
import { arrayClass } from "./layout.ts";
import { stringText } from "./names.ts";
import type { Input } from "./context.ts";

/** Elements of one row of an input: everything but the batch dimension (a multiple of n counts as so many rows). */
const rowSize = (shape: Shape): number =>
  shape.reduce<number>((size, dim) => size * (isBatch(dim) ? dim.times : dim), 1);
const hasBatch = (shape: Shape): boolean => shape.some(isBatch);

/** Whether a function takes n although none of its inputs has rows by which n is checked. */
export const takesUncheckedRows = (inputs: readonly Input[], batch: number | null): boolean =>
  batch !== null && !inputs.some(({ cell }) => hasBatch(cell.type.shape));

/** `x: Float32Array, y: Int32Array, n = x?.length / 64`: a missing x is for the checks to refuse. */
export function parameterList(inputs: readonly Input[], batch: number | null, types: boolean): string {
  const params = inputs.map(({ cell, argument }) =>
    types ? `${argument}: ${arrayClass[cell.type.dtype]}` : argument,
  );
  const first = inputs.find(({ cell }) => hasBatch(cell.type.shape));
  if (batch !== null && first)
    params.push(
      `n${types ? ": number" : ""} = ${first.argument}?.length / ${rowSize(first.cell.type.shape)}`,
    );
  else if (batch !== null) params.push(`n${types ? ": number" : ""} = ${batch}`);
  return params.join(", ");
}
export const argumentList = (inputs: readonly Input[], batch: number | null): string =>
  [...inputs.map(({ argument }) => argument), ...(batch !== null ? ["n"] : [])].join(", ");

/**
 * Checks lengths, n and the index ranges of the entry that `phase` begins before anything is touched, then copies the
 * arguments into the arena.
 */
export function loadLines(
  inputs: readonly Input[],
  batch: number | null,
  phase: Phase,
  self = "this",
): string[] {
  const checks: string[] = takesUncheckedRows(inputs, batch) ? [`checkCount(n, ${batch});`] : [];
  for (const { cell, argument } of inputs) {
    const { shape } = cell.type;
    const row = rowSize(shape);
    const name = stringText(cell.name);
    const batched = hasBatch(shape) && batch !== null;
    checks.push(`checkRows(${name}, ${argument}, ${row}, ${batched ? `n, ${batch}` : "1, 1"});`);
    const range = cell.ranges?.[phase];
    if (range) {
      const count = batched ? (row === 1 ? "n" : `n * ${row}`) : String(row);
      checks.push(
        `checkIndices(${name}, ${argument}, ${count}, ${range.limit}${range.allowed === undefined ? "" : `, ${range.allowed}`});`,
      );
    }
  }
  const copies = inputs.map(({ cell, buffer, argument }) => {
    const size = sizeOf(cell.type.shape);
    if (hasBatch(cell.type.shape) || size > 4) return `${self}.$${buffer.name}.set(${argument});`;
    // A few numbers are copied faster one by one than by a call.
    return Array.from({ length: size }, (_, k) => `${self}.$${buffer.name}[${k}] = ${argument}[${k}];`).join(
      " ",
    );
  });
  return [...checks, ...copies];
}
