import type { Buffer } from "../../ir/kernel.ts";
import { sizeOf } from "../../ir/type.ts";
import { numberText } from "./value.ts";
import { arrayClass } from "./layout.ts";
import { ownKey } from "./names.ts";
import type { ModuleContext } from "./context.ts";
import type { Constructor, Field } from "./engine.ts";

export const declarations = (fields: readonly Field[], types: boolean): string[] =>
  types ? fields.map((field) => `  ${field.mutable ? "" : "readonly "}${field.name}: ${field.type};`) : [];
export const assignments = (fields: readonly Field[]): string[] =>
  fields.flatMap((field) => [
    ...(field.before ? [`    ${field.before}`] : []),
    `    this.${field.name} = ${field.value};`,
    ...(field.then ? [`    ${field.then}`] : []),
  ]);
/** The head of a constructor, with what comes before its assignments. */
export const constructorText = ({ parameters, first }: Constructor, types: boolean): string[] => [
  `  constructor(${parameters.map(({ name, type }) => (types ? `${name}: ${type}` : name)).join(", ")}) {`,
  ...indent(first),
];
export const indent = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);

/** `new Float32Array(buffer, …)`, for so many numbers at a byte of the arena. */
export const arrayText = (type: string, offset: number, length: number, { engine }: ModuleContext): string =>
  `new ${type}(buffer, ${engine.memory.place(offset)}, ${length})`;

/** The view of a buffer; a constant is filled in. */
export function viewField(buffer: Buffer, context: ModuleContext): Field {
  const type = arrayClass[buffer.dtype];
  const name = `$${buffer.name}`;
  const value = arrayText(type, context.memory.placements.get(buffer)!.offset, sizeOf(buffer.shape), context);
  return {
    name,
    type,
    value,
    ...(buffer.values ? { then: `this.${name}.set([${buffer.values.map(numberText).join(", ")}]);` } : {}),
  };
}

/** Views by the names of their cells, in an object; they are the very views that kernels use. */
export const viewsText = (buffers: readonly Buffer[], self = "this"): string =>
  buffers.length === 0
    ? "{}"
    : `{ ${buffers.map((b) => `${ownKey(b.cell!.name)}: ${self}.$${b.name}`).join(", ")} }`;
