import type { Value } from "../../ir/graph.ts";
import { isBatch, typeText } from "../../ir/type.ts";
import { documented } from "../about.ts";
import { checkOptions, reject, shown } from "../check.ts";
import { refuse } from "../context.ts";
import { zeros } from "../initializers.ts";
import { inLayer, param, type InitializerOption } from "../param.ts";
import type { Regularizer } from "../regularizers.ts";
import { greater, mul, where } from "../sugar/elementwise.ts";
import { axesOf, needFloat } from "../sugar/operand.ts";

export interface PreluOptions {
  /** zeros() by default. */
  readonly alphaInitializer?: InitializerOption;
  readonly alphaRegularizer?: Regularizer;
  /** Axes of x along which one slope serves, such as height and width of an image; none by default. */
  readonly sharedAxes?: number | readonly number[];
  /** "prelu", "prelu_1", … by default. */
  readonly name?: string;
}

const known = ["alphaInitializer", "alphaRegularizer", "sharedAxes", "name"] as const;

/**
 * A rectifier whose slope below 0 is trained: x where x > 0, else alpha·x (He et al. 2015). The parameter
 * `alpha` has the shape of x without the leading batch axis, with 1 for every shared axis.
 */
export const prelu = documented(
  {
    kind: "layer",
    doc: "A rectifier whose slope below 0 is trained, one slope for each position that is not shared.",
    formula: "x > 0 ? x : alpha·x",
    shapes: "[n, …] → [n, …]; alpha […], 1 along sharedAxes",
    keras: "PReLU",
    pytorch: "PReLU (one alpha or one a channel, 0.25 at first)",
    onnx: "PRelu",
  },
  (x: Value, options: PreluOptions = {}): Value =>
    inLayer("prelu", options?.name, () => {
      checkOptions("prelu", options, known);
      const value = needFloat("prelu", x);
      const { shape } = value.type;
      const given: unknown = options.sharedAxes ?? [];
      const axes = (Array.isArray(given) ? given : [given]) as readonly number[];
      if (!axes.every((axis) => Number.isInteger(axis)))
        reject("option", `sharedAxes of prelu must be axes of x, found ${shown(given)}`);
      const together = axes.length > 0 ? axesOf("prelu", axes, shape.length) : [];
      const wide = shape.map((dim, axis) => (together.includes(axis) ? 1 : dim));
      const kept = wide.length > 0 && isBatch(wide[0]) ? wide.slice(1) : wide;
      const batch = kept.findIndex(isBatch);
      if (batch >= 0) {
        refuse(
          "shape",
          `prelu of ${typeText(value.type)} would need a slope for every row of the batch`,
          `share axis ${batch}: sharedAxes: [${batch}]`,
        );
      }
      const alpha = param("alpha", kept as readonly number[], {
        initializer: options.alphaInitializer ?? zeros(),
        regularizer: options.alphaRegularizer,
      });
      return where(greater(value, 0), value, mul(value, alpha));
    }),
);
