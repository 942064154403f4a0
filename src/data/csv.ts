import Papa from "papaparse";
import { fail } from "../base/errors.ts";
import { checkNames } from "../base/options.ts";
import type { Table } from "./table.ts";

/** How a file of comma-separated values is read. */
export interface CsvOptions {
  /** The file's name in messages, "data.csv" by default. */
  readonly file?: string;
  /** What separates fields, "," by default. */
  readonly delimiter?: string;
  /** Texts that stand for a missing value besides the empty one, such as "NA". */
  readonly missing?: readonly string[];
  /** Keeps rows with too few or too many fields, for `clean` to report and drop. */
  readonly keepRagged?: boolean;
}

const known = { file: true, delimiter: true, missing: true, keepRagged: true } satisfies Record<
  keyof CsvOptions,
  true
>;

/**
 * Reads a table with a header line from CSV (RFC 4180, UTF-8, any line end); blank lines are passed over.
 * Fails with `bad-csv`, naming file, line and column: no rows, empty or repeated column names, broken quotes,
 * and rows whose number of fields differs from the header's.
 */
export function readCsv(source: string | Uint8Array, options: CsvOptions = {}): Table {
  checkNames("readCsv", options, known);
  if (options.missing !== undefined && !Array.isArray(options.missing)) {
    fail("option", `readCsv takes missing as a list of texts, found ${JSON.stringify(options.missing)}`, {
      hint: 'write missing: ["NA"]',
    });
  }
  const { file = "data.csv", delimiter = ",", missing = [], keepRagged = false } = options;
  const refuse: Refuse = (sentence, where, hint) =>
    fail("bad-csv", `${file}: ${sentence}`, { place: { source: `${file}${where}` }, hint });
  // One kind of line end, so that a file that mixes them has the same rows and line numbers everywhere.
  const text = decode(source, refuse)
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n");
  if (delimiter === ",") checkSeparator(text, refuse);
  const parsed = Papa.parse<string[]>(text, { delimiter, newline: "\n" });
  const records = withLines(parsed.data);
  for (const { message, row, type } of parsed.errors) {
    if (type === "Quotes") refuse(message.toLowerCase(), `, line ${records[row ?? 0].line}`);
  }
  const [header, ...body] = records.filter(({ fields }) => fields.length > 1 || fields[0] !== "");
  if (!header) return refuse("the file is empty", "");
  checkHeader(header, refuse);
  const columns = header.fields;
  if (body.length === 0) refuse("there is a header line, but no row", `, line ${header.line}`);
  const ragged = keepRagged ? undefined : body.find(({ fields }) => fields.length !== columns.length);
  if (ragged) {
    const found = ragged.fields.length;
    const column = Math.min(found, columns.length) + 1;
    refuse(
      `expected ${columns.length} fields, found ${found}`,
      `, line ${ragged.line}, column ${column}`,
      "mend the row or drop broken rows",
    );
  }
  const isMissing = new Set(missing);
  return {
    file,
    columns,
    rows: body.map(({ fields }) => fields.map((field) => (isMissing.has(field) ? "" : field))),
    lines: body.map(({ line }) => line),
  };
}

type Refuse = (sentence: string, where: string, hint?: string) => never;

interface CsvRecord {
  readonly fields: string[];
  readonly line: number;
}

function decode(source: string | Uint8Array, refuse: Refuse): string {
  if (typeof source === "string") return source;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(source);
  } catch {
    return refuse("the file is not UTF-8 text", "", "save it as UTF-8");
  }
}

/** A record takes one line and one more for each line end inside its quoted fields. */
function withLines(data: readonly string[][]): CsvRecord[] {
  let line = 1;
  return data.map((fields) => {
    const record = { fields, line };
    line++;
    for (const field of fields) {
      for (let at = field.indexOf("\n"); at >= 0; at = field.indexOf("\n", at + 1)) line++;
    }
    return record;
  });
}

/** Semicolons and tabs are what else separates fields; a header of one column with them was written so. */
function checkSeparator(text: string, refuse: Refuse): void {
  const [blank, header] = /^\n*([^\n]*)/.exec(text) ?? ["", ""];
  const found = header.includes(",") ? undefined : [";", "\t"].find((sign) => header.includes(sign));
  if (found === undefined) return;
  const line = blank.length - header.length + 1;
  refuse(
    `the header is one column that contains ${found === ";" ? 'semicolons (";")' : "tabs"}`,
    `, line ${line}`,
    "fields must be separated by commas: save the file so",
  );
}

function checkHeader({ fields, line }: CsvRecord, refuse: Refuse): void {
  const seen = new Set<string>();
  for (const [i, name] of fields.entries()) {
    const where = `, line ${line}, column ${i + 1}`;
    if (name === "") refuse(`column ${i + 1} has no name`, where);
    if (seen.has(name)) refuse(`two columns are named "${name}"`, where, "rename one of them");
    seen.add(name);
  }
}
