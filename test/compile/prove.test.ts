import { describe, expect, test } from "vitest";
import { proveModule } from "../../src/backends/module/prove.ts";
import { compiled } from "./compiled.ts";
import { all } from "./models.ts";

const inMethod = (line: string, more = ""): string =>
  `export const spec = { a: [1, -2] };\n${more}\nfunction kernel(x, n) {\n  for (let i = 0; i < n; i++) x[i] += Math.exp(i);\n}\nclass Net {\n  constructor(buffer) {\n    this.$x = new Float32Array(buffer, 0, 4);\n    this.o = { x: this.$x };\n  }\n  run(x, n) {\n    if (n > 4) throw new RangeError(\`too many: \${n}\`);\n    kernel(this.$x, n);\n    ${line}\n  }\n}\nexport function create() {\n  return new Net(new ArrayBuffer(16));\n}\n`;

test("a clean module has no findings", () => {
  expect(
    proveModule(
      inMethod(
        "this.$x.set(x); this.$x.fill(0); this.$wasm.forward(n); this.run(x, n); return Math.floor(n);",
      ),
    ),
  ).toEqual([]);
  expect(proveModule(inMethod("if (Number.isFinite(n)) this.$x.fill(n);"))).toEqual([]);
  const options = (inside: string): string =>
    `${inMethod("")}export function createPredictor({ seed = 0, state: bytes, ...more } = {}) {\n  return ${inside};\n}\n`;
  for (const name of ["seed", "bytes", "more"]) expect(proveModule(options(name))).toEqual([]);
  expect(proveModule(options("state"))).toEqual([
    expect.stringMatching(/^line \d+ uses the free name state$/),
  ]);
});

test("only a function that looks for a fault in a row may go through its names", () => {
  const going = (name: string): string =>
    inMethod(
      "",
      `function ${name}(row) {\n  for (const key in row) if (![1].includes(key)) throw new RangeError(key);\n}`,
    );
  expect(proveModule(going("checkColumns"))).toEqual([]);
  expect(proveModule(going("checkRow"))).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/makes an iterator$/),
      expect.stringMatching(/makes an array$/),
    ]),
  );
});

const inside: readonly (readonly [string, string])[] = [
  ["new Float32Array(4);", "makes an object with new"],
  ["const a = [n];", "makes an array"],
  ["const a = { n };", "makes an object"],
  ["const a = `row ${n}`;", "makes a string from a template"],
  ["const a = 'row ' + n;", "joins strings"],
  ["const a = /x/;", "makes an object from a literal"],
  ["const a = 12n;", "makes an object from a literal"],
  ["const a = function () {};", "makes a function"],
  ["function a() {}", "makes a function"],
  ["const a = () => 1;", "makes an arrow function"],
  ["const a = class {};", "makes a class"],
  ["kernel(...x);", "spreads a list"],
  ["const { length } = x;", "takes an object apart"],
  ["const [a] = x;", "takes an array apart"],
  ["for (const a of x) n = a;", "makes an iterator"],
  ["for (const a in x) n = a;", "makes an iterator"],
  ["x.slice();", "calls the method slice"],
  ["x.set(x);", "calls the method set"],
  ["Number.parseFloat(n);", "calls the method parseFloat"],
  ["this.other();", "calls this.other, which is no method of its class"],
  ["this.$x.map(kernel);", "calls the method map"],
  ["x[0]();", "calls something that is not a plain name"],
  ["x();", "calls x, which is no function of the module"],
  ["create();", "calls create, which is no function of the module"],
  ["this.$x.forward(n);", "calls the method forward"],
  ["x.$wasm.forward(n);", "calls the method forward"],
  ["this.$wasm.forward.bind(n);", "calls the method bind"],
  ["new WebAssembly.Module(x);", "makes an object with new"],
  ["bytesOf(x);", "calls bytesOf, which is no function of the module"],
  ["WebAssembly.validate(x);", "calls the method validate"],
  ["eval('1');", "uses the free name eval"],
  ["Function('1')();", "uses the free name Function"],
  ["console.log(n);", "uses the free name console"],
  ["const a = globalThis;", "uses the free name globalThis"],
  ["const a = arguments;", "uses the free name arguments"],
  ["Math.max = n;", "writes to the global Math"],
  ["Object.prototype.a = n;", "writes to the global Object"],
  ["import('node:fs');", "imports"],
  ["const a = import.meta;", "asks for what only its loader knows"],
  ["try { n++; } catch { n--; }", "catches errors"],
  ["debugger;", "stops the debugger"],
];
test.each(inside)("in a method: %s", (line, sentence) => {
  const text = inMethod(line);
  const number = text.split("\n").findIndex((row) => row.includes(line)) + 1;
  expect(proveModule(text)).toContain(`line ${number} ${sentence}`);
});

const outside: readonly (readonly [string, string])[] = [
  ['import fs from "node:fs";', "imports"],
  ["let a = 1;", "runs code on import"],
  ["let a, b = 1;", "runs code on import"],
  [
    "function instantiate() { return new WebAssembly.Memory({ initial: 1 }); }",
    "makes an object of a class that is not the module's own",
  ],
  ["const a = Math.random();", "runs code on import"],
  ["const a = { [n]: 1 };", "runs code on import"],
  ["const a = { get b() { return 1; } };", "runs code on import"],
  ["Math.max(1);", "runs code on import"],
  ["if (1) ;", "runs code on import"],
  ["class A { static b = 1; }", "runs code while the class is defined"],
  ["class A { static { } }", "runs code while the class is defined"],
  ["class A extends Array { }", "extends a class that is not the module's own"],
  ["async function a() {}", "defines a function that makes objects when called"],
  ["function* a() {}", "defines a function that makes objects when called"],
  ["function a(...b) {}", "collects a list"],
];
test.each(outside)("at the top: %s", (line, sentence) => {
  expect(proveModule(inMethod("", line))).toContain(`line 2 ${sentence}`);
});

test("a module may be compiled once, by whoever needs it first", () => {
  const text = `let compiled;
function instantiate() {
  if (compiled === undefined) compiled = new WebAssembly.Module(new Uint8Array(8));
  return new WebAssembly.Instance(compiled).exports;
}`;
  expect(proveModule(inMethod("", text))).toEqual([]);
});

test("what does not parse, and functions that are too large", () => {
  expect(proveModule("function (")[0]).toMatch(/^the module does not parse/);
  const long = `function a(x) {\n${"  x[0] += 1;\n".repeat(401)}}`;
  expect(proveModule(long)[0]).toMatch(/^line 1 defines a function of 401 statements, more than 400$/);
  const wide = `function a(x) {\n${`  x[0] = ${"1 + ".repeat(20)}1;\n`.repeat(200)}}`;
  expect(proveModule(wide)[0]).toMatch(/bytes, more than 12000$/);
});

describe.each(Object.keys(all))("the module of %s", (name) => {
  test.each([
    { precision: "f32" },
    { precision: "f64" },
    { target: "wasm" },
    { target: "wasm", wasmFile: true },
  ] as const)("is proven: %j", (options) => {
    expect(proveModule(compiled(name, options).files[0].text)).toEqual([]);
  });
});
