import { expect, test } from "vitest";
import { jsonlLine, parseJsonl } from "../../src/formats/jsonl.ts";

test("lines read back as they were written", () => {
  const records = [{ epoch: 1, loss: 0.5 }, { note: 'two\nlines, "quoted" : {}' }];
  expect(parseJsonl(`${records.map(jsonlLine).join("")}\n`)).toEqual(records);
  expect(jsonlLine({ loss: NaN })).toBe('{"loss":null}\n');
});

test.each([
  ["log.jsonl:2: the JSON does not parse", "{}\n{"],
  ["log.jsonl:1: the line is not a JSON object", "[1]"],
  ['log.jsonl:1: the key "a" appears twice', '{"a":1,"a":2}'],
])("refuses: %s", (message, text) => {
  expect(() => parseJsonl(text, { file: "log.jsonl" })).toThrow(message);
});
