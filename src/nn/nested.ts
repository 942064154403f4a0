import { building } from "../ir/builder.ts";
import { floatType, refuse } from "./context.ts";

/** Numbers in nested arrays of one depth, or a typed array. */
export type NestedNumbers = number | ArrayLike<number> | readonly NestedNumbers[];

const isList = (thing: unknown): thing is ArrayLike<unknown> =>
  Array.isArray(thing) || (ArrayBuffer.isView(thing) && "length" in thing);

/** The shape of nested arrays and their numbers in row-major order; refuses ragged arrays and what is not finite. */
export function flatValues(
  what: string,
  values: NestedNumbers,
): { readonly shape: number[]; readonly flat: number[] } {
  const shape: number[] = [];
  for (let inner: unknown = values; isList(inner); inner = inner[0]) shape.push(inner.length);
  const flat: number[] = [];
  const visit = (part: unknown, depth: number): void => {
    if (depth === shape.length) {
      const kept = building() && floatType() === "f32" ? Math.fround(part as number) : part;
      if (typeof part !== "number" || !Number.isFinite(kept)) {
        refuse("value", `${what} must be finite numbers, found ${String(part)} at position ${flat.length}`);
      }
      flat.push(part as number);
    } else if (isList(part) && part.length === shape[depth]) {
      for (let k = 0; k < part.length; k++) visit(part[k], depth + 1);
    } else {
      refuse("shape", `${what} are ragged: every row at depth ${depth} must have ${shape[depth]} entries`);
    }
  };
  visit(values, 0);
  if (flat.length === 0) refuse("shape", `${what} are empty`);
  return { shape, flat };
}
