import type { Project } from "ts-morph";
import { compile } from "../compile.ts";
import { callText } from "./call-text.ts";
import { exportsOf, type Exported } from "./library.ts";
import { code, firstSentence, table, tableOf } from "./markdown.ts";
import { networkModel } from "./network-model.ts";

/** An entry of the package beside the one for declaring models, and what it exports. */
export interface Entry {
  readonly name: string;
  readonly words: string;
  readonly exports: readonly Exported[];
}

const entries: readonly (readonly [name: string, file: string, words: string])[] = [
  ["gradc/data", "data/index.ts", "From files to batches: tables of text are read, cleaned and divided first, and encoded with what was fitted on the rows for training."],
  ["gradc/train", "train/index.ts", "The training loop over a generated module's network, its metrics, and weights as safetensors."],
  ["gradc/compiler", "compiler.ts", "The compiler as a function: every stage of a compilation is a value. It touches no files and runs in browsers."],
  ["gradc/config", "config.ts", "The type of `gradc.config.ts`."],
]; // prettier-ignore

/** The declarations of a module that exports everything that one may, as a source. */
export function moduleSource(): readonly [path: string, text: string] {
  const { files } = compile(networkModel, { source: "points.model.ts" });
  return [declarations, files.find(({ name }) => name === declarations)!.text];
}
const declarations = "points.gen.d.ts";

export const entriesOf = (project: Project): Entry[] =>
  entries.map(([name, file, words]) => ({ name, words, exports: exportsOf(project, file) }));
/** What a generated module exports, in a project that holds its source. */
export const moduleOf = (project: Project): Exported[] => exportsOf(project, declarations);

const callOf = ({ name, call }: Exported): string => (call ? callText(name, call) : "");
/** What follows "Fails with". */
const failuresOf = (words: string): string => /Fails with (.*?)\.(?= |$)/.exec(words)?.[1] ?? "";

/** The functions of an entry, and its types member by member. */
export function entryParts({ name, words, exports }: Entry): string[] {
  const functions = exports.filter((thing) => thing.call || thing.name.endsWith("Error"));
  const types = exports.filter((thing) => !functions.includes(thing));
  return [
    `## ${code(name)}`,
    words,
    table(
      ["name", "call", "what it does", "fails with"],
      functions.map((thing) => [code(thing.name), callOf(thing), firstSentence(thing.words), failuresOf(thing.words)]),
    ),
    ...(types.length > 0 ? [tableOf(["type or member", "type", "what it is"], types.flatMap(typeRows))] : []),
  ]; // prettier-ignore
}
/** A type longer than that is better told by its words. */
const longestType = 160;

/** The types that models are declared with, but for those of options, which calls name. */
export function typesTable(project: Project): string {
  const types = exportsOf(project, "index.ts").filter(
    ({ name, call }) =>
      !call && (!name.endsWith("Options") || name === "ModelOptions") && !name.endsWith("Error"),
  );
  // Members stand there where every one is described: what a graph is made of is not for models to look at.
  const shown = types.map((thing) => {
    const members = thing.members.every(({ words }) => words !== "") ? thing.members : [];
    return { ...thing, members, type: thing.type.length > longestType ? "" : thing.type };
  });
  return tableOf(["type or member", "type", "what it is"], shown.flatMap(typeRows));
}
const typeRows = ({ name, type, words, members }: Exported): string[][] => [
  [code(name), code(type), words],
  ...members.map((member) => [code(`${name}.${member.name}`), code(member.type), member.words]),
];

/** The interface of an emitted network, and what its module exports beside it. */
export function moduleParts(module: readonly Exported[]): string[] {
  const network = module.find(({ name }) => name === "Points")!;
  return [
    "## A generated module",
    "It imports nothing, and is used alike for every target. This is what one exports in JavaScript for a model called `points`, of a table with two features; `gradc compile` writes the names and types of each model's own. With the target `wasm`, code and memory of a predictor are those of the whole network, and with `--wasm-file` besides, `create({ wasm })` and `createPredictor(state, { wasm })` take the compiled module.",
    table(
      ["name", "call", "what it does"],
      module.flatMap((thing) =>
        thing.call || thing.name === "spec" ? [[code(thing.name), callOf(thing), thing.words]] : [],
      ),
    ),
    network.words,
    tableOf(
      ["member", "type", "what it is"],
      network.members.map(({ name, type, words }) => [code(name), code(type), words]),
    ),
  ];
}
