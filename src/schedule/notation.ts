import { indexText, type Index } from "../ir/index.ts";

/** How strongly the outermost operator of a formula binds, loosest first. */
export const binding = { fold: 0, compare: 1, sum: 2, matrices: 3, product: 4, negative: 5, power: 6, atom: 7 } as const; // prettier-ignore

export interface Formula {
  readonly text: string;
  readonly level: number;
  /** Whether it speaks of places along axes, so that whoever it is equal to must say which is which. */
  readonly axes: boolean;
}

type Written = Pick<Formula, "text" | "level">;

const levels: { readonly [sign: string]: number } = {
  "+": binding.sum,
  "−": binding.sum,
  "·": binding.product,
  "/": binding.product,
};

const bound = ({ text, level }: Written, least: number): string => (level < least ? `(${text})` : text);

/** Arguments in the place of the "_" of a symbol, in parentheses where they bind less than what is around them. */
export function inSymbols(symbol: string, args: readonly Written[]): Written {
  if (args.length === 2) return infix(symbol.replaceAll("_", "").trim(), args[0], args[1]);
  const [before, after] = symbol.split("_");
  const level = after ? binding.power : before === "−" ? binding.negative : binding.product;
  return { text: `${before}${bound(args[0], level + (before.endsWith(" ") ? 1 : 0))}${after}`, level };
}

/** Operators of one level are read from the left; what is negative is taken away. */
function infix(sign: string, left: Written, right: Written): Written {
  const level = levels[sign] ?? binding.compare;
  if (level === binding.sum && right.level === binding.negative)
    return { text: `${bound(left, level)} ${sign === "+" ? "−" : "+"} ${right.text.slice(1)}`, level };
  return { text: `${bound(left, level)} ${sign} ${bound(right, level + 1)}`, level };
}

/** Seven digits tell what a fraction is; the loops have all of them. */
export function numberText(value: number): Formula {
  const digits = Number.isFinite(value) && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value;
  const negative = value < 0 || Object.is(value, -0);
  const text = Object.is(digits, -0) ? "−0" : String(digits).replace(/^-/, "−");
  return { text, level: negative ? binding.negative : binding.atom, axes: false };
}

/** A place in brackets; nothing where there are no coordinates. */
export const placeText = (at: readonly Index[]): string =>
  at.length > 0 ? `[${at.map(indexText).join(",")}]` : "";
