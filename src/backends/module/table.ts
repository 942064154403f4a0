import { memberOf, stringText } from "./names.ts";
import type { ModuleContext } from "./context.ts";
import { arrayClass } from "./layout.ts";

/** `encodeRow`: one row of the table into row i of the features, numbers as they are, categories as one-hot. */
export function encodeRowLines({ program, types }: ModuleContext): string[] {
  if (!program.table) return [];
  const columns = program.table.columns.filter(
    (column) => column.kind === "number" || column.kind === "category",
  );
  const categories = columns.filter((column) => column.kind === "category");
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const float = arrayClass[program.precision];
  const t = (text: string): string => (types ? text : "");
  return [
    // What is listed stands outside, so that encoding a row makes no array.
    `const columnNames${t(": readonly string[]")} = [${program.table.columns.map(({ name }) => stringText(name)).join(", ")}];`,
    ...(categories.length > 0
      ? [
          `const columnValues${t(": readonly (readonly string[])[]")} = [`,
          ...categories.map(({ values = [] }) => `  [${values.map(stringText).join(", ")}],`),
          "];",
        ]
      : []),
    `/** Writes a row into row \`i\` of the features; what is missing becomes NaN, which the model fills in. Where a column is left out, a name of none is a RangeError. */`,
    `export function encodeRow(row${t(": Row")}, x${t(`: ${float}`)}, i${t(": number")} = 0)${t(": void")} {`,
    `  const at = i * ${width};`,
    `  if (!(i >= 0 && at + ${width} <= x.length)) throw new RangeError(\`row \${i} does not fit into \${x.length} numbers, ${width} a row\`);`,
    ...columns.map((column) =>
      column.kind === "number"
        ? `  x[at + ${column.at}] = numberOf(${stringText(column.name)}, ${memberOf("row", column.name)}, row);`
        : `  encodeCategory(${stringText(column.name)}, ${memberOf("row", column.name)}, columnValues[${categories.indexOf(column)}], x, at + ${column.at}, row);`,
    ),
    "}",
    // What is missing may be left out, so a misspelt name is told from it only by a look at all names there are; what a
    // page has added to all objects is no column.
    `function checkColumns(row${t(": Row")})${t(": void")} {`,
    '  for (const name in row) if (!columnNames.includes(name) && !(name in Object.prototype)) throw new RangeError(`there is no column ${name}; known: ${columnNames.join(", ")}`);',
    "}",
    ...(columns.some((column) => column.kind === "number")
      ? [
          `function numberOf(name${t(": string")}, value${t(": number | null | undefined")}, row${t(": Row")})${t(": number")} {`,
          "  if (value === undefined) checkColumns(row);",
          "  if (value === null || value === undefined) return NaN;",
          '  if (typeof value !== "number") throw new RangeError(`column ${name}: expected a number, found ${typeof value === "string" ? `"${value}"` : String(value)}`);',
          "  return value;",
          "}",
        ]
      : []),
    ...(categories.length > 0
      ? [
          `function encodeCategory(name${t(": string")}, value${t(": string | null | undefined")}, values${t(": readonly string[]")}, x${t(`: ${float}`)}, at${t(": number")}, row${t(": Row")})${t(": void")} {`,
          "  if (value === undefined) checkColumns(row);",
          '  const missing = value === null || value === undefined || value === "";',
          "  let place = -1;",
          "  for (let k = 0; k < values.length; k++) if (values[k] === value) place = k;",
          '  if (!missing && place < 0) throw new RangeError(`column ${name}: unknown category ${value}; known: ${values.join(", ")}`);',
          "  for (let k = 0; k < values.length; k++) x[at + k] = missing ? NaN : k === place ? 1 : 0;",
          "}",
        ]
      : []),
  ];
}
