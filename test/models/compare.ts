/** Tensors by what they are called: the kind before ": " says which ones are of one size. */
export type Answers = ReadonlyMap<string, Float64Array>;

const size = (values: Float64Array): number =>
  values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
const kindOf = (name: string): string => name.split(": ", 1)[0];

/** How far an element moves, or undefined where it is no number before or after. */
function spreadAt([first, ...others]: readonly Answers[], name: string, k: number): number | undefined {
  const start = first.get(name)![k];
  const far = Math.max(...others.map((other) => Math.abs(other.get(name)![k] - start)));
  return Number.isFinite(far) ? far : undefined;
}

/**
 * Where answers are further from those expected than rounding explains. `moved` is asked only once something differs: the
 * answers of a network of its own, first to what was given and then to the same moved by a rounding error, which say how
 * far each element may be.
 */
export function wrongAnswers(
  expected: Answers,
  found: Answers,
  tolerance: number,
  moved: () => readonly Answers[],
): string[] {
  const largest = new Map<string, number>();
  for (const [name, values] of expected)
    largest.set(kindOf(name), Math.max(largest.get(kindOf(name)) ?? 0, size(values)));
  let others: readonly Answers[] | undefined;
  return [...expected].flatMap(([name, values]) => {
    const own = found.get(name);
    if (own?.length !== values.length)
      return [`${name}: expected ${values.length} numbers, found ${own?.length}`];
    // Where terms cancel, as in the gradient of a bias before a normalization, what is left is the rounding of thousands of
    // terms. Some are as large as the largest of the kind, and some, as probabilities, near 1: at a tolerance of 1e-3
    // these floors are 50 and not quite 2 rounding errors of a float32.
    const scale = Math.max(size(values), 3e-3 * largest.get(kindOf(name))!, 1e-4);
    const isWrong = (value: number, k: number): boolean => {
      if (Object.is(own[k], value) || Math.abs(own[k] - value) <= tolerance * scale) return false;
      others ??= moved();
      const spread = spreadAt(others, name, k);
      // On the verge of overflow nothing can be expected.
      if (spread === undefined) return Number.isFinite(value) && !Number.isFinite(others[0].get(name)![k]);
      return !(Math.abs(own[k] - value) <= tolerance * scale + 30 * spread);
    };
    const k = values.findIndex(isWrong);
    return k < 0 ? [] : [`${name}[${k}] is ${own[k]}, expected ${values[k]} where the largest is ${scale}`];
  });
}
