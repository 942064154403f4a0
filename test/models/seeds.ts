/** The seeds that are asked for, as in GRADC_SEEDS=1..500, or the first ones, in a long run more. */
export function seedsOf({ long, short }: { readonly long: number; readonly short: number }): number[] {
  const given = process.env["GRADC_SEEDS"] ?? `1..${process.env["GRADC_LONG"] ? long : short}`;
  const [, first, last] = (/^(\d+)\.\.(\d+)$/.exec(given) ?? []).map(Number);
  if (!(first <= last)) throw new Error(`GRADC_SEEDS is a range such as 1..500, not "${given}"`);
  return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}
