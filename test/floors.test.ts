import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { ts } from "ts-morph";
import { describe, expect, test } from "vitest";

/** Every folder and file of src, lowest floor first; a unit imports from floors below its own, and from itself. */
const floors: readonly (readonly string[])[] = [
  ["base"],
  ["ir"],
  ["ops"],
  ["autodiff", "optimize", "schedule", "memory", "lower", "eval", "backends"],
  ["nn"],
  ["compile"],
  ["disk"],
  ["cli"],
];
/** The house's own roof: what names the order of the floors, and what is shown of it. */
const compileUnit = new Set(["compile.ts", "compiler.ts", "config.ts", "flops.ts", "index.ts", "inspect", "inspect.ts", "stages.ts", "target.ts", "version.ts"]); // prettier-ignore
/** The wing of data and training knows of the house only `base`; in it, each may import those before it. */
const wing = ["formats", "data", "train"];
/** A text bundled into a module for browsers; nobody reads it there. */
const bundled = "lower/templates.gen.ts";

const root = fileURLToPath(new URL("../src/", import.meta.url));
/** The files of src by their names below it. */
const texts = new Map(
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name.replaceAll("\\", "/"), readFileSync(root + name, "utf8")] as const),
);

/** Static imports, re-exports and dynamic imports by a literal path, of types too, as they are written. */
const specifiers = new Map(
  [...texts].map(([name, text]) => [
    name,
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName),
  ]),
);

/** What a file belongs to: a folder of src, or one of its own files. */
function unitOf(name: string): string {
  const [first] = name.split("/");
  return compileUnit.has(first) ? "compile" : first.replace(/\.ts$/, "");
}

/** Who knows whom. */
const imports = new Map<string, readonly string[]>(
  [...specifiers].map(([name, written]) => [
    name,
    written.filter((specifier) => specifier.startsWith(".")).map((path) => posix.join(name, "..", path)),
  ]),
);
const edges = [...imports].flatMap(([from, targets]) => targets.map((to) => ({ from, to })));

function allowed(from: string, to: string): boolean {
  const [own, other] = [unitOf(from), unitOf(to)];
  if (own === other) return true;
  if (wing.includes(own)) return other === "base" || wing.indexOf(other) < wing.indexOf(own);
  const floorOf = (unit: string): number => floors.findIndex((units) => units.includes(unit));
  // The command line is what brings the wing and the house together.
  if (wing.includes(other)) return own === "cli";
  return floorOf(other) < floorOf(own);
}

describe("floors", () => {
  test("everything in src stands on a floor or in the wing", () => {
    const known = new Set([...floors.flat(), ...wing]);
    expect([...imports.keys()].filter((name) => !known.has(unitOf(name)))).toEqual([]);
  });

  test("every import is of a file in src", () => {
    expect(edges.length).toBeGreaterThan(texts.size);
    expect(edges.filter(({ to }) => !texts.has(to)).map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("imports lead to lower floors; folders on one floor do not know each other", () => {
    const wrong = edges.filter(({ from, to }) => !allowed(from, to));
    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test("no file imports itself in a circle", () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (name: string, path: readonly string[]): void => {
      if (path.includes(name)) circles.push([...path.slice(path.indexOf(name)), name].join(" → "));
      if (done.has(name) || path.includes(name)) return;
      for (const target of imports.get(name) ?? []) visit(target, [...path, name]);
      done.add(name);
    };
    for (const name of imports.keys()) visit(name, []);
    expect(circles).toEqual([]);
  });
});

describe("the compiler runs in browsers", () => {
  test("only the command line and the disk import what Node alone has", () => {
    const wrong = [...specifiers].filter(
      ([name, written]) =>
        !["cli", "disk"].includes(unitOf(name)) && written.some((specifier) => specifier.startsWith("node:")),
    );
    expect(wrong.map(([name]) => name)).toEqual([]);
  });
});

describe("files are small", () => {
  const lengths = [...texts]
    .filter(([name]) => name !== bundled)
    .map(([name, text]) => ({ name, lines: text.split("\n").length }))
    .sort((a, b) => a.lines - b.lines);
  const at = (share: number): number => lengths[Math.floor(share * (lengths.length - 1))].lines;

  test("half of them have at most 120 lines, nine of ten at most 250, none more than 400", () => {
    expect(at(0.5)).toBeLessThanOrEqual(120);
    expect(at(0.9)).toBeLessThanOrEqual(250);
    const long = lengths.filter(({ lines }) => lines > 400);
    expect(long.map(({ name, lines }) => `${name}: ${lines}`)).toEqual([]);
  });
});
