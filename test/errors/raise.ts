import { spawnSync } from "node:child_process";
import fs, { symlinkSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import * as compiler from "gradc/compiler";
import * as data from "gradc/data";
import * as train from "gradc/train";
import { describeError } from "../../src/cli/report-error.ts";
import { folder, gradc } from "../cli/helpers.ts";
import { withPlainJavaScript } from "../plain-javascript.ts";
import { create, spec } from "../train/linear.ts";

/** Something a user writes, as text, and what gradc then prints. */
export interface Fixture {
  readonly input: string;
  readonly raise: () => Promise<string>;
}
type Files = Readonly<Record<string, string>>;
type Run = (path: string, argv: readonly string[]) => Promise<string>;

const inProcess: Run = async (path, argv) => (await gradc(path, argv)).err;
const contents = (files: Files): string =>
  Object.entries(files)
    .map(([name, text]) => `${name}: ${JSON.stringify(text)}\n`)
    .join("");

/** A command line in a directory of these files; `told` is what is special about them. */
export const command = (
  argv: string,
  files: Files = {},
  told = contents(files),
  run = inProcess,
): Fixture => ({
  input: `${told}$ gradc ${argv}`.trimEnd(),
  raise: () => run(folder(files), argv.split(" ").filter(Boolean)),
});

/** A model file of inputs x [n,4] and k [n] whose build function returns this; `more` stands among its options. */
const modelOf = (result: string, more: string): string => `import * as g from "gradc";
const n = g.batch(8);
export default g.defineModel({
  name: "m",
  inputs: { x: g.f32(n, 4), k: g.i32(n) },
  ${more}
  build({ x, k }) {
    return ${result};
  },
});
`;
const toldOf = (result: string, more: string): string =>
  `${more && `${more}\n`}return ${result === complete ? "<a classifier of x into k>" : result}\n`;

/** Compiles a model whose build function returns this. */
export const built = (result: string, more = "", run = inProcess): Fixture =>
  command("compile m.model.ts", { "m.model.ts": modelOf(result, more) }, toldOf(result, more), run);
/** The same for a model of one output. */
export const output = (value: string): Fixture => built(`{ outputs: { y: ${value} } }`);
/** Compiles a model file of one statement. */
export const file = (statement: string): Fixture => {
  const files = { "m.model.ts": `import * as g from "gradc";\n${statement};\n` };
  return command("compile m.model.ts", files, `${statement}\n`);
};

/** A classifier of x into three, with the parts that a row is about. */
export const classifier = (parts: string): string =>
  `((z) => ({ outputs: { z }, ${parts} }))(g.dense(x, { units: 3 }))`;
export const complete = classifier(
  "loss: g.softmaxCrossEntropy(z, k), optimizer: g.sgd({ learningRate: 0.1 })",
);

/** Trains a model whose build function returns this on a table. */
export const trained = (table: string, result = complete, more = ""): Fixture => {
  const told = `${toldOf(result, more)}t.csv: ${JSON.stringify(table)}\n`;
  return command(
    "train m.model.ts --data t.csv",
    { "m.model.ts": modelOf(result, more), "t.csv": table },
    told,
  );
};

/** A call of the library, which is plain JavaScript: a type checker would not let most of these pass. */
export const call = (text: string): Fixture => ({
  input: text,
  raise: async () => {
    const names = { ...compiler, ...data, ...train, net: create(), spec };
    const body = new Function(...Object.keys(names), `return ${text};`) as (...given: unknown[]) => unknown;
    try {
      await body(...Object.values(names));
      return "nothing was refused\n";
    } catch (error) {
      return describeError(error, { errColor: false }, false);
    }
  },
});

/** The system refuses to write, as on a full disk or in a directory of somebody else. */
export const refusing =
  (code: string): Run =>
  async (path, argv) => {
    const { writeFileSync } = fs;
    const set = (write: typeof writeFileSync): void => {
      fs.writeFileSync = write;
      syncBuiltinESMExports();
    };
    set(() => {
      throw Object.assign(new Error(code), { code });
    });
    try {
      return await inProcess(path, argv);
    } finally {
      set(writeFileSync);
    }
  };

/** A file that is a link to itself. */
export const linked: Run = (path, argv) => {
  symlinkSync("t.csv", join(path, "t.csv"));
  return inProcess(path, argv);
};

/** A process of its own. */
export const inItsOwnProcess: Run = (cwd, argv) =>
  withPlainJavaScript(["src/cli/main.ts"], (directory) => {
    const started = [join(directory, "src/cli/main.js"), ...argv];
    return spawnSync(process.execPath, started, { cwd, encoding: "utf8" }).stderr;
  });
