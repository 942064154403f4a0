import { describe, expect, test } from "vitest";
import { plain } from "../../src/inspect/plain.ts";
import { folder, gradc, tree } from "./helpers.ts";
import { tinyModel } from "./models.ts";

const stages = ["forward", "training", "optimized", "kernels", "memory", "loops", "code"];
const inspect = (...argv: string[]): ReturnType<typeof gradc> =>
  gradc(folder({ "tiny.model.ts": tinyModel() }), ["inspect", "tiny.model.ts", ...argv]);

describe("inspect", () => {
  test.each(stages)("--stage %s in every format", async (stage) => {
    const text = await inspect("--stage", stage);
    expect({ code: text.code, err: text.err }).toEqual({ code: 0, err: "" });
    expect(text.out.trim().length).toBeGreaterThan(20);
    const json = await inspect("--stage", stage, "--format", "json");
    expect(JSON.parse(json.out).stage).toBe(stage);
    const dot = await inspect("--stage", stage, "--format", "dot");
    expect(dot.out).toMatch(/^digraph "[^"]*" \{\n/);
    expect(dot.out.endsWith("}\n")).toBe(true);
  });

  test("the training stage names gradients with layer and line", async () => {
    const { out } = await inspect();
    expect(out).toContain("logits/kernel");
    expect(out).toContain("tiny.model.ts:10");
  });

  test("--why tells rules and kernels", async () => {
    const { out } = await inspect("--why");
    expect(out).toContain("Rules that were applied");
    expect(out).toContain("expand softmax");
    expect(out).toContain("∂loss/∂logits/kernel");
  });

  test("an unknown stage is wrong usage", async () => {
    const { code, err } = await inspect("--stage", "optimised");
    expect(code).toBe(2);
    expect(err).toBe(
      'error[usage]: there is no stage "optimised"\n  hint: did you mean "optimized"?\nSee gradc inspect --help.\n',
    );
  });

  test("writes nothing", async () => {
    const path = folder({ "tiny.model.ts": tinyModel() });
    await gradc(path, ["inspect", "tiny.model.ts", "--stage", "code"]);
    expect(tree(path)).toEqual(["tiny.model.ts"]);
  });
});

test("plain data keeps what JSON lacks, and names", () => {
  const buffer = { name: "b" };
  const value = {
    inf: -Infinity,
    list: [buffer, new Set([1])],
    map: new Map([[buffer, Float32Array.of(0.5)]]),
    ["__proto__"]: 1,
  };
  expect(JSON.stringify(plain(value, new Map([[buffer, "b"]])))).toBe(
    '{"inf":"-Infinity","list":["b",[1]],"map":[["b",[0.5]]],"__proto__":1}',
  );
});
