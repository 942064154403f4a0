export { batches, joined, type Batch, type BatchOptions, type NumericArray } from "./batches.ts";
export { clean, type CleanOptions, type CleanReport } from "./clean.ts";
export { decodeIdx as readIdx, type IdxArray, type IdxData } from "../formats/idx.ts";
export { readCsv, type CsvOptions } from "./csv.ts";
export { checkClasses, encodeColumns, encodeTable, type ColumnsOptions, type EncodeRow } from "./encode.ts";
export { fitTable, type TableStatistics } from "./fit-table.ts";
export { parseNumber } from "./numbers.ts";
export { randomBits, shuffle } from "./random.ts";
export type {
  CategoryColumn,
  ColumnSpec,
  DataSpec,
  InputSpec,
  LabelColumn,
  NumberColumn,
  PlacedColumn,
  TableSpec,
  TargetColumn,
} from "./spec.ts";
export { split, type Part, type SplitOptions } from "./split.ts";
export {
  applyColumn,
  fitCategories,
  fitColumn,
  modeOf,
  oneHot,
  type ColumnStatistics,
  type FitOptions,
} from "./statistics.ts";
export { columnIndex, columnTexts, pickRows, type Table } from "./table.ts";
