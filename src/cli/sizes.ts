import { gzipSync } from "node:zlib";
import { bytesOf, codeFiles, type Compilation } from "../compile.ts";
import { bytesText, countText } from "./text.ts";

export type Sizes = Compilation["sizes"] & { readonly gzip: number };

/** The sizes of a compilation with the gzip size of its code, which only Node can tell. */
export function sizesOf({ sizes, files }: Compilation): Sizes {
  const zipped = codeFiles(files).map((file) => gzipSync(bytesOf(file), { level: 9 }).length);
  return { ...sizes, gzip: zipped.reduce((sum, length) => sum + length, 0) };
}

/** `code 12.3 kB (gzip 4.1 kB), arena 40.1 kB (bound 39.8 kB), state 30.0 kB, 14.8 kflop a row` */
export const sizesText = (sizes: Sizes): string =>
  [
    `code ${bytesText(sizes.code)} (gzip ${bytesText(sizes.gzip)})`,
    `arena ${bytesText(sizes.arenaBytes)} (bound ${bytesText(sizes.liveBoundBytes)})`,
    ...(sizes.numbersBytes > 0 ? [`${bytesText(sizes.numbersBytes)} of plain numbers`] : []),
    `state ${bytesText(sizes.stateBytes)}`,
    `${countText(sizes.flopsPerRow)}flop a row`,
  ].join(", ");
