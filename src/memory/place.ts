import type { Tenant } from "./lives.ts";

/** Offsets by best fit in order of decreasing size: the smallest gap between what is alive at the same time. */
export function placeTenants(tenants: readonly Tenant[]): {
  readonly offsets: ReadonlyMap<Tenant, number>;
  readonly bytes: number;
} {
  const offsets = new Map<Tenant, number>();
  let bytes = 0;
  const bySize = [...tenants].sort(
    (a, b) => b.bytes - a.bytes || a.first - b.first || (a.buffers[0].name < b.buffers[0].name ? -1 : 1),
  );
  for (const tenant of bySize) {
    const taken = [...offsets]
      .filter(([other]) => other.first <= tenant.last && tenant.first <= other.last)
      .map(([other, offset]) => [offset, offset + other.bytes] as const)
      .sort((a, b) => a[0] - b[0]);
    let best: number | undefined;
    let bestGap = Infinity;
    let end = 0;
    for (const [from, to] of [...taken, [Infinity, Infinity] as const]) {
      const gap = from - end;
      if (gap >= tenant.bytes && gap < bestGap) [best, bestGap] = [end, gap];
      end = Math.max(end, to);
    }
    // The last gap is unbounded, so there is always a place; it only wins where no bounded gap fits.
    const offset = best ?? taken.reduce((most, [, to]) => Math.max(most, to), 0);
    offsets.set(tenant, offset);
    bytes = Math.max(bytes, offset + tenant.bytes);
  }
  return { offsets, bytes };
}

/** The largest sum of tenants alive at one step. */
export function peakOf(tenants: readonly Tenant[], steps: number): number {
  let peak = 0;
  for (let step = 0; step <= steps; step++) {
    peak = Math.max(
      peak,
      tenants.reduce((sum, t) => sum + (t.first <= step && step <= t.last ? t.bytes : 0), 0),
    );
  }
  return peak;
}
