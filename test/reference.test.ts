import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { described, referenceText } from "../src/inspect/reference.ts";
import { ops } from "../src/ops/table.ts";
import { namedActivations } from "../src/nn/layers/activation.ts";

const source = new URL("../src/", import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);
const texts = files.map((name) => [name, readFileSync(new URL(name, source), "utf8")] as const);
const functions = described(new Map(texts.toSorted()));
const page = readFileSync(new URL("../REFERENCE.md", import.meta.url), "utf8");

test("REFERENCE.md says what the source says", () => {
  expect(page, "npm run generate writes it anew").toBe(referenceText(functions));
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
