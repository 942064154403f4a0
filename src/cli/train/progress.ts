import type { Metrics } from "../../train/index.ts";
import type { Spec } from "./module.ts";

/** `loss 0.4321  val_loss 0.4500  val_accuracy 0.9444` */
export const columnsText = (columns: Metrics): string =>
  Object.entries(columns)
    .flatMap(([name, value]) => (typeof value === "number" ? [`${name} ${value.toFixed(4)}`] : []))
    .join("  ");

/** Four decimals for shares and small losses, two for what has a unit: `accuracy 0.9722`, `mae 2.31`. */
export const metricText = (name: string, value: number): string =>
  `${name} ${value.toFixed(Math.abs(value) <= 1 ? 4 : 2)}`;

/** The model's own first metric that is one number, or else its loss. */
export function firstMetric(spec: Spec, tested: Metrics): [name: string, value: number] {
  const own = spec.metrics.filter(({ name, shape }) => name !== "loss" && shape.length === 0);
  const name = own[0]?.name ?? "loss";
  return [name, Number(tested[name])];
}
