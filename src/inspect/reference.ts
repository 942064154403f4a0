import type { Project } from "ts-morph";
import * as gradc from "../index.ts";
import { Builder, withBuilder } from "../ir/builder.ts";
import { typesOf, type OpRoom, type Sample } from "../ir/op.ts";
import { isBatch, tensorType, typeText, type DType, type Dim, type TensorType } from "../ir/type.ts";
import { aboutOf, type About, type AboutKind } from "../nn/about.ts";
import { namedActivations } from "../nn/layers/activation.ts";
import { ops } from "../ops/table.ts";
import { callText, shown } from "./call-text.ts";
import {
  entriesOf,
  entryParts,
  moduleOf,
  moduleParts,
  moduleSource,
  typesTable,
  type Entry,
} from "./library-text.ts";
import type { Exported } from "./library.ts";
import { code, firstSentence, table, wordsOf } from "./markdown.ts";
import { projectOf, signaturesOf, type Call } from "./signatures.ts";

/** A function that the package exports, with the first sentence that stands above it in the source. */
export interface Described {
  readonly name: string;
  /** The file that declares it, below `src`. */
  readonly file: string;
  readonly words: string;
  readonly about: About | undefined;
  /** How it is called. */
  readonly call: Call;
}

/** What the reference is made of, and its text. */
export interface Reference {
  readonly functions: readonly Described[];
  readonly entries: readonly Entry[];
  /** What a generated module exports. */
  readonly module: readonly Exported[];
  readonly text: string;
}

/**
 * The reference, as the source has it.
 * @param sources the text of every source file by its path below `src`
 */
export function reference(sources: ReadonlyMap<string, string>): Reference {
  const project = projectOf(new Map([...sources, moduleSource()]));
  const parts = {
    functions: described(sources, project),
    entries: entriesOf(project),
    module: moduleOf(project),
  };
  return { ...parts, text: referenceText(parts, typesTable(project)) };
}

/** Everything that the package exports as a function for declaring models. */
function described(sources: ReadonlyMap<string, string>, project: Project): Described[] {
  const found = new Map<string, { readonly file: string; readonly words: string }>();
  const declared = /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s*)?^export (?:const|(?:async )?function|class) (\w+)/gm;
  for (const [file, text] of sources) {
    // The words of declarers come first: an op and its sugar have one name.
    if (!file.startsWith("nn/") && !file.startsWith("base/")) continue;
    for (const [, words = "", name] of text.matchAll(declared))
      if (!found.has(name) || words !== "") found.set(name, { file, words: firstSentence(wordsOf(words)) });
  }
  const signatures = signaturesOf(project, "index.ts");
  return Object.entries(gradc)
    .filter(([, thing]) => typeof thing === "function")
    .map(([name, thing]) => {
      const { file, words } = found.get(name) ?? { file: "", words: "" };
      return {
        name,
        file,
        words,
        about: aboutOf(thing),
        call: signatures.get(name) ?? { takes: [], gives: "" },
      };
    });
}

const kinds: readonly (readonly [AboutKind, string, string])[] = [
  ["layer", "Layers", "Functions that make layers of a network; those with parameters or states name them below their own name."],
  ["activation", "Activations", 'Functions of a value, also by name: `activation: "gelu"`.'],
  ["loss", "Losses", "All take `reduction`, `weights` and `mask`, whose shape is that of the losses or of their leading axes (a weight a row, or a position); softmaxCrossEntropy also `classWeights` and `ignoreIndex`. Predictions are logits unless said otherwise."],
  ["metric", "Metrics", "All take `weights` and `mask`, and are exact over batches of any size. A loss such as `meanAbsoluteError(y, t)` serves as a metric too, averaged over the rows of all calls. Those of class labels also take the `ignoreIndex` of the loss: `accuracy(logits, y, { ignoreIndex: -100 })`."],
  ["optimizer", "Optimizers", "What changes parameters after a step. All take `weightDecay`, one of `clipValue`, `clipNorm` (of each parameter) and `globalClipNorm` (of all together, as PyTorch's clip_grad_norm_), `ema` (moving averages of the weights, which functions and `evaluate` then use), `accumulate` (batches to an update), `groups` (`{ \"encoder/**\": { learningRate: 1e-4, weightDecay: 0 } }`), and a schedule as `learningRate`."],
  ["schedule", "Schedules", "How the learning rate changes with the number t of updates so far."],
  ["initializer", "Initializers", "First values of parameters, from the seed and the parameter's name."],
  ["regularizer", "Regularizers", "Penalties on parameters, added to the loss."],
]; // prettier-ignore

const elsewhere = (name: string | null | undefined): string => (name === null ? "–" : (name ?? ""));

/** The columns of a table of things that say what they are; those in which nothing stands are left out. */
const columns: readonly (readonly [string, (about: About, call: string) => string])[] = [
  ["call", (_, call) => call],
  ["what it is", ({ doc }) => doc],
  ["formula", ({ formula }) => code(formula)],
  ["shapes", ({ shapes }) => code(shapes)],
  ["Keras", ({ keras }) => elsewhere(keras)],
  ["PyTorch", ({ pytorch }) => elsewhere(pytorch)],
  ["optax", ({ optax }) => elsewhere(optax)],
  ["ONNX", ({ onnx }) => elsewhere(onnx)],
];

function aboutTable(rows: readonly (readonly [name: string, about: About, call: string])[]): string {
  const used = columns.filter(([, text]) => rows.some(([, ...row]) => !["", "–"].includes(text(...row))));
  return table(
    ["name", ...used.map(([head]) => head)],
    rows.map(([name, ...row]) => [code(name), ...used.map(([, text]) => text(...row))]),
  );
}

const isDim = (value: unknown): value is Dim =>
  typeof value === "object" && value !== null && "times" in value;
function attributeText(value: unknown): string {
  if (isDim(value) && isBatch(value)) return value.times === 1 ? "n" : `${value.times}*n`;
  if (Array.isArray(value)) return `[${value.map(attributeText).join(", ")}]`;
  return typeof value === "object" && value !== null ? "…" : shown(value);
}

/** The type of a sample's input such as "f32[2*n,3]~-1..1". */
function sampleType(text: string): TensorType {
  const [, dtype, dims] = /^(\w+)\[([^\]]*)\]/.exec(text)!;
  const dimOf = (dim: string): Dim =>
    dim.endsWith("n") ? { times: Number(dim.replace(/\*?n$/, "") || 1), max: 5 } : Number(dim);
  return tensorType(dtype as DType, dims === "" ? [] : dims.split(",").map(dimOf));
}

/** A sample call as types: the first with the batch in it, if there is one. */
function exampleOf(room: OpRoom): string {
  const withBatch = room.samples.find(({ inputs }) => inputs[0]?.includes("[n,"));
  const sample: Sample | undefined = withBatch ?? room.samples.at(2);
  if (!sample) return "";
  const types: TensorType[] = [];
  for (const text of sample.inputs)
    types.push(text.startsWith("@") ? types[Number(text.slice(1))] : sampleType(text));
  const results = withBuilder(new Builder(), () => typesOf(room, types, sample.attrs ?? {}));
  const attributes = Object.entries(sample.attrs ?? {}).map(
    ([name, value]) => `${name}: ${attributeText(value)}`,
  );
  const given = [types.map(typeText).join(", "), attributes.length > 0 ? `{${attributes.join(", ")}}` : ""];
  return code(`${given.filter((part) => part !== "").join(" ")} → ${results.map(typeText).join(", ")}`);
}

const libraries = { numpy: "NumPy", stablehlo: "StableHLO", onnx: "ONNX", pytorch: "PyTorch", keras: "Keras" }; // prettier-ignore
const namesText = ({ names = {} }: OpRoom): string =>
  Object.entries(libraries)
    .flatMap(([key, library]) => {
      const name = names[key as keyof typeof libraries];
      return name ? [`${library} ${code(name)}`] : [];
    })
    .join(", ");

const opTable = (): string =>
  table(
    ["op", "what it computes", "for example", "gradients", "elsewhere"],
    [...ops.values()].map((room) => [
      code(room.name),
      room.doc,
      exampleOf(room),
      Object.keys(room.vjp ?? {}).join(", ") || "–",
      namesText(room),
    ]),
  );

/** The reference as Markdown: every function for declaring models, every op, and the library. */
function referenceText(
  { functions, entries: library, module }: Omit<Reference, "text">,
  types: string,
): string {
  const abouts = new Map<string, About>();
  for (const [name, thing] of Object.entries(namedActivations)) abouts.set(name, aboutOf(thing)!);
  for (const { name, about } of functions) if (about) abouts.set(name, about);
  const calls = new Map(functions.map((fn) => [fn.name, callText(fn.name, fn.call, fn.about)]));
  const rest = functions.filter(({ name, about }) => !about || ops.has(name));
  const plain = (onValues: boolean): string =>
    table(
      ["name", "call", "what it does"],
      rest
        .filter(({ file }) => file.startsWith("nn/sugar/") === onValues)
        .map(({ name, words }) => [code(name), calls.get(name) ?? "", words]),
    );
  const parts = kinds.flatMap(([kind, title, words]) => {
    const rows = [...abouts].flatMap(([name, about]) =>
      about.kind === kind ? [[name, about, calls.get(name) ?? ""] as const] : [],
    );
    return [`## ${title}`, words, aboutTable(rows)];
  });
  const paragraphs = [
    "# Reference",
    "Everything that `gradc` exports for declaring models, the ops that graphs are made of, what generated modules export, and the library around them: `gradc/data`, `gradc/train`, `gradc/compiler` and `gradc/config`. `npm run generate` writes this page from the source: from the functions' own descriptions, the words above them, and the ops' rooms; a test fails when it is stale. In calls, options with `?` may be left out, those with `=` are that where they are, the type behind `→` is what comes back, and `…` stands for what the words above a table say of all. A dash says that a library has nothing of the kind.",
    "## Declaring",
    plain(false),
    ...parts,
    "## Functions of graph values",
    "They broadcast as NumPy does and take numbers for values; most are an op of the same name.",
    plain(true),
    "## Types of declarations",
    "What the calls above take and give, with the members that a model file reads or writes.",
    types,
    "## Ops",
    "Types are those of a sample call, and n is the batch; then the inputs that have gradients, and what the op is called where it has another name.",
    opTable(),
    ...moduleParts(module),
    ...library.flatMap(entryParts),
  ];
  return `${paragraphs.join("\n\n")}\n`;
}
