import type { Spec } from "../../src/cli/train/module.ts";
import type { NumericArray } from "../../src/data/index.ts";
import { randomFrom } from "../ops/sample.ts";

/** Numbers for n rows of every input, float32 whatever the build, so that builds of either precision take the same. */
export interface Rows {
  readonly n: number;
  readonly values: readonly Float64Array[];
}

const counts = { f32: Float32Array, f64: Float64Array, i32: Int32Array, bool: Uint8Array } as const;
const extent = (dim: number | string, n: number): number =>
  typeof dim === "number" ? dim : dim === "n" ? n : Number.parseInt(dim, 10) * n;
const sizeAt = (shape: readonly (number | string)[], n: number): number =>
  shape.reduce<number>((size, dim) => size * extent(dim, n), 1);

export function rowsFor(spec: Spec, n: number, seed: number): Rows {
  const random = randomFrom(seed);
  const values = spec.inputs.map(({ dtype, shape, limit }) => {
    const draw = (): number =>
      dtype.startsWith("f") ? Math.fround(2 * random() - 1) : Math.floor(random() * (limit ?? 2));
    return Float64Array.from({ length: sizeAt(shape, n) }, draw);
  });
  return { n, values };
}

/** Where n rows stand in an array that is laid out for the full batch. */
export function places(shape: readonly (number | string)[], n: number, batch: number): number[] {
  let found = [0];
  for (const dim of shape) {
    const steps = Array.from({ length: extent(dim, n) }, (_, k) => k);
    found = found.flatMap((place) => steps.map((step) => place * extent(dim, batch) + step));
  }
  return found;
}

/**
 * The arrays that a call takes for chosen inputs. They have n rows alone, or where `full` says so those of the whole batch,
 * of which nothing after the n-th may be read: it is no number.
 */
export function argumentsOf(spec: Spec, { n, values }: Rows, chosen: readonly number[], full: boolean): (NumericArray | number)[] {
  const arrays = chosen.map((k) => {
    const { dtype, shape } = spec.inputs[k];
    const make = counts[dtype as keyof typeof counts];
    if (!full) return make.from(values[k]);
    const size = sizeAt(shape, spec.batch!);
    const array = new make(new Uint8Array(size * make.BYTES_PER_ELEMENT).fill(255).buffer);
    array.set(values[k]);
    return array;
  });
  return [...arrays, n];
} // prettier-ignore
