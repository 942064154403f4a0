import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { reference } from "../src/inspect/reference.ts";
import { ops } from "../src/ops/table.ts";
import { namedActivations } from "../src/nn/layers/activation.ts";

const source = new URL("../src/", import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);
const texts = files.map((name) => [name, readFileSync(new URL(name, source), "utf8")] as const);
const { functions, entries, module, text } = reference(new Map(texts.toSorted()));
const page = readFileSync(new URL("../REFERENCE.md", import.meta.url), "utf8");

test("REFERENCE.md says what the source says", () => {
  expect(page, "npm run generate writes it anew").toBe(text);
});

test("every exported function, every op and every activation by name has an entry", () => {
  const entries = new Set([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name));
  const wanted = [...functions.map(({ name }) => name), ...ops.keys(), ...Object.keys(namedActivations)];
  expect(wanted.filter((name) => !entries.has(name))).toEqual([]);
});

test("every exported function has words above it in the source", () => {
  expect(functions.length).toBeGreaterThan(200);
  const silent = functions.filter(({ about, words }) => !/\w.*[.:]$/.test(about?.doc ?? words));
  expect(silent.map(({ name, file }) => `${file}: ${name}`)).toEqual([]);
});

test("calls say what must be given, what may be left out, and what it then is", () => {
  const callOf = (name: string): string | undefined =>
    new RegExp(`^\\| \`${name}\` \\| \`([^\`]*)\``, "m").exec(page)?.[1];
  expect(callOf("batch")).toBe("batch(max) → BatchDim");
  expect(callOf("transpose")).toBe("transpose(x, permutation?) → Value");
  expect(callOf("concat")).toBe("concat(xs, { axis = -1 }) → Value");
  expect(callOf("einsum")).toBe("einsum(subscripts, ...operands) → Value");
  expect(callOf("dense")).toMatch(
    /^dense\(x, \{ units, kernelInitializer\?, .*useBias = true, .*\}\) → Value$/,
  );
  expect(callOf("adam")).toMatch(/^adam\(\{ beta1 = 0.9, .*learningRate = 0.001, … \}\) → OptimizerSpec$/);
  expect(callOf("huber")).toBe('huber(predictions, targets, { delta = 1, reduction = "mean", … }) → Value');
  const silent = functions.filter(
    ({ name }) => !/^[A-Z]/.test(name) && !callOf(name)?.startsWith(`${name}(`),
  );
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test("a type that names the elements of a list says which they are, those of a list within it too", () => {
  const typeOf = (name: string): string | undefined =>
    new RegExp(`^\\| \`${name}\` \\| \`([^\`]*)\``, "m").exec(page)?.[1];
  expect(typeOf("Target")).toBe(String.raw`"js" \| "ts" \| "wasm"`);
  expect(typeOf("TargetChoice")).toBe(String.raw`"js" \| "ts" \| "wasm" \| "auto"`);
});

test("what has a default is an option, and one that may be left out", () => {
  const faults = functions.flatMap(({ name, about, call }) => {
    const options = call.takes.flatMap((parameter) => parameter.options ?? []);
    return Object.keys(about?.defaults ?? {}).flatMap((option) =>
      options.some((known) => known.name === option && known.optional) ? [] : [`${name}: ${option}`],
    );
  });
  expect(faults).toEqual([]);
});

test("layers, losses and their like say what they are, and what Keras and PyTorch call them", () => {
  const folders: Readonly<Record<string, string>> = {
    "nn/layers/": "layer",
    "nn/losses/": "loss",
    "nn/metrics/": "metric",
    "nn/optimizers/": "optimizer",
    "nn/schedules/": "schedule",
    "nn/initializers.ts": "initializer",
    "nn/regularizers.ts": "regularizer",
    "nn/activations/": "activation",
  };
  const faults = functions.flatMap(({ name, file, about }) => {
    const folder = Object.keys(folders).find((prefix) => file.startsWith(prefix));
    if (folder === undefined) return [];
    if (!about) return [`${name} (${file}) is not documented`];
    return [
      ...(about.kind === folders[folder] ? [] : [`${name} (${file}) is called a ${about.kind}`]),
      ...(about.keras === undefined ? [`${name} (${file}) has no Keras name, nor null`] : []),
      ...(about.pytorch === undefined ? [`${name} (${file}) has no PyTorch name, nor null`] : []),
    ];
  });
  expect(faults).toEqual([]);
});

describe("the library", () => {
  const rowsOf = (heading: string): string[][] => {
    const part = page.slice(page.indexOf(`\n## ${heading}\n`) + 1).split("\n## ")[0];
    return [...part.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) => row.split(" | "));
  };

  test("every function, type and member has words above it in the source, and a row", () => {
    expect(entries.map(({ name, exports }) => [name, exports.length > 0])).toEqual(
      ["data", "train", "compiler", "config"].map((name) => [`gradc/${name}`, true]),
    );
    for (const { name, exports } of entries) {
      const things = exports.flatMap((thing) => [
        thing,
        ...thing.members.map((member) => ({ ...member, name: `${thing.name}.${member.name}` })),
      ]);
      const silent = things.filter(({ words }) => !/\w.*[.:]$/.test(words));
      expect(silent.map((thing) => `${name}: ${thing.name}`)).toEqual([]);
      const rows = rowsOf(`\`${name}\``).map(([first]) => first);
      expect(things.map((thing) => `\`${thing.name}\``).filter((thing) => !rows.includes(thing))).toEqual([]);
    }
  });

  test("a generated module's functions and the members of a network too", () => {
    const network = module.find(({ name }) => name === "Points")!;
    const things = [...network.members, ...module.filter(({ call }) => call)];
    expect(things.filter(({ words }) => words === "").map(({ name }) => name)).toEqual([]);
    const rows = rowsOf("A generated module").map(([first]) => first);
    expect(rows).toEqual(
      expect.arrayContaining(
        [
          "create", "createPredictor", "encodeRow", "spec", "state", "step", "params", "gradients", "hyper", "init", "forward",
          "backward", "update", "trainStep", "evaluate", "resetMetrics", "predict",
        ].map((name) => `\`${name}\``),
      ),
    ); // prettier-ignore
  });

  test("calls, and what they fail with", () => {
    const row = (entry: string, name: string): string[] | undefined =>
      rowsOf(`\`${entry}\``).find(([first]) => first === `\`${name}\``);
    expect(row("gradc/train", "fit")?.[1]).toMatch(
      /^`fit\(net, \{ train, epochs, validation\?, .*patience\?, .*\}\) → Promise<History>`$/,
    );
    expect(row("gradc/data", "split")?.[1]).toBe(
      "`split(table, { fractions?, by?, label?, seed? }) → Readonly<Record<Part, Table>>`",
    );
    expect(row("gradc/data", "clean")?.[3]).toContain("`unknown-column` where the table lacks a column");
    expect(row("gradc/train", "fit")?.[3]).toContain("`non-finite-loss`");
    expect(row("gradc/compiler", "compile")?.[1]).toContain("target?");
    expect(row("gradc/config", "defineConfig")?.[1]).toBe("`defineConfig(config) → Config`");
  });

  test("what comes back is told of every function, unless it is nothing", () => {
    const silent = (fns: readonly { name: string; call: { gives: string } | undefined }[]): string[] =>
      fns.filter(({ name, call }) => call?.gives === "" && !/^[A-Z]/.test(name)).map(({ name }) => name);
    expect(silent(functions)).toEqual(["assign"]);
    expect(silent(module)).toEqual(["encodeRow"]);
    expect(entries.map(({ exports }) => silent(exports))).toEqual([["checkClasses"], ["loadWeights", "writeTable"], [], []]); // prettier-ignore
    expect(rowsOf("A generated module").find(([first]) => first === "`create`")?.[1]).toMatch(/ → Points`$/);
  });

  test("the types that models are declared with say what they are", () => {
    const rows = rowsOf("Types of declarations");
    const names = rows.map(([name]) => name.slice(1, -1));
    expect(names).toEqual(
      expect.arrayContaining(["Built", "Built.steps?", "ModelOptions.build", "Model", "Value", "Recurrent"]),
    );
    expect(rows.filter((row) => !/\w.*[.:]$/.test(row.at(-1)!)).map(([name]) => name)).toEqual([]);
  });

  test("every type that a row of the library names has a row, but for those of the language and of the stages", () => {
    const known = new Set([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name));
    const faults = entries.flatMap(({ name: entry, exports }) =>
      exports
        .flatMap(({ name, type, call, members }) =>
          [type, call?.gives ?? "", ...members.map((member) => member.type)].map(
            (text) => [name, text] as const,
          ),
        )
        .flatMap(([name, text]) =>
          [...text.replaceAll(/"[^"]*"/g, "").matchAll(/\b[A-Z]\w+/g)]
            .filter(([type]) => !known.has(type) && !builtIn.has(type) && !stageTypes.has(type))
            .map(([type]) => `${entry}: ${name} names ${type}`),
        ),
    );
    expect(faults).toEqual([]);
  });
});

/** What the language and its libraries declare, and the letters of a function's own. */
const builtIn = new Set([
  "AbortSignal", "ArrayLike", "Float32Array", "Float64Array", "Infinity", "Int16Array", "Int32Array", "Int8Array", "Items",
  "Iterable", "Map", "Partial", "Pick", "Promise", "Readonly", "ReadonlyMap", "Record", "Uint8Array", "Values",
]); // prettier-ignore
/** The compiler's own records, which are looked at by `render`. */
const stageTypes = new Set([
  "Backend", "BuiltModel", "Listener", "LoopProgram", "MemoryPlan", "Program", "Schedule", "WasmCode",
]); // prettier-ignore
