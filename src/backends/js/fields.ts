import type { Buffer } from "../../ir/kernel.ts";
import { sizeOf } from "../../ir/type.ts";
import { numberText } from "./expr.ts";
import { arrayClass } from "./function.ts";
import { align16 } from "./layout.ts";
import { ownKey } from "./names.ts";
import type { ModuleContext } from "./skeleton.ts";

/** A property of an instance: its type, the expression it starts with, and statements that belong to it. */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly before?: string;
  readonly then?: string;
  readonly mutable?: boolean;
}

export const declarations = (fields: readonly Field[], types: boolean): string[] =>
  types ? fields.map((field) => `  ${field.mutable ? "" : "readonly "}${field.name}: ${field.type};`) : [];
export const assignments = (fields: readonly Field[]): string[] =>
  fields.flatMap((field) => [
    ...(field.before ? [`    ${field.before}`] : []),
    `    this.${field.name} = ${field.value};`,
    ...(field.then ? [`    ${field.then}`] : []),
  ]);
export const indent = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);

/** `new Float32Array(buffer, …)`: saved bytes count from the start, scratch from wherever the scratch begins. */
export function arrayText(type: string, offset: number, length: number, { memory }: ModuleContext): string {
  const scratch = align16(memory.stateBytes);
  const from =
    offset < memory.stateBytes
      ? String(offset)
      : offset === scratch
        ? "scratch"
        : `scratch + ${offset - scratch}`;
  return `new ${type}(buffer, ${from}, ${length})`;
}

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
