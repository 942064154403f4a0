/** Tensors by what they are called: the kind before ": " says which ones are of one size. */
export type Answers = ReadonlyMap<string, Float64Array>;

const size = (values: Float64Array): number =>
  values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
const kindOf = (name: string): string => name.split(": ", 1)[0];

/**
 * Where answers are further from those expected than rounding explains. How far each element moves when everything that
 * is given moves by a rounding error says how far it may be: `moved` is asked only once something differs, and where it
 * gives no numbers there is nothing to expect.
 */
export function wrongAnswers(
  expected: Answers,
  found: Answers,
  tolerance: number,
  moved: () => readonly Answers[],
): string[] {
  const wrong: string[] = [];
  const largest = new Map<string, number>();
  for (const [name, values] of expected)
    largest.set(kindOf(name), Math.max(largest.get(kindOf(name)) ?? 0, size(values)));
  let others: readonly Answers[] | undefined;
  for (const [name, values] of expected) {
    const own = found.get(name);
    if (own?.length !== values.length) {
      wrong.push(`${name}: expected ${values.length} numbers, found ${own?.length}`);
      continue;
    }
    // Beside the largest of its kind, what is zero but for rounding is zero.
    const scale = Math.max(size(values), 1e-2 * largest.get(kindOf(name))!, 1e-4);
    for (const [k, value] of values.entries()) {
      if (Object.is(own[k], value) || Math.abs(own[k] - value) <= tolerance * scale) continue;
      others ??= moved();
      const spread = others.map((other) => Math.abs(other.get(name)![k] - value));
      if (Math.abs(own[k] - value) <= tolerance * scale + 30 * Math.max(...spread)) continue;
      if (Number.isNaN(Math.max(...spread)) || !Number.isFinite(value) && others.some((other) => !Object.is(other.get(name)![k], value))) continue;
      wrong.push(`${name}[${k}] is ${own[k]}, expected ${value} (moves by ${Math.max(...spread)}, scale ${scale})`);
      break;
    }
  }
  return wrong;
} // prettier-ignore
