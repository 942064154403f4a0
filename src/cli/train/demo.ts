import type { Compilation } from "../../compile.ts";
import { graphNodes } from "../../ir/graph.ts";
import type { History } from "../../train/index.ts";
import type { Context } from "../io.ts";
import type { LoadedModel } from "../load-model.ts";
import { sizesOf } from "../sizes.ts";
import { bytesText, plural, tableText } from "../text.ts";

/** What each stage of the compiler made of the model, a line each. */
export async function demoCompiled(
  { print, style, disk }: Context,
  loaded: LoadedModel,
  compilation: Compilation,
  rules: number,
): Promise<void> {
  const { training, files } = compilation;
  const { stageGraphs, stageText } = await import("../../stages.ts");
  const sizes = sizesOf(compilation);
  const count = (stage: "forward" | "training" | "optimized"): number =>
    (stageGraphs(compilation, stage) ?? []).reduce((sum, graph) => sum + graphNodes(graph).length, 0);
  const gradients = training.graphs.steps
    .flatMap((step) => step.training.outputs)
    .filter(({ role }) => role === "gradient").length;
  const lines = (stage: "kernels" | "loops"): number =>
    stageText(compilation, stage).trimEnd().split("\n").length;
  const code = files.map(({ name }) => name).join(", ");
  print(style("bold", `gradc compiles ${disk.shown(loaded.path)}`));
  print(
    tableText([
      ["  1 forward", `${count("forward")} ops, as the model file declares them`],
      [
        "  2 training",
        `${count("training")} ops: the loss, ${plural(gradients, "gradient")} and the optimizer, as formulas`,
      ],
      ["  3 optimized", `${count("optimized")} simple ops after ${rules} rewrites`],
      ["  4 kernels", `${kernelCount(compilation)} kernels: ops that share their loops`],
      [
        "  5 memory",
        `${bytesText(sizes.arenaBytes)} in one block, planned ahead (bound ${bytesText(sizes.liveBoundBytes)})`,
      ],
      ["  6 loops", `${lines("loops")} lines of loops over that block`],
      ["  7 code", `${code}: ${bytesText(sizes.code)}, ${bytesText(sizes.gzip)} with gzip, no dependency`],
    ]),
  );
  print(style("dim", `  gradc inspect ${disk.shown(loaded.path)} --stage <name> shows each\n`));
}

const kernelCount = ({ kernels }: Compilation): number => kernels.kernels.length;

/** The loss of every epoch as a curve of characters. */
export async function demoCurve({ print, style, io }: Context, { epochs }: History): Promise<void> {
  const points = (name: string): [number, number][] =>
    epochs.flatMap(({ epoch, columns }) =>
      typeof columns[name] === "number" ? [[epoch, columns[name]]] : [],
    );
  const lines = ["loss", "val_loss"].map(points).filter((line) => line.length > 1);
  if (lines.length === 0) return;
  const { plot } = await import("simple-ascii-chart");
  const colors = ["ansiCyan", "ansiYellow"] as const;
  // A label at every epoch would run into the next one.
  const every = Math.ceil(epochs.length / 8);
  const chart = plot(lines, {
    width: Math.max(20, Math.min(72, io.width - 12)),
    height: 12,
    formatter: (value, { axis }) => {
      if (axis === "y") return value.toFixed(2);
      return value === 1 || value % every === 0 ? Math.round(value) : "";
    },
    ...(io.outColor ? { color: colors.slice(0, lines.length) } : {}),
  });
  print(style("bold", "\nLoss by epoch, training and validation"));
  print(chart);
}
