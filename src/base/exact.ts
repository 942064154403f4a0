/**
 * Plain data as text, equal only for equal data: unlike JSON it tells ∞, −∞, NaN and −0 from each other and from null.
 * `stand` may put something else in the place of an object.
 */
export function exactText(thing: unknown, stand: (thing: object) => unknown = (same) => same): string {
  if (typeof thing === "number") return thing === 0 && Object.is(thing, -0) ? "-0" : String(thing);
  if (typeof thing !== "object" || thing === null) return JSON.stringify(thing) ?? "";
  const stood = stand(thing);
  if (stood !== thing && (typeof stood !== "object" || stood === null)) return exactText(stood);
  if (Array.isArray(stood)) return `[${stood.map((item) => exactText(item, stand)).join(",")}]`;
  let text = "{";
  for (const name in stood as object) {
    const value = (stood as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) text += `${name}:${exactText(value, stand)},`;
  }
  return `${text}}`;
}
