import type { MemoryPlan } from "../ir/arena.ts";
import type { Buffer, Kernel } from "../ir/kernel.ts";
import { sizeOf } from "../ir/type.ts";
import { tenantsOf, type Tenant } from "./lives.ts";

/**
 * Shares out arrays of plain numbers, which cannot lie within one another: what is alive at the same time within one
 * entry has arrays of its own, the longest first.
 */
export function numberArrays(entries: readonly (readonly Kernel[])[]): MemoryPlan["numbers"] {
  const shared: Buffer[][] = [];
  for (const kernels of entries) {
    const taken: Tenant[][] = [];
    const tenants = tenantsOf(kernels, isNumbers, () => false);
    for (const tenant of tenants.toSorted((a, b) => b.bytes - a.bytes)) {
      const isFree = (others: readonly Tenant[]): boolean =>
        others.every(({ first, last }) => last < tenant.first || tenant.last < first);
      const found = taken.findIndex(isFree);
      const place = found < 0 ? taken.length : found;
      (taken[place] ??= []).push(tenant);
      (shared[place] ??= []).push(...tenant.buffers);
    }
  }
  return shared.map((holds, k) => {
    // No other buffer has a name like this.
    const name = k === 0 ? "numbers" : `numbers$${k + 1}`;
    const length = Math.max(...holds.map(({ shape }) => sizeOf(shape)));
    return { array: { name, kind: "numbers", dtype: "f64", shape: [length] }, holds };
  });
}

const isNumbers = ({ kind }: Buffer): boolean => kind === "numbers";
