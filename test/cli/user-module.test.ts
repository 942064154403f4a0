import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importUserModule } from "../../src/disk/user-module.ts";
import { folder } from "./helpers.ts";

const mark = { twice: (x: number) => 2 * x };

/** What a file exports that stands among others. */
async function exportsOf(files: Readonly<Record<string, string>>, name = "own.ts"): Promise<unknown> {
  const exports = await importUserModule(join(folder(files), name), { marked: mark });
  return Object.fromEntries(Object.entries(exports));
}

describe("a user's file", () => {
  test("may hold types, and import by name what runs here and by path its own helpers", async () => {
    const files = {
      "own.ts":
        'import { twice } from "marked";\nimport { three, type Three } from "./help.ts";\nexport const six: Three = twice(three);\n',
      "help.ts": "export type Three = number;\nexport const three: Three = 3;\n",
    };
    expect(await exportsOf(files)).toEqual({ six: 6 });
  });

  test("exports its default, and nothing that it does not say", async () => {
    expect(await exportsOf({ "own.ts": "export default 1;\n" })).toEqual({ default: 1 });
  });

  test("gets the very functions that run here", async () => {
    const files = { "own.ts": 'import { twice } from "marked";\nexport const same = twice;\n' };
    expect(await exportsOf(files)).toEqual({ same: mark.twice });
  });

  test.each([
    ["an enumeration", "enum Size { large = 7 }\nexport const x = Size.large as number;\n"],
    ["the import of a type among values", 'import { Kind } from "./kind.ts";\nexport const x: Kind = 7;\n'],
    ["an import without its ending", 'import { seven } from "./kind";\nexport const x = seven;\n'],
    ["a wait at the top", "export const x = await Promise.resolve(7);\n"],
    ["a module of the old kind", "module.exports = { x: 7 };\n"],
  ])("may hold %s", async (_, text) => {
    const files = { "own.ts": text, "kind.ts": "export type Kind = number;\nexport const seven = 7;\n" };
    expect(await exportsOf(files)).toMatchObject({ x: 7 });
  });

  test("is read anew each time, and so is what it imports", async () => {
    const path = folder({ "own.ts": 'export { x } from "./help.ts";\n', "help.ts": "export const x = 1;\n" });
    const own = join(path, "own.ts");
    expect({ ...(await importUserModule(own, {})) }).toEqual({ x: 1 });
    writeFileSync(join(path, "help.ts"), "export const x = 2;\n");
    expect({ ...(await importUserModule(own, {})) }).toEqual({ x: 2 });
    writeFileSync(own, "export const x = 3;\n");
    expect({ ...(await importUserModule(own, {})) }).toEqual({ x: 3 });
  });

  test("that throws does so with its own error", async () => {
    const files = { "own.ts": 'throw new RangeError("no such thing");\n' };
    await expect(exportsOf(files)).rejects.toThrow(new RangeError("no such thing"));
  });

  test.each([
    ["an error", 'throw new RangeError("no such thing");\n', "no such thing"],
    ["an error of the engine", "const nothing: any = null;\nnothing.x;\n", "Cannot read properties of null"],
    ["what is no error", 'throw "no such thing";\n', "no such thing"],
    ["what it calls", 'import { refuse } from "marked";\nrefuse();\n', "refused"],
  ])("runs only once though it throws %s", async (_, text, message) => {
    const path = folder();
    const [own, log] = ["own.ts", "log"].map((name) => join(path, name));
    const noted = `import { appendFileSync } from "node:fs";\nappendFileSync(${JSON.stringify(log)}, "once");\n`;
    writeFileSync(own, noted + text);
    const refuse = (): never => {
      throw new Error("refused");
    };
    const error: unknown = await importUserModule(own, { marked: { refuse } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error instanceof Error ? error.message : error).toContain(message);
    expect(readFileSync(log, "utf8")).toBe("once");
  });
});
