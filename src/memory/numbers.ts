import { isShort, type MemoryPlan } from "../ir/arena.ts";
import { plainName, type Buffer, type Kernel } from "../ir/kernel.ts";
import { sizeOf } from "../ir/type.ts";
import { tenantsOf, type Tenant } from "./lives.ts";

type Arrays = MemoryPlan["numbers"];

/** Shares out arrays of plain numbers, which cannot lie within one another. */
export function numberArrays(entries: readonly (readonly Kernel[])[]): Arrays {
  const tenants = entries.map((kernels) => tenantsOf(kernels, isNumbers, () => false));
  return [...ownArrays(tenants), ...sharedArrays(tenants)];
}

/** Short values have arrays called like them; one serves the same value in several entries. */
function ownArrays(entries: readonly (readonly Tenant[])[]): Arrays {
  const arrays = new Map<string, Buffer[]>();
  for (const tenants of entries) {
    const taken = new Set<string>();
    for (const buffer of tenants.flatMap(({ buffers }) => buffers).filter(({ shape }) => isShort(shape))) {
      const [plain, length] = [plainName(buffer.name), sizeOf(buffer.shape)];
      let key = `${plain} ${length}`;
      for (let k = 2; taken.has(key); k++) key = `${plain} ${length} ${k}`;
      taken.add(key);
      arrays.set(key, [...(arrays.get(key) ?? []), buffer]);
    }
  }
  return [...arrays.values()].map((holds) => ({ array: arrayOf(holds[0].name, holds), holds }));
}

/** What is alive at the same time within one entry has arrays of its own, the longest first. */
function sharedArrays(entries: readonly (readonly Tenant[])[]): Arrays {
  const shared: Buffer[][] = [];
  for (const tenants of entries) {
    const taken: Tenant[][] = [];
    const long = tenants.filter(({ buffers }) => !isShort(buffers[0].shape));
    for (const tenant of long.toSorted((a, b) => b.bytes - a.bytes)) {
      const isFree = (others: readonly Tenant[]): boolean =>
        others.every(({ first, last }) => last < tenant.first || tenant.last < first);
      const found = taken.findIndex(isFree);
      const place = found < 0 ? taken.length : found;
      (taken[place] ??= []).push(tenant);
      (shared[place] ??= []).push(...tenant.buffers);
    }
  }
  // No other buffer has a name like this.
  return shared.map((holds, k) => ({
    array: arrayOf(k === 0 ? "numbers" : `numbers$${k + 1}`, holds),
    holds,
  }));
}

const arrayOf = (name: string, holds: readonly Buffer[]): Buffer => {
  const length = Math.max(...holds.map(({ shape }) => sizeOf(shape)));
  return { name, kind: "numbers", dtype: "f64", shape: [length] };
};

const isNumbers = ({ kind }: Buffer): boolean => kind === "numbers";
