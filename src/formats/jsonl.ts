import { isRecord, parseJson } from "./json.ts";
import { refuser } from "./refuse.ts";

/** One record as one line, with its line end. JSON has no NaN or infinity: they become null. */
export function jsonlLine(record: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(record)}\n`;
}

/** Reads lines back; blank lines are passed over. Fails with `bad-jsonl`, naming file and line. */
export function parseJsonl(text: string, { file = "jsonl" } = {}): Record<string, unknown>[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const refuse = refuser("bad-jsonl", `${file}:${i + 1}`);
    const record = parseJson(line, refuse);
    return isRecord(record) ? [record] : refuse("the line is not a JSON object");
  });
}
