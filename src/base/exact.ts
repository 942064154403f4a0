/**
 * JSON of plain data in which different numbers differ: what JSON calls null (∞, −∞, NaN) and −0 are written out.
 * `stand` may put something else in the place of an object.
 */
export const exactText = (thing: unknown, stand: (thing: unknown) => unknown = (same) => same): string =>
  JSON.stringify(thing, (_, value: unknown) => {
    if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return stand(value);
    return Object.is(value, -0) ? "number -0" : `number ${value}`;
  });
