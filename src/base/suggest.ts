/** Levenshtein distance with one row of memory. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, substitution));
    }
    row = next;
  }
  return row[b.length];
}

/** The first letters of a name's words: "lr" of learningRate. */
const initialsOf = (name: string): string => (name[0] ?? "") + name.slice(1).replace(/[^A-Z]/g, "");

/** "did you mean …?" where a candidate is close or shortened, else the list of what exists. */
export function suggest(given: string, candidates: Iterable<string>): string {
  // The comparison takes time proportional to both lengths, and a header's name may be megabytes long.
  const name = given.slice(0, 100);
  const known = [...candidates].map((candidate) => candidate.slice(0, 100));
  const shortened = known.find((candidate) => name.length > 1 && initialsOf(candidate).toLowerCase() === name.toLowerCase()); // prettier-ignore
  if (shortened) return `did you mean "${shortened}"?`;
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const best = ranked[0];
  // Two names of two letters are never further apart; near are those that share one.
  const most = Math.max(name.length, best?.candidate.length ?? 0) - 1;
  if (best && best.far <= Math.min(most, Math.max(2, Math.floor(name.length / 3))))
    return `did you mean "${best.candidate}"?`;
  return listed(known);
}

/** "known here: …", the first dozen; nothing where there is nothing. */
export const listed = (known: readonly string[]): string =>
  known.length > 0 ? `known here: ${known.slice(0, 12).join(", ")}${known.length > 12 ? ", …" : ""}` : "";
