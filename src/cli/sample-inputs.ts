import { fail } from "../base/errors.ts";
import type { InputSpec, NumericArray } from "../data/index.ts";
import { randomBits } from "../data/random.ts";

/** Refuses more rows than a call may have. Fails with `batch-size`. */
export function checkRows({ batch }: { readonly batch: number | null }, rows: number): void {
  const most = batch ?? 1;
  if (rows <= most) return;
  const more = batch === null ? "a model without a batch takes one" : `or declare batch(${rows})`;
  fail("batch-size", `${rows} rows are more than the ${most} declared`, {
    hint: `give --rows ${most} at most, ${more}`,
  });
}

/** n rows of random numbers for every input: floats from -1 to 1, integers below their limit. */
export function sampleInputs(inputs: readonly InputSpec[], n: number, seed: number): NumericArray[] {
  const bits = randomBits(seed);
  const uniform = (): number => bits() / 2 ** 32;
  return inputs.map(({ name, dtype, shape, limit }) => {
    const length = shape.reduce<number>((size, dim) => size * extent(dim, n), 1);
    // Only floats can be negative; a limit keeps labels and indices valid.
    const value = dtype.startsWith("f")
      ? () => uniform() * 2 - 1
      : () => Math.floor(uniform() * (limit ?? 2));
    return arrayOf(dtype, name, length).map(value);
  });
}

/** The extent of a dim of `spec` with n rows: 64, "n" or "4*n". */
function extent(dim: number | string, n: number): number {
  if (typeof dim === "number") return dim;
  return dim === "n" ? n : Number.parseInt(dim, 10) * n;
}

function arrayOf(dtype: string, name: string, length: number): NumericArray {
  if (dtype === "f32") return new Float32Array(length);
  if (dtype === "f64") return new Float64Array(length);
  if (dtype === "i32") return new Int32Array(length);
  if (dtype === "bool") return new Uint8Array(length);
  return fail("dtype", `input "${name}" is ${dtype}, which has no array`);
}
