import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

// What the documents show of generated files is cut out of them: a comment above the block names the file, the text
// of the first line (a place, " > ", the line below it), and the number of lines, or "block" for all up to the brace
// that ends what the first line begins. UPDATE=1 cuts anew.
const update = Boolean(process.env["UPDATE"]);
const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8").replaceAll("\r\n", "\n");
const cutting =
  /<!-- cut: (\S+) \| (.+) \| (\d+|block) -->\n(?:<!-- prettier-ignore -->\n)?(```\w*\n)([^]*?)```/g;

/** Some lines of a file as the documents show them: from the margin, with comments near what they are about. */
function cut(path: string, place: string, count: string): string {
  const lines = read(path).split("\n");
  let at = -1;
  for (const text of place.split(" > ")) {
    at = lines.findIndex((line, k) => k > at && line.includes(text));
    expect(at, `"${text}" in ${path}`).toBeGreaterThanOrEqual(0);
  }
  const indent = lines[at].search(/\S/);
  const isEnd = (line: string, k: number): boolean => k > at && /^\}\W*$/.test(line.slice(indent));
  const end = count === "block" ? lines.findIndex(isEnd) + 1 : at + Number(count);
  const chosen = lines.slice(at, end);
  const margin = Math.min(...chosen.filter((line) => line !== "").map((line) => line.search(/\S/)));
  return chosen.map((line) => `${line.slice(margin).replace(/ {2,}\/\/ /, "  // ")}\n`).join("");
}

describe.each(["README.md", "ARCHITECTURE.md"])("%s", (name) => {
  test("shows generated files as they are", () => {
    const text = read(name);
    const renewed = text.replace(
      cutting,
      (block, path: string, place: string, count: string, fence: string) => {
        const head = block.slice(0, block.indexOf(fence));
        return `${head}${fence}${cut(path, place, count)}\`\`\``;
      },
    );
    expect(renewed).toContain("<!-- cut: ");
    if (update && renewed !== text) writeFileSync(new URL(name, root), renewed);
    else expect(text).toBe(renewed);
  });

  test("links to files that exist", () => {
    const links = [...read(name).matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path);
    expect(links.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });
});

test.each(["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "REFERENCE.md", "bench/RESULTS.md"])(
  "%s is whole: no half of a merge, and no section that waits to be filled",
  (name) => {
    const text = read(name);
    expect(text).not.toMatch(/^(<{7}|={7}|>{7})( |$)/m);
    for (const [, section, inside] of text.matchAll(/<!-- bench: (\w+) -->([^]*?)<!-- \/bench -->/g))
      expect(inside.trim(), section).not.toBe("");
  },
);

test("the README begins with a number and the two commands", () => {
  const [, sentence, ...rest] = read("README.md").split(/\n\n+/);
  const module = readFileSync(new URL("generated/digits/digits.gen.js", root));
  const stated = /([\d.]+) kB \(gzip\)/.exec(sentence)?.[1];
  expect((gzipSync(module, { level: 9 }).length / 1000).toFixed(1)).toBe(stated);
  const commands = rest
    .slice(0, 5)
    .join("\n")
    .match(/npm ci && npm \w+/g);
  expect(commands).toEqual(["npm ci && npm start", "npm ci && npm test"]);
});
