import type { Value } from "../../ir/graph.ts";
import { isBatch, sameShape, typeText, type Dim } from "../../ir/type.ts";
import { iota } from "../../ops/leaves.ts";
import { documented } from "../about.ts";
import { reject, shown } from "../check.ts";
import { here, refuse } from "../context.ts";
import { add, cast, equal, less, logicalAnd, logicalOr, mul, neg, notEqual, sub, where } from "../sugar/elementwise.ts"; // prettier-ignore
import { takeAlongAxis } from "../sugar/indexing.ts";
import { broadcastTo, concat, expandDims, pad, reshape, slice, stack, transpose } from "../sugar/movement.ts";
import { checkValue } from "../sugar/operand.ts";
import { logSoftmax, logSumExp, sum } from "../sugar/reduce.ts";
import { scan } from "../sugar/scan.ts";
import { checkFloat, checkUnnormalized } from "./arguments.ts";
import { lossDefaults, reduced, type LossOptions } from "./reduce.ts";

export interface CtcOptions extends LossOptions {
  /** The class that means nothing, which also fills labels up behind their end; 0 by default. */
  readonly blank?: number;
  /** How many times of each row count (i32 [n]); all by default. */
  readonly lengths?: Value;
}
const ctcDefaults = { ...lossDefaults, blank: 0 } as const;

/** The logarithm of what is impossible: finite, so that gradients stay so, and the same number in f32. */
const never = -(2 ** 100);
/** [n, s] moved k places to the right, impossible where nothing comes from. */
const shifted = (x: Value, k: number): Value =>
  pad(slice(x, { start: [null, 0], limit: [null, -k] }), { low: [0, k], high: [0, 0], value: never });

function checkCtc(logits: unknown, labels: unknown, { lengths }: CtcOptions) {
  const [x, y] = [checkFloat("ctc", "logits", logits), checkValue("ctc", labels)];
  const [rows, times, classes] = x.type.shape;
  const [count, places] = y.type.shape;
  const fits =
    x.type.shape.length === 3 &&
    y.type.shape.length === 2 &&
    sameShape([rows], [count]) &&
    y.type.dtype === "i32" &&
    [times, classes, places].every((dim) => !isBatch(dim));
  if (!fits) {
    return refuse(
      "shape",
      `ctc takes logits [n, times, classes] and i32 labels [n, places], found ${typeText(x.type)} and ${typeText(y.type)}`,
    );
  }
  const valid = lengths === undefined ? undefined : checkValue("lengths of ctc", lengths);
  if (valid && (valid.type.dtype !== "i32" || !sameShape(valid.type.shape, [rows])))
    refuse("shape", `ctc: lengths must be i32 with one number a row of ${typeText(x.type)}, found ${typeText(valid.type)}`); // prettier-ignore
  return { x, y, valid, rows, times: times as number, classes: classes as number, places: places as number };
}

/** A row of counts 0, 1, … along a shape's last axis. */
const counted = (shape: readonly Dim[]): Value =>
  iota({ shape: [...shape], axis: shape.length - 1, dtype: "i32" });

/**
 * −log of the probability that classes drawn at every time, with repeats merged and blanks dropped, give the labels:
 * connectionist temporal classification, Graves et al. 2006. Labels [n, places] end where they are `blank`. Averaged
 * over the rows; a row whose labels do not fit into its times has a loss of 2^100.
 */
export const ctc = documented(
  {
    kind: "loss",
    doc: "Connectionist temporal classification (Graves et al. 2006): labels without times; labels end where they are blank, and what cannot fit has a loss of 2^100.",
    formula: "mean −log Σ over alignments of Π softmax(x)[t, class at t]",
    shapes: "logits [n, times, classes], i32 labels [n, places] → []",
    defaults: ctcDefaults,
    keras: "CTC",
    pytorch: "CTCLoss (its mean also divides by the lengths of the labels)",
    optax: "ctc_loss",
  },
  (logits: Value, labels: Value, options: CtcOptions = {}): Value =>
    here(() => {
      const { x, y, valid, rows, times, classes, places } = checkCtc(logits, labels, options);
      checkUnnormalized("ctc", x, "softmax");
      const blank: unknown = options.blank ?? ctcDefaults.blank;
      if (typeof blank !== "number" || !Number.isInteger(blank) || blank < 0 || blank >= classes)
        return reject("option", `blank of ctc must be a class from 0 to ${classes - 1}, found ${shown(blank)}`);
      // Blanks around and between the labels: states of an automaton that each time may stay, go on, or skip a blank
      // between labels that differ.
      const blanks = (width: number): Value => broadcastTo(cast(blank, "i32"), [rows, width]);
      const pairs = reshape(stack([blanks(places), y], { axis: 2 }), [rows, 2 * places]);
      const states = concat([pairs, blanks(1)], { axis: 1 });
      const width = 2 * places + 1;
      const before = pad(slice(states, { start: [null, 0], limit: [null, -2] }), { low: [0, 2], high: [0, 0], value: -1 }); // prettier-ignore
      const skips = logicalAnd(notEqual(states, blank), notEqual(states, before));
      const chosen = broadcastTo(expandDims(states, 1), [rows, times, width]);
      const emissions = transpose(takeAlongAxis(logSoftmax(x), chosen, { axis: 2 }), [1, 0, 2]);
      const place = counted([width]);
      const start = broadcastTo(where(equal(place, 0), 0, never), [rows, width]);
      const [ends] = scan(
        (score: Value, now: { readonly emission: Value; readonly time: Value }) => {
          const ways = [score, shifted(score, 1), where(skips, shifted(score, 2), never)];
          const next = add(logSumExp(stack(ways, { axis: 0 }), { axis: 0 }), now.emission);
          return [valid ? where(expandDims(less(now.time, valid), 1), next, score) : next, null];
        },
        start,
        { emission: emissions, time: counted([times]) },
      );
      const last = mul(expandDims(sum(cast(notEqual(y, blank), "i32"), { axis: 1 }), 1), 2);
      const isEnd = logicalOr(equal(last, place), equal(sub(last, 1), place));
      const losses = neg(logSumExp(where(isEnd, ends, never), { axis: 1 }));
      return reduced("ctc", losses, options, ["blank", "lengths"]);
    }),
); // prettier-ignore
