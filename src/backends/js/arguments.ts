import { invariant } from "../../base/errors.ts";
import { isBatch, sizeOf, type Shape } from "../../ir/type.ts";
import { arrayClass } from "./function.ts";
import { stringText } from "./names.ts";
import type { Input } from "./skeleton.ts";

const reserved = new Set(
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield async of get set NaN Infinity Object Math Float32Array Float64Array Int32Array Uint32Array Uint8Array ArrayBuffer RangeError Error".split(
    " ",
  ),
);

/** The declared name where it is a safe identifier, else a neutral one; unique among its neighbours. */
export function identifier(name: string, taken: Set<string>): string {
  const safe =
    /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) &&
    !reserved.has(name) &&
    name !== "__proto__" &&
    !name.startsWith("$");
  let candidate = safe ? name : "input";
  for (let k = 2; taken.has(candidate); k++) candidate = `${safe ? name : "input"}_${k}`;
  taken.add(candidate);
  return candidate;
}

/** Elements of one row of an input: everything but the batch dimension (a multiple of n counts as so many rows). */
export const rowSize = (shape: Shape): number =>
  shape.reduce<number>((size, dim) => size * (isBatch(dim) ? dim.times : dim), 1);
export const hasBatch = (shape: Shape): boolean => shape.some(isBatch);

/** `x: Float32Array, y: Int32Array, n = x.length / 64`. */
export function parameterList(inputs: readonly Input[], batch: number | null, types: boolean): string {
  const params = inputs.map(({ cell, argument }) =>
    types ? `${argument}: ${arrayClass[cell.type.dtype]}` : argument,
  );
  const first = inputs.find(({ cell }) => hasBatch(cell.type.shape));
  if (batch !== null && first)
    params.push(`n${types ? ": number" : ""} = ${first.argument}.length / ${rowSize(first.cell.type.shape)}`);
  else if (batch !== null) params.push(`n${types ? ": number" : ""} = ${batch}`);
  return params.join(", ");
}
export const argumentList = (inputs: readonly Input[], batch: number | null): string =>
  [...inputs.map(({ argument }) => argument), ...(batch !== null ? ["n"] : [])].join(", ");

/** Checks lengths, n and index ranges before anything is touched, then copies the arguments into the arena. */
export function loadLines(inputs: readonly Input[], batch: number | null): string[] {
  const checks: string[] = [];
  if (batch !== null) checks.push(`checkBatch(n, ${batch});`);
  for (const { cell, argument } of inputs) {
    const { shape } = cell.type;
    const row = rowSize(shape);
    const name = stringText(cell.name);
    if (hasBatch(shape)) {
      invariant(batch !== null, "a batched input in a model without a batch");
      checks.push(`checkLength(${name}, ${argument}.length, n * ${row}, ${row * batch});`);
    } else checks.push(`checkLength(${name}, ${argument}.length, ${row}, ${row});`);
    if (cell.limit !== undefined) {
      const count = hasBatch(shape) ? (row === 1 ? "n" : `n * ${row}`) : String(row);
      checks.push(`checkIndices(${name}, ${argument}, ${count}, ${cell.limit});`);
    }
  }
  const copies = inputs.map(({ cell, buffer, argument }) => {
    const size = sizeOf(cell.type.shape);
    if (!hasBatch(cell.type.shape) && size <= 4) {
      return Array.from({ length: size }, (_, k) => `this.$${buffer.name}[${k}] = ${argument}[${k}];`).join(
        " ",
      );
    }
    // Below about 64 numbers a plain loop is cheaper than the call of a built-in.
    if (size <= 64) return `copySmall(this.$${buffer.name}, ${argument});`;
    return `this.$${buffer.name}.set(${argument});`;
  });
  return [...checks, ...copies];
}
