import type { Code, Local, VectorConstant } from "./code.ts";
import type { WasmFunction, WasmModule } from "./module.ts";
import { floatText } from "./number-text.ts";
import { memoryLaneOps, memoryOps, type ValueType } from "./opcodes.ts";

const widest = 100;

/** The text format of a module, instructions folded around their operands; it assembles to the same bytes. */
export function watText(module: WasmModule): string {
  const { functions, pages, data } = module;
  return [
    "(module",
    `  (memory (export "memory") ${pages} ${pages})`,
    ...functions.flatMap((fn) => ["", ...functionLines(fn)]),
    ...(data.length > 0 ? [""] : []),
    ...data.map(
      ({ offset, bytes, note }) => `  ${comment(note)}\n  (data (i32.const ${offset}) "${dataText(bytes)}")`,
    ),
    ")",
    "",
  ].join("\n");
}

const comment = (text: string): string => `;; ${text}`;
const dataText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
/** What an identifier of the text format may hold. */
const identifier = (name: string): string => `$${name.replace(/[^\w.'+\-*/\\^~=<>!?@#$%&|:`]/g, "_")}`;

/** Locals by names; one that has the name of another is told apart by a number. */
function localNames(locals: readonly Local[]): Map<Local, string> {
  const names = new Map<Local, string>();
  const taken = new Set<string>();
  for (const local of locals) {
    if (local.name === "") continue;
    let name = identifier(local.name);
    for (let k = 2; taken.has(name); k++) name = `${identifier(local.name)}.${k}`;
    taken.add(name);
    names.set(local, name);
  }
  return names;
}

function functionLines(fn: WasmFunction): string[] {
  const names = localNames([...fn.params, ...fn.locals]);
  const declared = (what: string, { type }: Local, name: string): string => `(${what} ${name} ${type})`;
  const head = [
    `(func ${identifier(fn.name)}`,
    ...(fn.exported === null ? [] : [`(export ${JSON.stringify(fn.exported)})`]),
    ...fn.params.map((local) => declared("param", local, names.get(local)!)),
    ...fn.results.map((type) => `(result ${type})`),
  ];
  const locals = fn.locals.flatMap((local, k) => {
    if (local.name !== "") return [declared("local", local, names.get(local)!)];
    // Neighbours that nobody uses are declared together.
    if (k > 0 && fn.locals[k - 1].name === "") return [];
    const end = fn.locals.findIndex(({ name }, m) => m > k && name !== "");
    const types = fn.locals.slice(k, end < 0 ? undefined : end).map(({ type }) => type);
    return [`(local ${types.join(" ")})`];
  });
  return [
    ...fn.doc.map((line) => `  ${comment(line)}`),
    ...wrapped(head, "  "),
    ...wrapped(locals, "    "),
    ...fn.body.flatMap((code) => codeLines(code, names, "    ")),
    "  )",
  ];
}

/** Words filled into lines. */
function wrapped(words: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= widest)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${lines.length > 0 ? "  " : ""}${indent}${word}`);
  }
  return lines;
}

type Names = ReadonlyMap<Local, string>;

/** The opcode with what follows it, without operands. */
function headText(code: Code, names: Names): string {
  switch (code.kind) {
    case "plain":
      return code.op;
    case "memory":
      return code.op + placeText(code.offset, code.align, memoryOps[code.op].bytes);
    case "memoryLane":
      return `${code.op}${placeText(code.offset, code.align, memoryLaneOps[code.op].bytes)} ${code.lane}`;
    case "lane":
      return `${code.op} ${code.lane}`;
    case "shuffle":
      return `i8x16.shuffle ${code.bytes.join(" ")}`;
    case "number":
      return `${code.type}.const ${numberText(code.value, code.type)}`;
    case "vector":
      return `v128.const ${vectorText(code.value)}`;
    case "get":
    case "set":
    case "tee":
      return `local.${code.kind} ${names.get(code.local)}`;
    case "call":
      return `call ${identifier(code.name)}`;
    case "fill":
      return "memory.fill";
    case "block":
    case "loop":
      return `${code.kind} ${identifier(code.label)}`;
    case "if":
      return code.result ? `if (result ${code.result})` : "if";
    case "branch":
      return `${code.test ? "br_if" : "br"} ${identifier(code.label)}`;
    case "note":
      return comment(code.text);
  }
}

const placeText = (offset: number, align: number, bytes: number): string =>
  (offset === 0 ? "" : ` offset=${offset}`) + (2 ** align === bytes ? "" : ` align=${2 ** align}`);

const numberText = (value: number | bigint, type: ValueType): string =>
  type === "f32" || type === "f64" ? floatText(Number(value), type) : String(value);

const vectorText = ({ shape, values }: VectorConstant): string => {
  const type = shape === "f32x4" ? "f32" : shape === "f64x2" ? "f64" : "i32";
  return `${shape} ${values.map((value) => numberText(value, type)).join(" ")}`;
};

function codeLines(code: Code, names: Names, indent: string): string[] {
  const head = headText(code, names);
  const inner = `${indent}  `;
  const lines = (codes: readonly Code[], at = inner): string[] =>
    codes.flatMap((x) => codeLines(x, names, at));
  switch (code.kind) {
    case "note":
      return [indent + head];
    case "block":
    case "loop":
      return [`${indent}(${head}`, ...lines(code.body), `${indent})`];
    case "if": {
      const otherwise =
        code.otherwise.length > 0
          ? [`${inner}(else`, ...lines(code.otherwise, `${inner}  `), `${inner})`]
          : [];
      const then = [`${inner}(then`, ...lines(code.then, `${inner}  `), `${inner})`];
      return [`${indent}(${head}`, ...lines([code.test]), ...then, ...otherwise, `${indent})`];
    }
    default: {
      const args = operandsOf(code);
      const flat = `${indent}${flatText(code, names)}`;
      if (flat.length <= widest || args.length === 0) return [flat];
      return [`${indent}(${head}`, ...lines(args), `${indent})`];
    }
  }
}

const operandsOf = (code: Code): readonly Code[] =>
  code.kind === "branch" ? (code.test ? [code.test] : []) : "args" in code ? code.args : [];

function flatText(code: Code, names: Names): string {
  // An if with a result inside an expression is long in any case; it counts as too wide for a line.
  if (code.kind === "if") return " ".repeat(widest);
  const parts = operandsOf(code).map((arg) => ` ${flatText(arg, names)}`);
  return `(${headText(code, names)}${parts.join("")})`;
}
