/** Plain data as text, equal only for equal data: unlike JSON it tells ∞, −∞, NaN and −0 from each other and from null. */
export function exactText(thing: unknown): string {
  if (typeof thing === "number") return thing === 0 && Object.is(thing, -0) ? "-0" : String(thing);
  if (typeof thing !== "object" || thing === null) return JSON.stringify(thing) ?? "";
  if (Array.isArray(thing)) return `[${thing.map(exactText).join(",")}]`;
  let text = "{";
  for (const name in thing) {
    const value = (thing as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) text += `${name}:${exactText(value)},`;
  }
  return `${text}}`;
}
