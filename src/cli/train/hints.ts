import { GradcError } from "../../base/errors.ts";
import { columnTexts, parseNumber, type Table } from "../../data/index.ts";

/**
 * Runs what reads the cells of a table; where one is no number, the hint names the option of the command line
 * instead of the library's. `free` is true for a model without a table, whose label the user chooses.
 */
export function withOptionHints<Result>(table: Table, free: boolean, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw explained(error, table, free);
  }
}

function explained(error: unknown, table: Table, free: boolean): unknown {
  if (!(error instanceof GradcError) || error.code !== "value") return error;
  const [sentence] = error.message.split("\n  at ");
  const found = /^column (\d+) \(".*"\) holds "(.*)", which is not a number$/s.exec(sentence);
  if (!found) return error;
  const column = table.columns[Number(found[1]) - 1];
  const hint =
    free && isText(table, column)
      ? `"${column}" holds text; if it is what the model predicts: --label ${quoted(column)}`
      : `write a plain decimal number; if it stands for a missing value: --missing ${quoted(found[2])}`;
  return new GradcError(error.code, sentence, { place: error.place, hint, cause: error });
}

/** A column of which most cells are text, and not always the same. */
function isText(table: Table, column: string): boolean {
  const texts = columnTexts(table, column).filter((text) => parseNumber(text) === undefined && text !== "");
  return texts.length * 2 > table.rows.length && new Set(texts).size > 1;
}

/** As it is typed in a shell. */
const quoted = (text: string): string =>
  /^[\w.+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
