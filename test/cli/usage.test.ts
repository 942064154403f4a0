import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { version } from "../../src/version.ts";
import { folder, gradc } from "./helpers.ts";

/** Where a command explains itself; one that does not exist has nothing to say. */
const see = ([command]: string[]): string =>
  `See gradc ${command === "comple" ? "" : `${command} `}--help.\n`;

describe("wrong usage ends with 2 and says what was meant", () => {
  test.each([
    [
      ["comple", "x.ts"],
      'error[unknown-command]: there is no command "comple"\n  hint: did you mean "compile"?\n',
    ],
    [
      ["compile", "--out-dri", "x"],
      'error[option]: compile has no option "--out-dri"\n  hint: did you mean "--out-dir"?\n',
    ],
    [
      ["train", "m.ts", "--epoch", "3"],
      'error[option]: train has no option "--epoch"\n  hint: did you mean "--epochs"?\n',
    ],
    [
      ["inspect", "m.ts", "--format", "svg"],
      'error[usage]: option "--format <f>" argument "svg" is invalid. Allowed choices are text, json, dot\n  hint: inspect [options] <model>\n',
    ],
    [
      ["compile", "m.ts", "--target", "c"],
      'error[usage]: option "--target <t>" argument "c" is invalid. Allowed choices are js, ts, wasm, auto\n  hint: compile [options] [models...]\n',
    ],
    [
      ["compile", "m.ts", "--target", "wasn"],
      'error[usage]: option "--target <t>" argument "wasn" is invalid. Allowed choices are js, ts, wasm, auto\n  hint: did you mean "wasm"?\n',
    ],
    [
      ["inspect", "m.ts", "--format", "jsn"],
      'error[usage]: option "--format <f>" argument "jsn" is invalid. Allowed choices are text, json, dot\n  hint: did you mean "json"?\n',
    ],
    [
      ["compile", "m.ts", "--target", "wasm", "--precision", "f64"],
      "error[usage]: --target wasm computes in float32, so --precision f64 cannot be had with it\n  hint: use --target js for float64\n",
    ],
    [
      ["compile", "m.ts", "--strict"],
      "error[usage]: --strict is of the target wasm, not of js\n  hint: add --target wasm, or leave it out\n",
    ],
    [
      ["compile", "m.ts", "--target", "ts", "--wasm-file"],
      "error[usage]: --wasm-file is of the target wasm, not of ts\n  hint: add --target wasm, or leave it out\n",
    ],
    [
      ["train", "m.ts", "--data", "d.csv", "--target", "ts"],
      'error[usage]: option "--target <t>" argument "ts" is invalid. Allowed choices are auto, js, wasm\n  hint: did you mean "js"?\n',
    ],
    [
      ["train", "m.ts", "--data", "d.csv", "--epochs", "0"],
      'error[usage]: option "--epochs <count>" argument "0" is invalid. Expected a whole number of at least 1\n  hint: train [options] <model>\n',
    ],
    [
      ["train", "m.ts"],
      "error[usage]: train needs data\n  hint: name a CSV file: gradc train m.ts --data table.csv\n",
    ],
    [["check"], 'error[usage]: missing required argument "model"\n  hint: check [options] <model>\n'],
    [
      ["compile", "m.ts", "--check", "--watch"],
      "error[usage]: --check and --watch exclude each other\n  hint: choose one\n",
    ],
    [
      ["train", "m.ts", "--data", "d.csv", "--test", "0.5", "--validation", "0.5"],
      "error[usage]: --test and --validation together leave no rows to train on\n  hint: lower one of them\n",
    ],
  ])("%j", async (argv, message) => {
    expect(await gradc(folder(), argv)).toEqual({ code: 2, out: "", err: message + see(argv) });
  });
});

test("no command at all", async () => {
  const { code, out, err } = await gradc(folder(), []);
  expect(code).toBe(2);
  expect(out + err).toContain("gradc train digits.model.ts --data digits.csv");
});

describe("help explains, on stdout, with 0", () => {
  test.each([["--help"], ["help"]])("gradc %s", async (...argv) => {
    const { code, out, err } = await gradc(folder(), argv);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const word of ["compile", "inspect", "check", "train", "bench", "Try:"]) expect(out).toContain(word);
  });
  test.each(["compile", "inspect", "check", "train", "bench"])("%s", async (command) => {
    const { code, out, err } = await gradc(folder(), [command, "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Examples:");
    expect(out).toContain(`$ gradc ${command} `);
    expect(out.split("\n").every((line) => line.length <= 120)).toBe(true);
  });
});

test("the version is the package's", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(version).toBe(manifest.version);
  expect(await gradc(folder(), ["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
});
