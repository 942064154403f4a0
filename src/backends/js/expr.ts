import { invariant } from "../../base/errors.ts";
import type { DType } from "../../ir/type.ts";
import type { LaneWiseOp, LocalType, LoopExpr, LoopOp } from "../../ir/loop.ts";
import { numberText } from "../module/value.ts";

/** Binding strength of JavaScript operators; a part is put in parentheses only where it binds less. */
const level = { conditional: 1, or: 2, and: 3, bitOr: 4, bitXor: 5, bitAnd: 6, equality: 7, relation: 8, shift: 9, sum: 10, product: 11, unary: 12, primary: 13 } as const; // prettier-ignore
type Level = (typeof level)[keyof typeof level];
interface Text {
  readonly text: string;
  readonly level: Level;
  /** For `x >>> 0`, x itself: any number with the same low 32 bits. */
  readonly inside?: Text;
}

const text = (value: string, at: Level = level.primary): Text => ({ text: value, level: at });
const wrap = (part: Text, least: Level): string => (part.level >= least ? part.text : `(${part.text})`);
const binary =
  (sign: string, at: Level) =>
  (args: readonly Text[]): Text =>
    text(`${wrap(args[0], at)} ${sign} ${wrap(args[1], (at + 1) as Level)}`, at);
const call =
  (name: string) =>
  (args: readonly Text[]): Text =>
    text(`${name}(${args.map((arg) => arg.text).join(", ")})`);

/** Wraps a 32-bit integer result; indices and floats stay as they are. */
const wrapped = (type: LocalType, part: Text): Text => {
  if (type === "i32") return text(`${wrap(part, level.bitOr)} | 0`, level.bitOr);
  return type === "u32" ? { ...text(`${wrap(part, level.shift)} >>> 0`, level.shift), inside: part } : part;
};
const arithmetic =
  (sign: string, at: Level) =>
  (args: readonly Text[], type: LocalType): Text =>
    wrapped(type, binary(sign, at)(args));

/** A place times a power of two, as a shift: V8 asks of a product whether it is still a small number. */
function shifted([place, times]: readonly Text[], type: LocalType): Text | undefined {
  const places = Math.log2(Number(times.text));
  if (type !== "index" || !Number.isInteger(places) || places === 0) return undefined;
  return text(`${wrap(place, level.shift)} << ${places}`, level.shift);
}

type Row = (args: readonly Text[], type: LocalType, from: LocalType) => Text;

/** The js target's table: the type checker lists what is missing. */
const rows = {
  add: arithmetic("+", level.sum),
  sub: arithmetic("-", level.sum),
  mul: (args, type) =>
    type === "i32"
      ? call("Math.imul")(args)
      : type === "u32"
        ? wrapped("u32", call("Math.imul")(args))
        : (shifted(args, type) ?? binary("*", level.product)(args)),
  div: (args, type) => wrapped(type, binary("/", level.product)(args)),
  rem: binary("%", level.product),
  maximum: call("Math.max"),
  minimum: call("Math.min"),
  pow: call("Math.pow"),
  neg: (args, type) => wrapped(type, text(`-${wrap(args[0], level.primary)}`, level.unary)),
  abs: call("Math.abs"),
  sign: call("Math.sign"),
  sqrt: call("Math.sqrt"),
  floor: call("Math.floor"),
  exp: call("Math.exp"),
  log: call("Math.log"),
  expm1: call("Math.expm1"),
  log1p: call("Math.log1p"),
  tanh: call("Math.tanh"),
  sigmoid: ([x]) => text(`1 / (1 + Math.exp(-${wrap(x, level.primary)}))`, level.product),
  sin: call("Math.sin"),
  cos: call("Math.cos"),
  erf: call("erf"),
  equal: binary("===", level.equality),
  notEqual: binary("!==", level.equality),
  less: binary("<", level.relation),
  lessEqual: binary("<=", level.relation),
  and: (args, type) =>
    type === "bool" ? binary("&&", level.and)(args) : wrapped(type, binary("&", level.bitAnd)(args)),
  or: (args, type) =>
    type === "bool" ? binary("||", level.or)(args) : wrapped(type, binary("|", level.bitOr)(args)),
  not: (args) => text(`!${wrap(args[0], level.unary)}`, level.unary),
  xor: (args, type) => wrapped(type, binary("^", level.bitXor)(args)),
  shiftLeft: (args, type) => wrapped(type, binary("<<", level.shift)(args)),
  shiftRight: (args, type) => binary(type === "u32" ? ">>>" : ">>", level.shift)(args),
  rotateLeft: ([x, r]) => {
    const turns = Number(r.text);
    const rest = Number.isNaN(turns) ? `32 - ${wrap(r, level.product)}` : String(32 - turns);
    return text(
      `(${wrap(x, level.shift)} << ${wrap(r, level.sum)} | ${wrap(x, level.shift)} >>> ${rest}) >>> 0`,
      level.shift,
    );
  },
  random: call("random"),
  select: ([test, yes, no]) => conditional(test, yes, no),
  cast: ([x], to, from) => castText(x, to, from),
  // Powers of two come from a table, the exponent from the upper word of the number's bits.
  pow2: ([x]) => text(`powers[${wrap(x, level.sum)} + 1100 | 0]`),
  pow2n: ([x]) => text(`(${wrap(x, level.relation)} < -126 ? 0 : powers[${wrap(x, level.sum)} + 1100])`),
  exponent: ([x]) => text(`((bits[0] = ${x.text}), ((words[1] >>> 20) & 2047) - 1023)`),
  trunc: call("Math.trunc"),
  turned: ([x]) => {
    const angle = wrap(x, level.product);
    const turns = `(${angle} * 0.6366197723675814 + 6755399441055744 - 6755399441055744)`;
    return text(
      `${wrap(x, level.sum)} - ${turns} * 1.570796012878418 - ${turns} * 3.139164786504813e-7`,
      level.sum,
    );
  },
  quarter: ([x]) =>
    text(`((bits[0] = ${wrap(x, level.product)} * 0.6366197723675814 + 6755399441055744), words[0] & 3)`),
} satisfies Record<LaneWiseOp, Row>;

const conditional = (test: Text, yes: Text, no: Text): Text =>
  text(
    `${wrap(test, level.or)} ? ${wrap(yes, level.conditional)} : ${wrap(no, level.conditional)}`,
    level.conditional,
  );

function castText(x: Text, to: LocalType, from: LocalType): Text {
  if (from === "bool") return to === "bool" ? x : conditional(x, text("1"), text("0"));
  if (to === "bool") return text(`${wrap(x, level.equality)} !== 0`, level.equality);
  if (to === "f32") return call("Math.fround")([x]);
  if (to === "i32" && from !== "index") return wrapped("i32", x);
  if (to === "u32" && from !== "index") return wrapped("u32", x);
  return x;
}

/** 2^x from the table; a constant in x joins the table's origin. */
function powerText(x: LoopExpr): Text {
  const offset =
    x.kind === "op" && (x.op === "add" || x.op === "sub") && x.args[1].kind === "number"
      ? x.args[1].value
      : undefined;
  if (offset === undefined || x.kind !== "op") return rows.pow2([exprParts(x)]);
  return text(
    `powers[${wrap(exprParts(x.args[0]), level.sum)} + ${1100 + (x.op === "add" ? offset : -offset)} | 0]`,
  );
}

const lowBits: ReadonlySet<LoopOp> = new Set([
  "add",
  "sub",
  "mul",
  "xor",
  "and",
  "or",
  "shiftLeft",
  "shiftRight",
] as const);
const unwrapped = (part: Text): Text => part.inside ?? part;

function exprParts(expr: LoopExpr): Text {
  switch (expr.kind) {
    case "number":
      if (expr.type === "bool") return text(expr.value ? "true" : "false");
      return text(
        numberText(expr.value),
        expr.value < 0 || Object.is(expr.value, -0) ? level.unary : level.primary,
      );
    case "local":
      return text(expr.name);
    case "load": {
      const load = `${expr.array}[${exprParts(expr.index).text}]`;
      return expr.type === "bool" ? text(`${load} !== 0`, level.equality) : text(load);
    }
    case "op": {
      if (expr.op === "pow2") return powerText(expr.args[0]);
      invariant(Object.hasOwn(rows, expr.op), `the js target has no lanes, so no ${expr.op}`);
      const row: Row = rows[expr.op as LaneWiseOp];
      // Inside 32-bit arithmetic only the low 32 bits count, so a wrap to unsigned is needed only at its end.
      const bits = expr.type === "u32" && lowBits.has(expr.op);
      return row(
        expr.args.map((arg) => (bits ? unwrapped(exprParts(arg)) : exprParts(arg))),
        expr.type,
        expr.args[0].type,
      );
    }
    case "choose":
      return conditional(exprParts(expr.test), exprParts(expr.yes), exprParts(expr.no));
    case "call":
      return call(expr.name)(expr.args.map(exprParts));
  }
}

/** A loop-level expression as JavaScript. */
export const exprText = (expr: LoopExpr): string => exprParts(expr).text;
/** An expression as the right-hand side of an operator of the sum's strength, for `x += …`. */
export const storedText = (expr: LoopExpr, dtype: DType): string =>
  dtype === "bool" ? conditional(exprParts(expr), text("1"), text("0")).text : exprText(expr);
