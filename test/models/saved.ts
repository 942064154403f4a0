import type { Net, Spec } from "../../src/cli/train/module.ts";

/** Every number that a network saves, by name: parameters, states, slots and scalars. */
export type Saved = ReadonlyMap<string, Float64Array>;

type Cell = {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
  readonly offset: number;
};
const kinds = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
} as const;

const cellsOf = (spec: Spec): readonly Cell[] => [...spec.parameters, ...spec.states] as readonly Cell[];

function viewOf({ state }: Net, { dtype, shape, offset }: Cell) {
  const size = shape.reduce<number>((product, dim) => product * Number(dim), 1);
  return new kinds[dtype as keyof typeof kinds](state.buffer as ArrayBuffer, state.byteOffset + offset, size);
}

export const savedBy = (spec: Spec, net: Net): Map<string, Float64Array> =>
  new Map(cellsOf(spec).map((cell) => [cell.name, Float64Array.from(viewOf(net, cell))]));

/** Puts numbers into a network, whatever the precision of the one that they come from. */
export function restore(spec: Spec, net: Net, saved: Saved): void {
  for (const cell of cellsOf(spec)) viewOf(net, cell).set(saved.get(cell.name)!);
}
