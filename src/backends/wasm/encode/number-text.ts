/** A float as the text format spells it: with as few digits as tell it from the other numbers of its type. */
export function floatText(value: number, type: "f32" | "f64"): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0";
  if (type === "f64") return String(value);
  // Nine digits are enough for any float32.
  for (let digits = 6; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}
