import { reserved } from "../../base/reserved.ts";

const taboo: ReadonlySet<string> = new Set(reserved);

/** The declared name where it is a safe identifier, else a neutral one; unique among its neighbours. */
export function identifier(name: string, taken: Set<string>): string {
  const safe =
    /^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/.test(name) &&
    !taboo.has(name) &&
    name !== "__proto__" &&
    !name.startsWith("$");
  let candidate = safe ? name : "input";
  for (let k = 2; taken.has(candidate); k++) candidate = `${safe ? name : "input"}_${k}`;
  taken.add(candidate);
  return candidate;
}

/** Text of a property name in an object literal or a type: an identifier where that is safe, else a string. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) && name !== "__proto__" ? name : stringText(name);
}
/** The same in an object literal that runs, where a plain "__proto__" key would set the prototype. */
export const ownKey = (name: string): string => (name === "__proto__" ? `["__proto__"]` : propertyName(name));
export const memberOf = (object: string, name: string): string =>
  /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? `${object}.${name}` : `${object}[${stringText(name)}]`;

/** A string literal that no name can break out of, in a module or in a script element. */
export function stringText(value: string): string {
  return JSON.stringify(value)
    .replace(/[\u007f-\uffff]/g, (c) =>
      /[\u2028\u2029\ud800-\udfff\ufeff\u200b-\u200f\u202a-\u202e\u0080-\u009f\u007f]/.test(c)
        ? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`
        : c,
    )
    .replace(/<\/(script)/gi, "<\\/$1")
    .replace(/<!--/g, "<\\!--");
}
/** The same as a part of a template's text. */
export const templateText = (value: string): string =>
  stringText(value)
    .slice(1, -1)
    .replace(/`|\$\{/g, "\\$&");

/** The class name of a model: its name in capitals-first form, or a plain word where nothing is left of it. */
export function className(name: string): string {
  const words = name
    .normalize("NFKD")
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const joined = words
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join("")
    .slice(0, 64);
  const taken = new Set([
    "Object",
    "Math",
    "Float32Array",
    "Float64Array",
    "Int32Array",
    "Uint32Array",
    "Uint8Array",
    "ArrayBuffer",
    "RangeError",
    "Error",
    "Predictor",
    "Network",
    "CompiledModule",
    "Row",
    "ReturnType",
    "Number",
    "Infinity",
    "NaN",
    "Readonly",
    "Pick",
  ]);
  const safe = joined === "" || /^[0-9]/.test(joined) ? `Model${joined}` : joined;
  return taken.has(safe) ? `${safe}Model` : safe;
}
