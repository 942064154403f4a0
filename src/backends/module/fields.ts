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

/** The view of a buffer, of which a constant is filled in, or an array of plain numbers. */
export function viewField(buffer: Buffer, context: ModuleContext): Field {
  const name = `$${buffer.name}`;
  if (buffer.kind === "numbers") return { name, type: "number[]", value: `numbers(${sizeOf(buffer.shape)})` };
  const type = arrayClass[buffer.dtype];
  const value = arrayText(type, context.memory.placements.get(buffer)!.offset, sizeOf(buffer.shape), context);
  return {
    name,
    type,
    value,
    ...(buffer.values ? { then: `this.${name}.set([${buffer.values.map(numberText).join(", ")}]);` } : {}),
  };
}

/** The view of a buffer for a user: the one that kernels take, or one of its own. */
export const viewText = (buffer: Buffer, context: ModuleContext, self = "this"): string =>
  context.engine.takesViews ? `${self}.$${buffer.name}` : viewField(buffer, context).value;

/** Views by their names, in an object, each on a line. */
export function viewsText(
  views: readonly { readonly name: string; readonly buffer: Buffer }[],
  context: ModuleContext,
  self = "this",
): string {
  if (views.length === 0) return "{}";
  const members = views.map(({ name, buffer }) => `${ownKey(name)}: ${viewText(buffer, context, self)}`);
  return `{\n${members.map((member) => `      ${member},\n`).join("")}    }`;
}
export const byCell = (buffers: readonly Buffer[]): { readonly name: string; readonly buffer: Buffer }[] =>
  buffers.map((buffer) => ({ name: buffer.cell!.name, buffer }));
