/** A number of bytes as people read it: `812 B`, `4.1 kB`, `2.30 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

/** `950`, `5.1 k`, `2.3 M`: a count with a suffix, for operations. */
export function countText(count: number): string {
  if (count < 1000) return `${Math.round(count)} `;
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} k` : `${(count / 1e6).toFixed(1)} M`;
}

/** A duration given in milliseconds. */
export function timeText(ms: number): string {
  if (ms < 1e-3) return `${(ms * 1e6).toFixed(0)} ns`;
  if (ms < 1) return `${(ms * 1e3).toFixed(2)} µs`;
  return ms < 1000 ? `${ms.toFixed(2)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Whether each column is set to the left or to the right. */
export type Align = "left" | "right";

/** Rows as columns of equal width, two blanks between; the first row is the heading. */
export function tableText(rows: readonly (readonly string[])[], align: readonly Align[] = []): string {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows
    .map((row) =>
      row
        .map((cell, k) => (align[k] === "right" ? cell.padStart(widths[k]) : cell.padEnd(widths[k])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** Control characters from a file must not reach the terminal as commands; tabs and line ends may. */
export const safeText = (text: string): string =>
  text.replace(/[^\P{Cc}\t\n]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
