/**
 * Any value of a stage as what JSON can hold: maps become lists of pairs, objects in `named` their names, and
 * numbers that JSON lacks their texts.
 */
export function plain(value: unknown, named: ReadonlyMap<object, string>): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value;
  const name = named.get(value);
  if (name !== undefined) return name;
  const each = (item: unknown): unknown => plain(item, named);
  if (Array.isArray(value)) return value.map(each);
  if (value instanceof Map) return [...value].map(([key, item]) => [each(key), each(item)]);
  if (value instanceof Set) return [...value].map(each);
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array);
  // fromEntries defines properties, so that even a field called __proto__ is only data.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, each(item)]));
}
