/** What the files of a model are called after: `digits` for `digits.model.ts`. */
export const baseName = (source: string): string => source.replace(/(\.model)?(\.[cm]?[jt]sx?)?$/, "");
