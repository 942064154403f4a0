// Reads templates/ into one module of data, so that compiling works where there are no files, and reads no text. Each
// function stays a literal until a model needs it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const folder = new URL("../templates/", import.meta.url);
// These give a template its types, intrinsics and lanes when it runs as ordinary TypeScript; they are no loops.
const support = new Set(["types.ts", "intrinsics.ts", "lanes.ts"]);

/** The compiler's own reader, which is no JavaScript before the build. */
async function reader() {
  const input = fileURLToPath(new URL("../src/ir/text/loop-parse.ts", import.meta.url));
  const bundle = await rolldown({ input });
  const { output } = await bundle.generate();
  return await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}

/** Data as a literal. Unlike JSON it has ∞, NaN and -0. */
function literal(thing) {
  if (Object.is(thing, -0)) return "-0";
  if (typeof thing === "number") return String(thing);
  if (typeof thing !== "object" || thing === null) return JSON.stringify(thing);
  if (Array.isArray(thing)) return `[${thing.map(literal).join(",")}]`;
  const rows = Object.entries(thing).filter(([, value]) => value !== undefined);
  return `{${rows.map(([name, value]) => `${name}:${literal(value)}`).join(",")}}`;
}

const { parseLoops } = await reader();
const files = readdirSync(folder, { recursive: true })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts") && !support.has(name))
  .sort();
const functions = files.flatMap((name) =>
  parseLoops(readFileSync(new URL(name, folder), "utf8").replaceAll("\r\n", "\n"), `templates/${name}`),
);
const twice = functions.find(({ name }, k) => functions.findIndex((other) => other.name === name) < k);
if (twice) throw new Error(`two templates are called ${twice.name}`);
const rows = functions.map((fn) => `  ${fn.name}: () => (${literal(fn)}),\n`);

const output = `// Written by scripts/bundle-templates.mjs from templates/*.ts; change those and run it again.
import type { LoopFunction } from "../ir/loop.ts";

/** Every function of the templates under its name. */
export const templates: Readonly<Record<string, () => LoopFunction>> = {
${rows.join("")}};
`;
const target = new URL("../src/lower/templates.gen.ts", import.meta.url);
let before = "";
try {
  before = readFileSync(target, "utf8");
} catch {
  // There is nothing to compare with on the first run.
}
if (before !== output) writeFileSync(target, output);
