const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * A decimal number with optional sign, fraction and exponent, or undefined for any other text.
 * `Number` takes "" for 0 and "0x10" for 16, `parseFloat` takes "1.5kg" for 1.5; none of these is meant in a table.
 */
export function parseNumber(text: string): number | undefined {
  if (!decimal.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
