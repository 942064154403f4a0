// Writes the source texts of templates/ into one module, so that compiling also works where there are no files.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const folder = new URL("../templates/", import.meta.url);
// These give a template its types, intrinsics and lanes when it runs as ordinary TypeScript; they are no loops.
const support = new Set(["types.ts", "intrinsics.ts", "lanes.ts"]);

const names = readdirSync(folder, { recursive: true })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts") && !support.has(name))
  .sort();

const literal = (text) => "`" + text.replace(/[\\`]|\$\{/g, "\\$&") + "`";
const rows = names.map((name) => {
  const text = readFileSync(new URL(name, folder), "utf8").replaceAll("\r\n", "\n");
  return `  ${JSON.stringify(name.replace(/\.ts$/, ""))}: ${literal(text)},\n`;
});

const output = `// Written by scripts/bundle-templates.mjs from templates/*.ts; change those and run it again.

/** The source text of every template under its file's name. */
export const templates: Readonly<Record<string, string>> = {
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
