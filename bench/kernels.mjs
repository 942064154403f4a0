// Kernels of the workloads by themselves, as the command line measures them, and the table that shows the dearest.
import { ask } from "./child.mjs";
import { cli, modelOf } from "./gradc.mjs";
import { reason } from "./reason.mjs";
import { figure, table } from "./sections.mjs";
import { flagsOf } from "./targets.mjs";

const shown = 5;

/** Measures the kernels of each workload for each target: { workload, target, step, kernels } or { …, failed }. */
export async function kernelTimes({ names, workloads, engine, see }) {
  for (const workload of workloads) {
    for (const target of names) {
      try {
        const flags = ["--kernels", "--json", "--samples", "11", ...flagsOf(target)];
        const { kernels, times } = await ask([engine.path, cli, "bench", modelOf(workload), ...flags]);
        const step = times.find(({ name }) => name === "trainStep").median * 1000;
        const own = kernels.filter(({ entry }) => entry === "trainStep");
        const sum = own.reduce((ms, { median }) => ms + median, 0) * 1000;
        const dearest = own.sort((a, b) => b.median - a.median).slice(0, shown);
        see({ workload, target, step, sum, count: own.length, kernels: dearest });
      } catch (error) {
        see({ workload, target, failed: reason(error) });
      }
    }
  }
}

/** The dearest kernels as one table. */
export function kernelsText(records) {
  const head = ["workload", "target", "kernel", "computes", "µs", "share", "GFLOP/s", "GB/s"];
  const rows = records.flatMap(({ workload, target, failed, step, sum, count, kernels }) =>
    failed
      ? [[workload, target, failed, "", "–", "–", "–", "–"]]
      : [
          [workload, target, `all ${count}, and the whole step`, "", `${figure(sum)}, ${figure(step)}`, "", "", ""],
          ...kernels.map(({ kernel, doc, median, share, flops, bytes }) => [
            workload,
            target,
            kernel,
            `\`${doc.replace(/ {2}\(.*$/, "").slice(0, 70)}\``,
            figure(median * 1000),
            `${(100 * share).toFixed(0)} %`,
            figure(flops / median / 1e6),
            figure(bytes / median / 1e6),
          ]),
        ],
  ); // prettier-ignore
  return table(head, rows);
}
