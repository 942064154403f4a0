import { readFileSync } from "node:fs";
import { readCsv, type CsvOptions, type Table } from "../../src/data/index.ts";

/** One of the tables that the examples train on. */
export function example(name: string, options: CsvOptions = {}): Table {
  const file = `${name}.csv`;
  return readCsv(readFileSync(new URL(`../../examples/data/${file}`, import.meta.url)), { file, ...options });
}
