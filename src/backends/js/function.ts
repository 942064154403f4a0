import type { DType } from "../../ir/type.ts";
import type { LoopExpr, LoopFunction, LoopStmt } from "../../ir/loop.ts";
import { visitExprs } from "../../ir/loop-walk.ts";
import { arrayClass } from "../module/layout.ts";
import { exprText, storedText } from "./expr.ts";

/** Tables that the intrinsics of a function need, as further parameters. */
export interface Tables {
  readonly powers: boolean;
  readonly bits: boolean;
}

/** Functions never change and every call asks, so it is told again. */
export function tablesOf(fn: LoopFunction): Tables {
  const tables = told.get(fn) ?? tablesIn(fn);
  told.set(fn, tables);
  return tables;
}
const told = new WeakMap<LoopFunction, Tables>();

function tablesIn(fn: LoopFunction): Tables {
  let [powers, bits] = [false, false];
  visitExprs(fn.body, (expr) => {
    if (expr.kind !== "op") return;
    powers ||= expr.op === "pow2" || expr.op === "pow2n";
    bits ||= expr.op === "exponent" || expr.op === "quarter";
  });
  return { powers, bits };
}

/** Parameters in order: arrays, tables, the batch size. */
function parameterNames(fn: LoopFunction): { readonly name: string; readonly type: string }[] {
  const tables = tablesOf(fn);
  const arrays = fn.params.flatMap((param) =>
    param.kind === "array"
      ? [{ name: param.name, type: param.numbers ? "number[]" : arrayClass[param.dtype] }]
      : [],
  );
  const scalars = fn.params.flatMap((param) =>
    param.kind === "scalar" ? [{ name: param.name, type: "number" }] : [],
  );
  return [
    ...arrays,
    ...(tables.powers ? [{ name: "powers", type: "Float64Array" }] : []),
    ...(tables.bits
      ? [
          { name: "bits", type: "Float64Array" },
          { name: "words", type: "Uint32Array" },
        ]
      : []),
    ...scalars,
  ];
}

/** One kernel as a module-level function, with comment lines that say what it computes. */
export function functionText(fn: LoopFunction, types: boolean): string {
  const dtypes = new Map(
    fn.params.flatMap((param) => (param.kind === "array" ? [[param.name, param.dtype] as const] : [])),
  );
  const params = parameterNames(fn).map(({ name, type }) => (types ? `${name}: ${type}` : name));
  const head = `function ${fn.name}(${params.join(", ")})${types ? ": void" : ""} {`;
  const wide =
    head.length <= 110
      ? [head]
      : [`function ${fn.name}(`, ...params.map((p) => `  ${p},`), `)${types ? ": void" : ""} {`];
  return [...fn.doc.map((line) => `// ${line}`), ...wide, ...blockLines(fn.body, dtypes, "  "), "}"].join(
    "\n",
  );
}

function blockLines(body: readonly LoopStmt[], dtypes: ReadonlyMap<string, DType>, indent: string): string[] {
  return body.flatMap((stmt) => statementLines(stmt, dtypes, indent));
}

function statementLines(stmt: LoopStmt, dtypes: ReadonlyMap<string, DType>, indent: string): string[] {
  const inside = (body: readonly LoopStmt[]): string[] => blockLines(body, dtypes, `${indent}  `);
  switch (stmt.kind) {
    case "for": {
      const step = stmt.step === 1 ? `${stmt.name}++` : `${stmt.name} += ${stmt.step}`;
      const head = `for (let ${stmt.name} = ${exprText(stmt.from)}; ${stmt.name} < ${exprText(stmt.to)}; ${step}) {`;
      return [indent + head, ...inside(stmt.body), `${indent}}`];
    }
    case "let":
      return [`${indent}${stmt.mutable ? "let" : "const"} ${stmt.name} = ${exprText(stmt.value)};`];
    case "set":
      return [
        `${indent}${assignment(stmt.name, stmt.value, (x) => x.kind === "local" && x.name === stmt.name, exprText(stmt.value))}`,
      ];
    case "store": {
      const place = `${stmt.array}[${exprText(stmt.index)}]`;
      const same = (x: LoopExpr): boolean =>
        x.kind === "load" && x.array === stmt.array && exprText(x.index) === exprText(stmt.index);
      return [
        `${indent}${assignment(place, stmt.value, same, storedText(stmt.value, dtypes.get(stmt.array) ?? "f32"))}`,
      ];
    }
    case "if": {
      const otherwise = stmt.otherwise.length > 0 ? [`${indent}} else {`, ...inside(stmt.otherwise)] : [];
      return [`${indent}if (${exprText(stmt.test)}) {`, ...inside(stmt.then), ...otherwise, `${indent}}`];
    }
    case "note":
      return [`${indent}// ${stmt.text}`];
    case "return":
      return [`${indent}return ${exprText(stmt.value)};`];
  }
}

/** `x += y` where the value is x + y in plain arithmetic. */
function assignment(place: string, value: LoopExpr, same: (x: LoopExpr) => boolean, whole: string): string {
  const plain = value.type === "f64" || value.type === "f32" || value.type === "index";
  if (value.kind === "op" && plain && (value.op === "add" || value.op === "mul") && same(value.args[0])) {
    return `${place} ${value.op === "add" ? "+=" : "*="} ${exprText(value.args[1])};`;
  }
  return `${place} = ${whole};`;
}
