import type { Backend } from "../ir/backend.ts";
import { pointsOf } from "../ir/index.ts";
import type { KernelDraft } from "../ir/kernel.ts";
import { maxOf } from "../ir/type.ts";

/** Each part of a sum is added to memory, which must be little beside its products. */
const leastDepth = 16;

/**
 * A gradient that is a product over a long depth, as over all times and rows of a batch, is added up in parts: for one
 * index of the first axis of the depth after the other, each time over all rows and columns. As one sum for each element
 * it would read the whole depth of the columns from far away again for every few rows. Only where lanes hold the sums,
 * since a sum in float64 is not rounded on its way.
 */
export function sumInParts(kernel: KernelDraft, { vectors }: Backend): KernelDraft {
  const { core, outer, before, after } = kernel;
  const depth = core?.depth.filter(({ extent }) => extent !== 1) ?? [];
  if (!vectors || !core || core.only || outer.length === 0 || depth.length < 2) return kernel;
  const [part, ...rest] = depth;
  const columns = maxOf(outer[outer.length - 1].extent);
  // Twice what stays in the first cache comes from the second fast enough.
  if (pointsOf(rest) < leastDepth || pointsOf(depth) * columns * 4 <= 2 * vectors.nearBytes) return kernel;
  if (before.length + after.length > 0 || !onlyAdds(kernel)) return kernel;
  return {
    ...kernel,
    outer: [part, ...outer],
    core: { ...core, depth: core.depth.filter((axis) => axis !== part) },
  };
}

/** A kernel that does nothing with its product but add it to gradients. */
const onlyAdds = ({ core, stages }: KernelDraft): boolean =>
  stages.length === 1 &&
  stages[0].inner.length === 0 &&
  stages[0].items.every(
    ({ value, reduce, targets }) =>
      reduce === null &&
      value.kind === "local" &&
      value.name === core?.result &&
      targets.length > 0 &&
      targets.every(({ accumulate }) => accumulate),
  );
