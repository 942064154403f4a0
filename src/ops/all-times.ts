import { builder } from "../ir/builder.ts";
import type { Node, Value } from "../ir/graph.ts";
import { tensorType, type Shape } from "../ir/type.ts";
import { broadcastTo, shaped, spread } from "./broadcast.ts";
import { matmul, type Transposes } from "./contract.ts";
import { dotGeneral } from "./dot-general.ts";
import { transpose } from "./movement.ts";
import { axesOfMatmul } from "./over-time.ts";

/** An input of an op at all times: stacked along a first axis, or one value that is the same at all of them. */
export interface AtAllTimes {
  readonly value: Value;
  readonly stacked: boolean;
}

/** Ops whose output element depends on the input elements at the same place only. */
const elementwise: ReadonlySet<string> = new Set(
  (
    "neg abs sign square sqrt rsqrt reciprocal exp log log1p expm1 sigmoid tanh relu floor sin cos erf softplus logSigmoid " +
    "add sub mul div maximum minimum pow equal notEqual less lessEqual greater greaterEqual " +
    "logicalAnd logicalOr logicalNot where cast stopGradient oneHot"
  ).split(" "),
);
/** Reductions and what runs along axes that are named by number. */
const alongAxes: ReadonlySet<string> = new Set(
  "sum prod mean max min argMax argMin logSumExp reverse".split(" "),
);
const alongAxis: ReadonlySet<string> = new Set("softmax logSoftmax concat".split(" "));

/**
 * What an op of a body gives at all times, computed by one op on stacked inputs. Undefined for an op that this does not
 * know how to do at once, and where no input is stacked.
 */
export function atAllTimes(node: Node, inputs: readonly AtAllTimes[], length: number): Value | undefined {
  if (!inputs.some(({ stacked }) => stacked) || node.outputs.length !== 1) return undefined;
  const { op, attrs } = node;
  const { dtype, shape } = node.outputs[0].type;
  const repeat = ({ value, stacked }: AtAllTimes): Value =>
    stacked ? value : broadcastTo(value, { shape: [length, ...value.type.shape] });
  const make = (changed: Node["attrs"]): Value =>
    builder().make(op, inputs.map(repeat), { ...attrs, ...changed }, [tensorType(dtype, [length, ...shape])])
      .outputs[0];
  const numbers = (name: string): readonly number[] => attrs[name] as readonly number[];
  const later = (name: string): number[] => numbers(name).map((axis) => axis + 1);
  if (elementwise.has(op)) return make({});
  if (alongAxes.has(op)) return make({ axes: later("axes") });
  if (alongAxis.has(op)) return make({ axis: (attrs["axis"] as number) + 1 });
  switch (op) {
    case "reshape":
      return make({ shape: [length, ...shape] });
    case "transpose":
      return make({ permutation: [0, ...later("permutation")] });
    case "slice":
      return make({
        start: [0, ...numbers("start")],
        limit: [length, ...(attrs["limit"] as Shape)],
        strides: [1, ...numbers("strides")],
      });
    case "pad":
      return make({ low: [0, ...numbers("low")], high: [0, ...numbers("high")] });
    case "broadcastTo": {
      const own = inputs[0].value.type.shape.slice(1);
      const ones = shape.slice(own.length).map(() => 1);
      return spread(shaped(inputs[0].value, [length, ...ones, ...own]), [length, ...shape]);
    }
    case "matmul":
      return product(inputs[0], inputs[1], attrs as Transposes, repeat);
    default:
      return undefined;
  }
}

/** A matrix product of all times: one with more rows where the right side is always the same. */
function product(
  a: AtAllTimes,
  b: AtAllTimes,
  transposes: Transposes,
  repeat: (input: AtAllTimes) => Value,
): Value {
  const flat = [a, b].every(({ value, stacked }) => value.type.shape.length === (stacked ? 3 : 2));
  if (!flat || (a.stacked && b.stacked)) return matmul(repeat(a), repeat(b), transposes);
  const { contractA, contractB } = axesOfMatmul([1, 1], transposes);
  const shift = (axes: readonly number[], by: boolean): number[] => axes.map((axis) => axis + (by ? 1 : 0));
  const both = dotGeneral(a.value, b.value, {
    batchA: [],
    batchB: [],
    contractA: shift(contractA, a.stacked),
    contractB: shift(contractB, b.stacked),
  });
  return a.stacked ? both : transpose(both, { permutation: [1, 0, 2] });
}
