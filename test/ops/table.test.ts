import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/eval/evaluate.ts";
import { withBuilder } from "../../src/ir/builder.ts";
import { applyRoom, byName, type OpRoom } from "../../src/ir/op.ts";
import { ops } from "../../src/ops/table.ts";
import { evaluateFormula } from "./formula.ts";
import { prepare, sampleText } from "./sample.ts";

// Every file of the folder is asked, so that an op of a family that the table forgets is found.
const files = readdirSync(new URL("../../src/ops/", import.meta.url)).map((file) => file.replace(".ts", ""));
const families = await Promise.all(
  files.map((file) => import(`../../src/ops/${file}.ts`) as Promise<Record<string, unknown>>),
);
const declared = families.flatMap((family) =>
  Object.values(family).flatMap((made) =>
    typeof made === "function" && "room" in made ? [(made.room as OpRoom).name] : [],
  ),
);

test("the table holds every op that a file declares, under its own name", () => {
  expect(declared.length).toBeGreaterThan(30);
  expect(declared.filter((name) => !ops.has(name))).toEqual([]);
  for (const [name, room] of ops) expect(room.name).toBe(name);
});

describe.each([...ops.values()].map((room) => [room.name, room] as const))("%s", (_, room) => {
  test("has a sentence, and gradients of inputs that exist", () => {
    expect(room.doc).toMatch(/^\S.{10,}\.$/);
    const inputs = room.inputs.map((name) => name.replace("...", ""));
    for (const name of Object.keys(room.vjp ?? {})) expect(inputs).toContain(name);
  });

  test("has samples: at least 8 if it has gradients", () => {
    // What carries a body has no sample in plain data: test/scan makes its calls.
    const none = room.lower.kind === "leaf" || room.lower.kind === "loop";
    expect(room.samples.length).toBeGreaterThanOrEqual(room.vjp && !room.mark ? 8 : none ? 0 : 3);
  });

  test("says of itself what is so", () => {
    const { carries, commutative, symbol, inputs } = room;
    if (typeof symbol === "string") expect(symbol.split("_").length - 1).toBeLessThanOrEqual(inputs.length);
    for (const [k, sample] of carries || commutative ? [...room.samples.entries()] : []) {
      const prepared = prepare(room, sample, 3, 100 + k);
      const given = prepared.inputs.map(({ node }) => prepared.feed.get(node)!.data);
      const [{ data }] = evaluate([prepared.y], prepared.feed, { n: 3 });
      if (commutative) {
        const turned = withBuilder(prepared.build, () => applyRoom(room, prepared.inputs.toReversed(), {}));
        expect(evaluate(turned.outputs, prepared.feed, { n: 3 })[0].data).toEqual(data);
      }
      if (!carries) continue;
      const carried = new Set(
        (carries === "joined" ? given : given.slice(0, 1)).flatMap((part) => [...part]),
      );
      for (const value of data) expect(carried.has(value), sampleText(room, sample)).toBe(true);
      if (carries === "same") expect(data).toEqual(given[0]);
    }
  });

  test("evaluates every sample as its lowering says, for every n", () => {
    for (const [k, sample] of room.samples.entries()) {
      for (const n of [1, 3, 5]) {
        const prepared = prepare(room, sample, n, 100 + k);
        const { lower } = room;
        const [value] = evaluate([prepared.y], prepared.feed, { n });
        const text = `${sampleText(room, sample)} with n = ${n}, seed ${100 + k}`;
        for (const number of value.data) expect(number, text).not.toBeNaN();
        if (lower.kind === "at" || lower.kind === "template") {
          expectClose(evaluateFormula(room, prepared, n).data, value.data, text);
        } else if (lower.kind === "expand") {
          const { inputs, y, build, feed } = prepared;
          const expanded = withBuilder(build, () =>
            lower.expand({ ...byName(room, inputs), attrs: y.node.attrs } as never),
          );
          expect(expanded.type, text).toEqual(y.type);
          expectClose(evaluate([expanded], feed, { n })[0].data, value.data, text);
        }
      }
    }
  });
});

function expectClose(found: Float64Array, expected: Float64Array, text: string): void {
  expect(found.length, text).toBe(expected.length);
  for (const [k, value] of expected.entries()) {
    const error = Object.is(value, found[k]) ? 0 : Math.abs(value - found[k]);
    expect(error, `${text}: element ${k} is ${found[k]}, expected ${value}`).toBeLessThanOrEqual(
      1e-12 * Math.max(1, Math.abs(value)),
    );
  }
}
