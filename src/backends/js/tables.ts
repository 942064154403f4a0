/** The table that `pow2` reads, made once for an instance. */
export const powersLines = (types: boolean): string[] => [
  "// 2^i at i + 1100.",
  `function powersOfTwo()${types ? ": Float64Array" : ""} {`,
  "  const powers = new Float64Array(2201);",
  "  powers[26] = 5e-324;",
  "  for (let i = 27; i < 2201; i++) powers[i] = powers[i - 1] * 2;",
  "  return powers;",
  "}",
];

/** What makes an array of plain numbers, once for an instance. */
export const numbersLines = (types: boolean): string[] => [
  "// So many numbers that an engine keeps as doubles side by side, since none of them is whole.",
  `function numbers(length${types ? ": number" : ""})${types ? ": number[]" : ""} {`,
  "  const list = [0.5];",
  "  while (list.length < length) list.push(0.5);",
  "  return list;",
  "}",
];
