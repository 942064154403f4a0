import { builder, type Gradient } from "../../ir/builder.ts";
import type { Value } from "../../ir/graph.ts";
import { isFloat, sameType, typeText } from "../../ir/type.ts";
import { fullLike } from "../../ops/broadcast.ts";
import * as marks from "../../ops/marks.ts";
import { isValue, shown } from "../check.ts";
import { here, isOwnError, refuse } from "../context.ts";
import { capturedBy } from "./checkpoint.ts";
import { abs, div, less, maximum, mul, sqrt, square, where } from "./elementwise.ts";
import { checkValue, type Operand } from "./operand.ts";
import { sum } from "./reduce.ts";

const foundIn = (thing: unknown): string => (thing === undefined ? "nothing" : shown(thing));

/** Refuses a cotangent that does not fit the value it is for. */
function fitting(what: string, value: Value, cotangent: unknown): Value {
  if (!isValue(cotangent)) {
    return refuse("gradient", `${what} must be a graph value, found ${foundIn(cotangent)}`);
  }
  checkValue(what, cotangent);
  if (!sameType(value.type, cotangent.type)) {
    refuse("gradient", `${what} must be ${typeText(value.type)}, found ${typeText(cotangent.type)}`);
  }
  return cotangent;
}

/** Runs a function of the user's, which is called when gradients are made; what it throws is the model's fault. */
function asked<T>(what: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (isOwnError(error)) throw error;
    return refuse("gradient", `${what} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a gradient written by hand is given. */
export interface CustomGradient {
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** The cotangent of the output, of the output's type. */
  readonly cotangent: Value;
}

/**
 * A function with a gradient of one's own. `fn` computes one value from others; `backward` gives a cotangent for
 * each input, of the input's type, or null for one that gets none. Everything else that `fn` reads and that has a
 * gradient must be an input or pass through stopGradient, since nothing would reach it.
 * Fails with "gradient" for cotangents of another number, shape or dtype.
 */
export function customVjp<A extends readonly Value[]>(
  fn: (...inputs: A) => Value,
  backward: (context: CustomGradient) => Value | null | readonly (Value | null)[],
): (...inputs: A) => Value {
  const usage = "customVjp((x) => …, ({ inputs, output, cotangent }) => …)";
  if (typeof fn !== "function") refuse("value", `customVjp takes a function, found ${shown(fn)}`, usage);
  if (typeof backward !== "function")
    refuse("value", `customVjp takes its gradient as a function, found ${shown(backward)}`, usage);
  return (...inputs) =>
    here(() => {
      for (const input of inputs) checkValue("customVjp", input);
      const { result, made } = builder().watch(() => fn(...inputs));
      if (!isValue(result)) {
        return refuse("value", `the function of customVjp must give a graph value, found ${foundIn(result)}`);
      }
      for (const value of capturedBy([result], made, new Set(inputs))) {
        if (inputs.includes(value) || !isFloat(value.type.dtype) || value.node.op === "stopGradient")
          continue;
        refuse(
          "gradient",
          `the function of customVjp reads ${nameOf(value)}, which is not one of its inputs`,
          "pass it as an input, or wrap it in stopGradient where it shall have no gradient",
        );
      }
      const gradient: Gradient = (cotangent, output, all) => {
        const answer = asked("the gradient of customVjp", () => backward({ inputs: all, output, cotangent }));
        const list = Array.isArray(answer) ? (answer as readonly unknown[]) : [answer];
        if (list.length !== all.length) {
          refuse(
            "gradient",
            `the gradient of customVjp must give ${all.length} cotangents, one for each input, found ${list.length}`,
          );
        }
        return all.map((input, k) => {
          if (list[k] === null) return fullLike(0, input);
          return fitting(`cotangent ${k} of customVjp`, input, list[k]);
        });
      };
      return marks.customVjp([result, ...inputs], { token: builder().keepGradient(gradient) });
    });
}

const nameOf = ({ node, type }: Value): string =>
  "name" in node.attrs ? `${node.op} "${String(node.attrs["name"])}" ${typeText(type)}` : `a ${typeText(type)} (${node.op})`; // prettier-ignore

/**
 * x itself; on the way back its cotangent g becomes hook(g), of the same type: clipped, scaled, or cleaned of what
 * is not finite. Fails with "gradient" for a hook that gives something else.
 */
export const onGradient = (x: Value, hook: (gradient: Value) => Value): Value =>
  here(() => {
    const value = checkValue("onGradient", x);
    if (typeof hook !== "function") {
      refuse("value", `onGradient takes a function of the gradient, found ${shown(hook)}`, "onGradient(x, (g) => clip(g, -1, 1))"); // prettier-ignore
    }
    if (!isFloat(value.type.dtype)) {
      refuse("dtype", `onGradient: ${typeText(value.type)} has no gradient`);
    }
    const gradient: Gradient = (cotangent, _, [input]) => [
      fitting(
        "what the hook of onGradient gives",
        input,
        asked("the hook of onGradient", () => hook(cotangent)),
      ),
    ];
    return marks.onGradient([value, value], { token: builder().keepGradient(gradient) });
  });

/** x scaled down where its Euclidean norm over all elements is larger than `norm`. */
export const clipByNorm = (x: Value, norm: Operand): Value =>
  here(() => {
    // The root is taken of what is never 0, so that the gradient of clipping itself is finite at 0.
    const size = sqrt(maximum(sum(square(checkValue("clipByNorm", x))), square(norm)));
    return mul(x, div(norm, size));
  });

/** True where x is neither infinite nor NaN. */
export const isFinite = (x: Value): Value => here(() => less(abs(x), Infinity));

/** x with 0 for whatever is infinite or NaN, so that one bad row does not spoil a sum. */
export const finiteOrZero = (x: Value): Value => here(() => where(isFinite(x), x, 0));
