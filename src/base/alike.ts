/** Says whether two things under one name count as equal; undefined leaves that to what they are made of. */
export type Judge = (a: unknown, b: unknown, name: string) => boolean | undefined;

/**
 * Whether two pieces of plain data are equal, numbers bit by bit; what is undefined is as good as absent. `judge` may
 * decide for some of their parts.
 */
export function alike(a: unknown, b: unknown, judge: Judge, name = ""): boolean {
  const judged = judge(a, b, name);
  if (judged !== undefined) return judged;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let k = 0; k < a.length; k++) if (!alike(a[k], b[k], judge, name)) return false;
    return true;
  }
  const [one, other] = [a, b] as readonly [
    Readonly<Record<string, unknown>>,
    Readonly<Record<string, unknown>>,
  ];
  for (const part in one) if (!alike(one[part], other[part], judge, part)) return false;
  for (const part in other) if (other[part] !== undefined && one[part] === undefined) return false;
  return true;
}
