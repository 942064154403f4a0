/** The definitions that all libraries in the comparison share. */
export const workloads: Readonly<Record<string, { readonly title: string }>>;
export function uniform(seed: number, count: number): Float64Array;
export function initialParameters(id: string): Float32Array[];
export function batchesOf(id: string): [Float32Array, Float32Array | Int32Array][];
export function parametersOf(id: string): { name: string; shape: readonly number[]; data: Float32Array }[];
export function factorsOf(id: string): [Float32Array, Float32Array];
