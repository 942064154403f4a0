import { describe, expect, test } from "vitest";
import { folder, gradc, tree } from "./helpers.ts";

/** Compiling this text as `bad.model.ts` must fail with exactly this message and leave no file. */
const cases: [what: string, text: string, message: string][] = [
  [
    "exports nothing",
    'import "gradc";\nconst model = 1;\n',
    "error[model-export]: bad.model.ts exports nothing\n  hint: end the file with: export default defineModel({ … })\n",
  ],
  [
    "exports something else",
    "export default { name: 1 };\nexport const list = [1];\n",
    "error[model-export]: bad.model.ts exports no model: default is an object, list is an array\n  hint: end the file with: export default defineModel({ … })\n",
  ],
  [
    "does not parse",
    'export default {\n  name: "x",,\n};\n',
    "error[model-syntax]: bad.model.ts does not parse: unexpected token\n  at bad.model.ts:2:13\n",
  ],
  [
    "throws",
    'export default 1;\n\nthrow new RangeError("no such thing");\n',
    "error[model-throws]: bad.model.ts threw RangeError: no such thing\n  at bad.model.ts:3\n",
  ],
  ["throws what is no error", 'throw "just text";\n', "error[model-throws]: bad.model.ts threw just text\n"],
  [
    "throws in a file it imports",
    'import "./help.ts";\n',
    "error[model-throws]: bad.model.ts threw TypeError: Cannot read properties of null (reading 'x')\n  at help.ts:2\n",
  ],
  [
    "imports a missing file",
    'import { a } from "./absent";\nexport default a;\n',
    'error[model-import]: bad.model.ts imports "./absent", which was not found\n  at bad.model.ts:1\n  hint: check the path\n',
  ],
  [
    "imports a missing package",
    'import { a } from "no-such-package";\nexport default a;\n',
    'error[model-import]: bad.model.ts imports "no-such-package", which was not found\n  at bad.model.ts:1\n  hint: install it: npm install no-such-package\n',
  ],
  [
    "misspells a function of gradc",
    'import { defineModle } from "gradc";\nexport default defineModle({});\n',
    'error[unknown-import]: "gradc" has no function "defineModle"\n  at bad.model.ts:2\n  hint: did you mean "defineModel"?\n',
  ],
  [
    "calls a function by its name in Keras",
    'import { batchNormalization } from "gradc";\nexport default batchNormalization({});\n',
    'error[unknown-import]: "gradc" has no function "batchNormalization"\n  at bad.model.ts:2\n  hint: it is called "batchNorm" here\n',
  ],
  [
    "calls an op by its name in PyTorch",
    'import { permute } from "gradc";\nexport default permute(1);\n',
    'error[unknown-import]: "gradc" has no function "permute"\n  at bad.model.ts:2\n  hint: it is called "transpose" here\n',
  ],
  [
    "calls a loss by its initials",
    'import { mse } from "gradc";\nexport default mse(1);\n',
    'error[unknown-import]: "gradc" has no function "mse"\n  at bad.model.ts:2\n  hint: did you mean "meanSquaredError"?\n',
  ],
  [
    "does so inside build",
    'import { crossEntropyLoss, defineModel, f32 } from "gradc";\nexport default defineModel({ name: "m", inputs: { x: f32(2) },\n  build: ({ x }) => crossEntropyLoss(x, x) });\n',
    'error[unknown-import]: "gradc" has no function "crossEntropyLoss"\n  at bad.model.ts:3\n  hint: it is called "softmaxCrossEntropy" here\n',
  ],
];

describe("a bad model file", () => {
  test.each(cases)("%s", async (_, text, message) => {
    const files = {
      "bad.model.ts": text,
      "help.ts": "const nothing: any = null;\nnothing.x;\n",
      "bad.gen.js": "old",
    };
    const path = folder(files);
    expect(await gradc(path, ["compile", "bad.model.ts"])).toEqual({ code: 1, out: "", err: message });
    expect(tree(path)).toEqual(Object.keys(files).sort());
  });

  test("several models, none the default", async () => {
    const text = `const mark = { [Symbol.for("gradc.model")]: true };\nexport const a = mark;\nexport const b = { ...mark };\n`;
    const { code, err } = await gradc(folder({ "two.model.ts": text }), ["compile", "two.model.ts"]);
    expect(code).toBe(1);
    expect(err).toBe(
      "error[model-export]: two.model.ts exports 2 models: a, b\n  hint: make one of them the default export\n",
    );
  });

  test("is a table", async () => {
    const { code, err } = await gradc(folder({ "digits.csv": "a,b\n1,2\n" }), ["compile", "digits.csv"]);
    expect(code).toBe(1);
    expect(err).toBe(
      "error[model-export]: digits.csv is no model file: .csv is neither TypeScript nor JavaScript\n  hint: name one that declares a model, e.g. digits.model.ts; a table goes to gradc train --data\n",
    );
  });

  test("is missing", async () => {
    const { code, err } = await gradc(folder({ "digits.model.ts": "" }), ["compile", "digit.model.ts"]);
    expect(code).toBe(1);
    expect(err).toBe(
      'error[missing-file]: there is no file "digit.model.ts"\n  hint: did you mean "digits.model.ts"?\n',
    );
  });

  test("shows a stack only to debug, and no control characters ever", async () => {
    const path = folder({ "bad.model.ts": 'throw new Error("red \\u001b[31m");\n' });
    const plain = await gradc(path, ["compile", "bad.model.ts"]);
    expect(plain.err).toBe(
      "error[model-throws]: bad.model.ts threw Error: red \\u001b[31m\n  at bad.model.ts:1\n",
    );
    const debug = await gradc(path, ["compile", "bad.model.ts", "--debug"]);
    expect(debug.err).toContain("    at ");
  });
});

describe("gradc.config.ts", () => {
  test.each([
    [
      "export default { modles: [] };",
      'error[option]: gradc.config.ts has an unknown setting "modles"\n  hint: did you mean "models"?\n',
    ],
    [
      'import { defineConfig } from "gradc/config";\nexport default defineConfig({ modles: [] });',
      'error[option]: defineConfig has no option "modles"\n  at gradc.config.ts:2\n  hint: did you mean "models"?\n',
    ],
    [
      'export default { target: "c" };',
      'error[option]: gradc.config.ts: "target" is "c"; expected "js", "ts", "wasm" or "auto"\n',
    ],
    [
      "export const models = [];",
      "error[option]: gradc.config.ts has no default export that is an object\n  hint: end the file with: export default defineConfig({ … })\n",
    ],
    [
      'import { defineConfig } from "gradc/config";\nexport default defineConfig({});',
      "error[no-model]: no model file was named\n  hint: name one, e.g. gradc compile digits.model.ts, or list models in gradc.config.ts\n",
    ],
    [
      'export default { models: "models/*.model.ts" };',
      'error[no-model]: no file matches "models/*.model.ts"\n',
    ],
  ])("%s", async (text, message) => {
    expect(await gradc(folder({ "gradc.config.ts": text }), ["compile"])).toEqual({
      code: 1,
      out: "",
      err: message,
    });
  });
});
