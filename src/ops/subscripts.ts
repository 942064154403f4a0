import { fail } from "../base/errors.ts";
import { indexAdd, indexConstant, indexScale, type Index } from "../ir/index.ts";
import { dimText, isBatch, maxOf, sameDim, shapeText, type Dim, type Shape } from "../ir/type.ts";

// Subscripts say which element of an operand belongs to which place of a loop nest, in Einstein's manner: a letter
// is a loop, and a coordinate is a sum of loops with constant factors. "n,2*y+k,c -> n,y,k,c" reads every second
// row from y on, k rows a window.

/** One coordinate of an operand: constant + Σ times · letter. */
interface Form {
  readonly constant: number;
  readonly terms: readonly { readonly letter: string; readonly times: number }[];
}
/** The coordinates of each operand, and the letters of the result's axes. */
export interface Subscripts {
  readonly operands: readonly (readonly Form[])[];
  readonly result: readonly string[];
}

const whole = /^[+-]?(?:(?:\d+\*)?[A-Za-z]|\d+)(?:[+-](?:(?:\d+\*)?[A-Za-z]|\d+))*$/;
const term = /([+-]?)(?:(\d+)\*)?([A-Za-z]|\d+)/g;

function formOf(name: string, text: string): Form {
  if (!whole.test(text)) fail("shape", `${name}: the subscript "${text}" is no sum of letters and numbers`);
  let constant = 0;
  const terms: { letter: string; times: number }[] = [];
  for (const [, sign, factor, what] of text.matchAll(term)) {
    const times = (sign === "-" ? -1 : 1) * Number(factor ?? 1);
    if (/\d/.test(what)) constant += times * Number(what);
    else terms.push({ letter: what, times });
  }
  return { constant, terms };
}

/** Reads "n,y+k,c; k,c,o -> n,y,o". */
export function parseSubscripts(name: string, text: string): Subscripts {
  const [from, to, ...rest] = text.replaceAll(" ", "").split("->");
  if (to === undefined || rest.length > 0) fail("shape", `${name}: the subscripts "${text}" need one "->"`);
  const list = (part: string): string[] => (part === "" ? [] : part.split(","));
  const result = list(to);
  if (result.some((letter) => !/^[A-Za-z]$/.test(letter)) || new Set(result).size < result.length)
    fail("shape", `${name}: the subscripts "${text}" must name different letters after "->"`);
  return {
    operands: from.split(";").map((operand) => list(operand).map((part) => formOf(name, part))),
    result,
  };
}

/** Writes a form: `form(2, "y", 1, "k")` is "2*y+k"; letters times 0 and a constant 0 are left out. */
export function form(
  constant: number,
  ...terms: readonly (readonly [times: number, letter: string])[]
): string {
  const parts = terms.filter(([times]) => times !== 0).map(([times, letter]) => {
    const factor = Math.abs(times) === 1 ? "" : `${Math.abs(times)}*`;
    return `${times < 0 ? "-" : "+"}${factor}${letter}`;
  }); // prettier-ignore
  if (constant !== 0 || parts.length === 0) parts.push(`${constant < 0 ? "-" : "+"}${Math.abs(constant)}`);
  return parts.join("").replace(/^\+/, "");
}

/** The letters that the result does not have, in the order in which the operands name them: they are summed over. */
export function summed({ operands, result }: Subscripts): string[] {
  const letters = operands.flat().flatMap(({ terms }) => terms.map(({ letter }) => letter));
  return [...new Set(letters)].filter((letter) => !result.includes(letter));
}

/** Refuses subscripts that do not fit the operands or reach outside of them. */
export function checkSubscripts(
  name: string,
  subscripts: Subscripts,
  operands: readonly Shape[],
  extents: ReadonlyMap<string, Dim>,
): void {
  for (const [which, shape] of operands.entries()) {
    const forms = subscripts.operands[which] ?? [];
    if (forms.length !== shape.length)
      fail("shape", `${name}: operand ${which} has ${shape.length} axes, but ${forms.length} subscripts`);
    for (const [axis, { constant, terms }] of forms.entries()) {
      let [low, high] = [constant, constant];
      for (const { letter, times } of terms) {
        const extent = extents.get(letter) ?? fail("shape", `${name}: the letter "${letter}" has no extent`);
        const reach = times * (maxOf(extent) - 1);
        [low, high] = [low + Math.min(reach, 0), high + Math.max(reach, 0)];
      }
      const dim = shape[axis];
      const whole = constant === 0 && terms.length === 1 && terms[0].times === 1;
      if (isBatch(dim) && !(whole && sameDim(extents.get(terms[0].letter) as Dim, dim)))
        fail(
          "shape",
          `${name}: axis ${axis} of operand ${which} is the batch dimension, which is taken whole`,
        );
      if (low < 0 || high >= maxOf(dim))
        fail("shape", `${name}: subscript ${axis} of operand ${which} reaches from ${low} to ${high}, but ${shapeText(shape)} has ${dimText(dim)} there`); // prettier-ignore
    }
  }
}

/** The coordinates of an operand as index expressions over the loops. */
export const coordinatesOf = (forms: readonly Form[], loops: ReadonlyMap<string, Index>): Index[] =>
  forms.map(({ constant, terms }) =>
    indexAdd(
      indexConstant(constant),
      ...terms.map(({ letter, times }) => indexScale(loops.get(letter) as Index, times)),
    ),
  );

/** The coordinates of an operand as numbers, for the naive evaluation. */
export const placeOf = (forms: readonly Form[], loops: ReadonlyMap<string, number>): number[] =>
  forms.map(({ constant, terms }) =>
    terms.reduce((sum, { letter, times }) => sum + times * (loops.get(letter) as number), constant),
  );
