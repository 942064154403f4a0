import type { Value } from "../../ir/graph.ts";
import { dimText, isFloat, sameDim, typeText, type Dim } from "../../ir/type.ts";
import { dotGeneral } from "../../ops/dot-general.ts";
import * as ops from "../../ops/movement.ts";
import { sum } from "../../ops/reduce.ts";
import { shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { checkValue } from "../sugar/operand.ts";

/** A value and what each of its axes is called. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

const bad = (text: string, sentence: string, hint?: string): never =>
  refuse("option", `einsum "${text}": ${sentence}`, hint);

/** The axes that "..." stands for are called 1…, 2…, counted from the right, so that operands agree on them. */
const restLabels = (count: number): string[] => Array.from({ length: count }, (_, k) => `${count - k}…`);

/** One side of a comma: letters, with at most one "..." for any number of axes. */
function labelsOf(text: string, part: string, rest: number): string[] {
  const [before, after, ...more] = part.split("...");
  const letters = `${before}${after ?? ""}`;
  if (more.length > 0 || !/^[A-Za-z]*$/.test(letters))
    return bad(text, `${shown(part)} must be letters with at most one "..."`, 'such as einsum("bij,bjk->bik", a, b)');
  return [...before, ...(after === undefined ? [] : restLabels(rest)), ...(after ?? "")];
} // prettier-ignore

function labelled(text: string, part: string, value: Value): Labelled {
  const { shape } = value.type;
  const letters = part.replace("...", "").length;
  const open = part.includes("...");
  if (open ? letters > shape.length : letters !== shape.length)
    bad(text, `"${part}" names ${letters} axes, but the operand is ${typeText(value.type)}`);
  const labels = labelsOf(text, part, shape.length - letters);
  const twice = labels.find((label, k) => labels.indexOf(label) < k);
  if (twice !== undefined)
    bad(text, `"${part}" names axis ${twice} twice, and diagonals are not taken`, "multiply by an identity matrix first");
  return { value, labels };
} // prettier-ignore

/** Sums over the axes that nobody asks for any more. */
function reduced({ value, labels }: Labelled, wanted: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((label, k) => (wanted.has(label) ? [] : [k]));
  if (axes.length === 0) return { value, labels };
  return { value: sum(value, { axes }), labels: labels.filter((label) => wanted.has(label)) };
}

/** The product of two operands: shared labels run together where they are still wanted, and are summed elsewhere. */
function product(a: Labelled, b: Labelled, wanted: ReadonlySet<string>): Labelled {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => wanted.has(label));
  const contract = shared.filter((label) => !wanted.has(label));
  const axes = (of: Labelled, labels: readonly string[]): number[] =>
    labels.map((label) => of.labels.indexOf(label));
  const value = dotGeneral(a.value, b.value, {
    batchA: axes(a, batch),
    batchB: axes(b, batch),
    contractA: axes(a, contract),
    contractB: axes(b, contract),
  });
  const free = [...a.labels, ...b.labels].filter((label) => !shared.includes(label));
  return { value, labels: [...batch, ...free] };
}

/** Without "->" the result has "..." first and then, in alphabetical order, the letters that occur once. */
function implied(parts: readonly Labelled[]): string[] {
  const all = parts.flatMap(({ labels }) => labels);
  const rest = all.filter((label) => label.endsWith("…"));
  const once = all.filter((label) => !label.endsWith("…") && all.filter((other) => other === label).length === 1);
  return [...restLabels(Math.max(0, ...rest.map((label) => Number.parseInt(label, 10)))), ...once.sort()];
} // prettier-ignore

/**
 * Einstein's sums, as in NumPy: letters name axes, operands are multiplied where letters meet, and letters that
 * the result lacks are summed over: `einsum("bij,bjk->bik", a, b)`. "..." stands for any further axes. Axes of
 * one letter are equal (nothing is stretched), and an operand names no letter twice. Operands are multiplied from
 * left to right.
 */
export const einsum = (subscripts: string, ...operands: readonly Value[]): Value =>
  here(() => {
    if (typeof subscripts !== "string")
      return refuse("option", `einsum takes its subscripts as a text, found ${shown(subscripts)}`);
    const text = subscripts.replaceAll(" ", "");
    const [left, right, ...more] = text.split("->");
    const inputs = left.split(",");
    if (more.length > 0) bad(text, `there is more than one "->"`);
    const values = operands.map((operand) => checkValue("einsum", operand));
    if (inputs.length !== values.length || values.length === 0)
      bad(text, `${inputs.length} operands are named, ${values.length} given`);
    const odd = values.find(({ type }) => !isFloat(type.dtype) || type.dtype !== values[0].type.dtype);
    if (odd) refuse("dtype", `einsum takes floats of one type, found ${values.map(({ type }) => typeText(type)).join(", ")}`, "convert them with cast");
    const parts = values.map((value, k) => labelled(text, inputs[k], value));
    const dims = new Map<string, Dim>();
    for (const { value, labels } of parts) {
      for (const [k, label] of labels.entries()) {
        const dim = value.type.shape[k];
        const known = dims.get(label) ?? dim;
        if (!sameDim(known, dim)) bad(text, `axis ${label} is ${dimText(known)} and ${dimText(dim)}`, "broadcast explicitly first");
        dims.set(label, dim);
      }
    }
    const rest = Math.max(0, ...[...dims.keys()].filter((label) => label.endsWith("…")).map((label) => Number.parseInt(label, 10)));
    const wanted = right === undefined ? implied(parts) : labelsOf(text, right, rest);
    const missing = wanted.find((label) => !dims.has(label));
    if (missing !== undefined) bad(text, `the result names axis ${missing}, which no operand has`);
    if (new Set(wanted).size < wanted.length) bad(text, "the result names an axis twice");

    /** What the result or an operand from k on still needs. */
    const neededFrom = (k: number): Set<string> => new Set([...wanted, ...parts.slice(k).flatMap(({ labels }) => labels)]);
    let made = parts[0];
    for (const [k, next] of parts.entries()) {
      if (k === 0) continue;
      const later = neededFrom(k + 1);
      // What only one of the two has and nobody else wants is summed before it is multiplied.
      const own = reduced(made, new Set([...later, ...next.labels]));
      made = product(own, reduced(next, new Set([...later, ...own.labels])), later);
    }
    const { value, labels } = reduced(made, new Set(wanted));
    const permutation = wanted.map((label) => labels.indexOf(label));
    return permutation.every((axis, k) => axis === k) ? value : ops.transpose(value, { permutation });
  }); // prettier-ignore
