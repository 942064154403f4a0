/** The table that `pow2` reads, made once for an instance. */
export const powersLines = (types: boolean): string[] => [
  "// 2^i at i + 1100.",
  `function powersOfTwo()${types ? ": Float64Array" : ""} {`,
  "  const powers = new Float64Array(2201);",
  "  powers[1100] = 1;",
  "  for (let i = 1; i <= 1100; i++) {",
  "    powers[1100 + i] = powers[1099 + i] * 2;",
  "    powers[1100 - i] = powers[1101 - i] / 2;",
  "  }",
  "  return powers;",
  "}",
];
