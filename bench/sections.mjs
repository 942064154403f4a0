// Texts between markers in documents: <!-- bench: name --> … <!-- /bench -->.
import { readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";

/** Puts texts into the marked places of a document. Throws where a place is missing, with what it lacks. */
export async function fillSections(path, texts) {
  let document = readFileSync(path, "utf8");
  for (const [name, text] of Object.entries(texts)) {
    const place = new RegExp(`(<!-- bench: ${name} -->\n)[^]*?(<!-- /bench -->)`);
    if (!place.test(document)) throw new Error(`${path} has no place for "${name}"`);
    document = document.replace(place, (_, head, foot) => `${head}\n${text.trim()}\n\n${foot}`);
  }
  writeFileSync(path, await format(document, { ...(await resolveConfig(path)), parser: "markdown" }));
}

/** A table; columns after the first are set to the right. */
export function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell ?? "–").replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map((_, k) => (k === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** Three digits that count, with separators: 0.0651, 4.31, 7,890; 1.2e-4 for what is less than a thousandth. */
export function figure(value) {
  if (value === undefined || Number.isNaN(value)) return "–";
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  const digits = Number(value.toPrecision(3));
  return digits.toLocaleString("en-US", {
    minimumFractionDigits: Math.min(decimals, 4),
    maximumFractionDigits: Math.min(decimals, 4),
  });
}

export const bytes = (count) =>
  count < 1000 ? `${count} B` : count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`; // prettier-ignore
