import type { Value } from "../../ir/graph.ts";
import { typeText } from "../../ir/type.ts";
import { suggest } from "../../base/suggest.ts";
import { documented } from "../about.ts";
import { checkOptions, shown } from "../check.ts";
import { refuse } from "../context.ts";
import { inLayer } from "../param.ts";
import { add, mul } from "../sugar/elementwise.ts";
import { concat, reverse } from "../sugar/movement.ts";
import { checkValue } from "../sugar/operand.ts";

const merges = {
  concat: (a: Value, b: Value): Value => concat([a, b], { axis: -1 }),
  sum: (a: Value, b: Value): Value => add(a, b),
  mul: (a: Value, b: Value): Value => mul(a, b),
  ave: (a: Value, b: Value): Value => mul(add(a, b), 0.5),
} as const;
export type Merge = keyof typeof merges;

export interface BidirectionalOptions {
  /** How the two outputs become one; "concat" by default. */
  readonly mergeMode?: Merge;
  readonly name?: string;
}

/** What a direction is to be built with: pass it on to the layer. */
export interface Direction {
  readonly goBackwards: boolean;
  readonly name: string;
}

/**
 * A recurrent layer in both directions: `bidirectional(x, (x, direction) => lstm(x, { units: 32, ...direction }))`.
 * The layers are called "forward" and "backward"; outputs of all times stand in order of time in both.
 */
export const bidirectional = documented(
  {
    kind: "layer",
    doc: "A recurrent layer over a sequence and one over its reverse, merged.",
    formula: "bidirectional(x, (x, direction) => gru(x, { units: 8, ...direction }))",
    shapes: "[n, T, d] → [n, 2·units] with concat, else [n, units]; [n, T, …] with returnSequences",
    defaults: { mergeMode: "concat" },
    keras: "Bidirectional",
    pytorch: "bidirectional=True",
    onnx: "direction=bidirectional",
  },
  (x: Value, layer: (x: Value, direction: Direction) => Value, options: BidirectionalOptions = {}): Value =>
    inLayer("bidirectional", options.name, () => {
      checkOptions("bidirectional", options, ["mergeMode", "name"]);
      const value = checkValue("bidirectional", x);
      const mode = options.mergeMode ?? "concat";
      if (!Object.hasOwn(merges, mode))
        refuse("option", `there is no merge mode ${shown(mode)}`, suggest(String(mode), Object.keys(merges)));
      if (typeof layer !== "function")
        refuse("value", `bidirectional takes a function (x, direction) => layer, found ${shown(layer)}`);
      const ahead = checkValue("bidirectional", layer(value, { goBackwards: false, name: "forward" }));
      let heeded = false as boolean;
      const backward = {
        name: "backward",
        get goBackwards() {
          heeded = true;
          return true;
        },
      };
      const back = checkValue("bidirectional", layer(value, backward));
      if (!heeded)
        refuse(
          "value",
          "the layer of bidirectional does not use its direction, so both would go forward",
          "pass it on: bidirectional(x, (x, direction) => gru(x, { units: 8, ...direction }))",
        );
      const [rank, other] = [ahead, back].map(({ type }) => type.shape.length);
      if (rank !== other)
        refuse(
          "shape",
          `the directions of bidirectional give ${typeText(ahead.type)} and ${typeText(back.type)}`,
        );
      return merges[mode](ahead, rank === 3 ? reverse(back, 1) : back);
    }),
);
