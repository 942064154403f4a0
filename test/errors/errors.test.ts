import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { codes, type Code } from "../../src/base/errors.ts";
import { fixtures } from "./fixtures.ts";

// UPDATE=1 writes what is compared otherwise.
const update = Boolean(process.env["UPDATE"]);
const place = new URL("./errors.txt", import.meta.url);
const all = Object.keys(codes) as Code[];

/** What stands in the catalogue below each code. */
const sections = new Map(
  readFileSync(place, "utf8")
    .split(/^(?=# )/m)
    .map((section) => [/^# (\S+):/.exec(section)?.[1], section]),
);
const written: string[] = [];

test.each(all)("%s", async (code) => {
  const texts = [`# ${code}: ${codes[code]}\n`];
  for (const { input, raise } of fixtures[code]) {
    const text = await raise();
    expect(text).toMatch(new RegExp(String.raw`^error\[${code}\]: .`));
    texts.push(`${input.replaceAll(/^/gm, "> ")}\n${text}`);
  }
  expect(texts.length).toBeGreaterThan(1);
  const section = `${texts.join("\n")}\n`;
  written.push(section);
  if (!update) expect(section).toBe(sections.get(code));
});

test("the catalogue lists these codes and no others", () => {
  expect(written.length).toBe(all.length);
  if (update) writeFileSync(place, written.join(""));
  else expect([...sections.keys()]).toEqual(all);
});

test("each code has a sentence that says what it means", () => {
  for (const [code, sentence] of Object.entries(codes)) expect(sentence, code).toMatch(/^[A-Z].+\.$/s);
});
