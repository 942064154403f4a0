import { fail } from "../base/errors.ts";
import { checkNames, givenText } from "../base/options.ts";
import { suggest } from "../base/suggest.ts";
import { shuffle } from "./random.ts";
import { columnTexts, pickRows, type Table } from "./table.ts";

export const parts = ["train", "validation", "test"] as const;
/** The part of a split: train, validation or test. */
export type Part = (typeof parts)[number];

const ways = ["stratified", "chronological", "random"] as const;

/** How rows are divided. */
export interface SplitOptions {
  /** The share of each part, together 1: 0.7, 0.15 and 0.15 by default. A part left out is empty. */
  readonly fractions?: Partial<Readonly<Record<Part, number>>>;
  /** `stratified` keeps the classes of `label` in proportion; `chronological` keeps the file's order: past before future. By default `stratified` with a label, else `random`. */
  readonly by?: (typeof ways)[number];
  /** The column of the classes, for `stratified`. */
  readonly label?: string;
  /** Of the order in which rows are drawn, 0 by default; `chronological` draws none. */
  readonly seed?: number;
}
const known = { fractions: true, by: true, label: true, seed: true } satisfies Record<
  keyof SplitOptions,
  true
>;

/**
 * Divides a table into training, validation and test rows. Equal arguments give equal parts, in file order.
 * Sizes differ from the fractions by less than one row, except where a class is so rare that giving each part
 * one of its rows takes more. Fails with `bad-split`, or with `option` for options that are not these.
 */
export function split(table: Table, options: SplitOptions = {}): Readonly<Record<Part, Table>> {
  checkNames("split", options, known);
  const { fractions = { train: 0.7, validation: 0.15, test: 0.15 }, label, seed = 0 } = options;
  checkNames("fractions of split", fractions, { train: true, validation: true, test: true });
  const by = options.by ?? (label === undefined ? "random" : "stratified");
  if (!ways.includes(by)) {
    fail("bad-split", `there is no split by ${givenText(by)}`, { hint: suggest(String(by), ways) });
  }
  const shares = parts.map((part) => fractions[part] ?? 0);
  checkShares(shares);
  if (by === "stratified" && label === undefined) {
    fail("bad-split", "a stratified split needs the label column", {
      hint: 'give its name, or split by: "random"',
    });
  }
  const groups = by === "stratified" ? groupRows(columnTexts(table, label!)) : [[...table.rows.keys()]];
  const chosen = parts.map((): number[] => []);
  const owed = shares.map(() => 0);
  for (const [g, group] of groups.entries()) {
    if (by !== "chronological") shuffle(group, seed + g);
    const counts = apportion(group.length, shares, owed, by === "stratified");
    let at = 0;
    for (const [p, count] of counts.entries()) {
      for (const end = at + count; at < end; at++) chosen[p].push(group[at]);
    }
  }
  for (const [p, positions] of chosen.entries()) {
    if (shares[p] === 0 || positions.length > 0) continue;
    fail(
      "bad-split",
      `${table.rows.length} rows are too few: the ${parts[p]} part (${shares[p]}) would be empty`,
    );
  }
  const [train, validation, test] = chosen.map((positions) =>
    pickRows(
      table,
      positions.sort((a, b) => a - b),
    ),
  );
  return { train, validation, test };
}

function checkShares(shares: readonly number[]): void {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const valid = shares.every((share) => share >= 0) && Math.abs(total - 1) < 1e-9 && shares[0] > 0;
  if (!valid)
    fail(
      "bad-split",
      `the fractions [${shares.map(givenText).join(", ")}] are not shares of 1 with some for training`,
    );
}

/** Positions by text, in the order in which the texts first appear. */
function groupRows(texts: readonly string[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, text] of texts.entries()) {
    const group = groups.get(text);
    if (group) group.push(i);
    else groups.set(text, [i]);
  }
  return [...groups.values()];
}

/**
 * Whole numbers of rows for shares: each row goes to the part that is furthest behind, the first among equals.
 * `owed` carries what rounding left over to the next class, so that the parts as a whole come out right.
 */
function apportion(rows: number, shares: readonly number[], owed: number[], eachPresent: boolean): number[] {
  const open = shares.filter((share) => share > 0).length;
  const counts = shares.map((share) => (eachPresent && share > 0 && rows >= open ? 1 : 0) as number);
  const due = shares.map((share, p) => share * rows + owed[p]);
  for (let given = counts.reduce((a, b) => a + b); given < rows; given++) {
    let behind = shares.findIndex((share) => share > 0);
    for (const [p, share] of shares.entries()) {
      if (share > 0 && due[p] - counts[p] > due[behind] - counts[behind]) behind = p;
    }
    counts[behind]++;
  }
  for (const p of counts.keys()) owed[p] = due[p] - counts[p];
  return counts;
}
