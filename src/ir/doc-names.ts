/** A word of a comment, with what makes a path, a file or a place in one of it: no part of these is a buffer's name. */
const word = /[\w/.:-]*\w/g;

/** Comment lines in which buffers are called as the code below them calls them. */
export const withNames = (doc: readonly string[], names: ReadonlyMap<string, string>): readonly string[] =>
  doc.map((line) => line.replace(word, (name) => names.get(name) ?? name));
