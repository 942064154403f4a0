const cell = (text: string): string => text.replaceAll("|", "\\|");
/** A table of rows in the order that is given. */
export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
/** The same in the order of the first column. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  tableOf(
    head,
    rows.toSorted((a, b) => (a[0] < b[0] ? -1 : 1)),
  );
export const code = (text: string | undefined): string => (text ? `\`${text}\`` : "");

/** What stands in a comment before its tags, on one line. */
export const wordsOf = (comment: string): string =>
  comment.replace(/^\s*\* ?/gm, "").split("\n@")[0].replace(/\s+/g, " ").trim(); // prettier-ignore

/** Up to the first full stop that ends a sentence. */
export const firstSentence = (words: string): string => /^.*?[.:](?= [A-Z]|$)/.exec(words)?.[0] ?? words;
