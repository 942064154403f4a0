import { readFileSync } from "node:fs";
import { compile, type Compilation, type CompileOptions } from "../../src/compile.ts";
import { loadGenerated } from "../../src/cli/load-generated.ts";
import type { Generated, Net } from "../../src/cli/train/module.ts";
import {
  batches,
  encodeColumns,
  encodeTable,
  fitTable,
  readCsv,
  split,
  type Batch,
  type Table,
} from "../../src/data/index.ts";
import { evaluateAll, fit, writeTable, type Metrics } from "../../src/train/index.ts";

export const exampleFile = (path: string): URL => new URL(`../../examples/${path}`, import.meta.url);

export const exampleTable = (name: string): Table =>
  readCsv(readFileSync(exampleFile(`data/${name}.csv`)), { file: `${name}.csv` });

/** A model compiled and running in this process. */
export async function running(
  model: Parameters<typeof compile>[0],
  options: CompileOptions = {},
): Promise<{ readonly compilation: Compilation; readonly generated: Generated }> {
  const compilation = compile(model, options);
  return { compilation, generated: await loadGenerated<Generated>(compilation) };
}

export interface Plan {
  readonly table: Table;
  /** The column of the classes, or undefined for rows in order of time. */
  readonly label?: string;
  readonly seed: number;
  readonly epochs: number;
  /** The share of the rows that tells when to stop; without one, training goes on to the last epoch. */
  readonly validation?: number;
}

/** Trains as `gradc train` does, and gives the metrics of the 20 % of the rows that were never seen. */
export async function trainAndTest(generated: Generated, plan: Plan): Promise<{ net: Net; test: Metrics }> {
  const { spec, create, encodeRow } = generated;
  const { table, label, seed, epochs, validation = 0.1 } = plan;
  const fractions = { train: 1 - 0.2 - validation, validation, test: 0.2 };
  const by = label === undefined ? "chronological" : "stratified";
  const parts = split(table, { fractions, by, label, seed });
  const encode = (part: Table): Batch =>
    encodeRow ? encodeTable(spec, part, encodeRow) : encodeColumns(spec, part, { label });
  const net = create({ seed });
  if (spec.table) writeTable(net, spec, fitTable(spec.table, parts.train));
  await fit(net, {
    train: batches(encode(parts.train), { size: 32, seed }),
    epochs,
    ...(validation > 0
      ? { validation: batches(encode(parts.validation), { size: spec.batch! }), patience: 20 }
      : {}),
  });
  return { net, test: evaluateAll(net, batches(encode(parts.test), { size: spec.batch! })) };
}
