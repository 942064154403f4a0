import { ownKey, propertyName, stringText } from "./names.ts";

/** A number as JavaScript reads it back to the bit. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

export type Plain = null | number | string | boolean | readonly Plain[] | { readonly [name: string]: Plain };

/** Plain data as a literal, one entry a line where it does not fit on one. */
export function literal(value: Plain, indent = "", type = false): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return stringText(value);
  const key = type ? propertyName : ownKey;
  const list = isList(value);
  const parts = list
    ? value.map((item) => literal(item, `${indent}  `, type))
    : Object.entries(value).map(
        ([name, item]) => `${type ? "readonly " : ""}${key(name)}: ${literal(item, `${indent}  `, type)}`,
      );
  const [open, close] = list ? [type ? "readonly [" : "[", "]"] : ["{", "}"];
  const separator = type && !list ? "; " : ", ";
  const pad = list ? "" : " ";
  const line = parts.length === 0 ? open + close : `${open}${pad}${parts.join(separator)}${pad}${close}`;
  if (line.length + indent.length <= 104 && !line.includes("\n")) return line;
  const end = type && !list ? ";" : ",";
  return `${open}\n${parts.map((part) => `${indent}  ${part}${end}`).join("\n")}\n${indent}${close}`;
}
const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
