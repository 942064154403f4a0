// Writes REFERENCE.md from the built compiler and the words in the source.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { reference } from "../dist/src/inspect/reference.js";

const source = new URL("../src/", import.meta.url);
const files = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".ts"));
const texts = files.map((name) => [name.replaceAll("\\", "/"), readFileSync(new URL(name, source), "utf8")]);
const page = new URL("../REFERENCE.md", import.meta.url);
const { text } = reference(new Map(texts.sort()));
let before = "";
try {
  before = readFileSync(page, "utf8");
} catch {
  // There is nothing to compare with on the first run.
}
if (before !== text) writeFileSync(page, text);
