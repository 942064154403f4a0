import { suggest } from "../base/suggest.ts";
import { builder } from "../ir/builder.ts";
import { e, type Expr } from "../ir/expr.ts";
import type { Attrs, Value } from "../ir/graph.ts";
import { indexAdd, indexAxis, indexConstant, indexDiv, indexMod, indexScale, rangeOf, type Index } from "../ir/index.ts"; // prettier-ignore
import { applyRoom, type At, type NDArray, type OpRoom, type Sample, type VjpContext } from "../ir/op.ts";
import {
  dtypes,
  maxOf,
  sameType,
  tensorType,
  typeText,
  type BatchDim,
  type DType,
  type TensorType,
} from "../ir/type.ts";
import { ops } from "../ops/table.ts";
import { checkOptions, isValue, reject, shown } from "./check.ts";
import { here, isOwnError, refuse } from "./context.ts";
import { checkValue } from "./sugar/operand.ts";

export type { Expr } from "../ir/expr.ts";
export type { Index } from "../ir/index.ts";

/**
 * Scalar expressions, which the index formula of a custom op is made of. All take and give expressions; both sides
 * of a binary one have one dtype.
 *
 * `constant(x, dtype)` · `index(i, dtype)` a coordinate as a number · `add sub mul div rem maximum minimum pow` ·
 * `neg abs sign sqrt floor exp log expm1 log1p tanh` and the other functions of one number · `equal notEqual less
 * lessEqual and or not` truth values · `select(test, a, b)`, which may compute both, and `guard(test, a, b)`, which
 * computes one only, so that it may keep a read within its tensor · `cast(x, dtype)`.
 */
export const expr = {
  ...e,
  constant: (value: number, dtype: DType): Expr =>
    typeof value === "number" && dtypes.includes(dtype)
      ? e.constant(value, dtype)
      : reject("op", `expr.constant takes a number and a dtype, found ${shown(value)} and ${shown(dtype)}`),
} as const;

/** What is no whole number would reach the emitted code as an address. */
const whole = (what: string, number: number, least = -(2 ** 28)): number =>
  Number.isInteger(number) && number >= least && number <= 2 ** 28
    ? number
    : reject("op", `${what} takes a whole number${least > 0 ? " above 0" : ""}, found ${shown(number)}`);

/** Coordinates, for reading an input elsewhere than at the output's own place. Divisors are positive constants. */
export const coordinates = {
  constant: (value: number): Index => indexConstant(whole("coordinates.constant", value)),
  add: indexAdd,
  scale: (index: Index, times: number): Index => indexScale(index, whole("coordinates.scale", times)),
  divide: (index: Index, by: number): Index => indexDiv(index, whole("coordinates.divide", by, 1)),
  remainder: (index: Index, by: number): Index => indexMod(index, whole("coordinates.remainder", by, 1)),
} as const;

type Named<I extends string, T> = { readonly [name in I]: T };

/** What an op is, in full. `I` are the names of its inputs, `A` its attributes: plain data. */
export interface OpDeclaration<I extends string, A extends Attrs> {
  /** Letters and digits; no op of gradc has it. */
  readonly name: string;
  /** What it computes, in one sentence. */
  readonly doc?: string;
  /** The names of the inputs, in order. */
  readonly inputs: readonly I[];
  /** The output's type from those of the inputs; the first input's if left out. Throw an Error to refuse inputs. */
  readonly type?: (inputs: Named<I, TensorType>, attrs: A) => TensorType;
  /** The output's element at coordinates i, as an expression of elements of the inputs: `x(...i)`. */
  readonly at: (
    inputs: Named<I, At>,
    i: readonly Index[],
    context: { readonly attrs: A; readonly types: Named<I, TensorType>; readonly out: TensorType },
  ) => Expr;
  /** For each input that has a gradient, its cotangent, of its type, from that of the output. */
  readonly vjp?: {
    readonly [name in I]?: (
      context: Named<I, Value> & { readonly output: Value; readonly cotangent: Value; readonly attrs: A },
    ) => Value;
  };
  /** The output's elements, row by row, computed plainly: `gradc check` compares it with what `at` becomes. */
  readonly eval: (
    inputs: Named<I, { readonly shape: readonly number[]; readonly data: Float64Array }>,
    attrs: A,
    out: { readonly shape: readonly number[]; readonly dtype: DType },
  ) => ArrayLike<number>;
  /** Calls that `gradc check` tries: input types such as "f32[n,3]", "f32[4]~0.1..2" with a range, and attributes. */
  readonly samples: readonly Sample<A>[];
}

const keys = ["name", "doc", "inputs", "type", "at", "vjp", "eval", "samples"] as const;

/** An op of one's own: inputs first, attributes last where it has any. */
export type CustomOp<A extends Attrs> = (...inputsAndAttrs: readonly (Value | A)[]) => Value;

/**
 * Declares an op by its index formula, beside those that gradc has: it is fused, differentiated and printed like
 * them. `gradc check` compares its gradients with differences and its loops with `eval`, in the models that use it
 * and on its samples.
 * Fails with "op" for a name that is taken, for what is missing, and for unknown options.
 */
export function defineOp<const I extends string, A extends Attrs = Record<never, never>>(
  declaration: OpDeclaration<I, A>,
): CustomOp<A> {
  const room = roomFrom(declaration);
  const arity = room.inputs.length;
  return (...given) =>
    here(() => {
      const attrs = given.length > arity ? given[arity] : {};
      const values = given.filter(isValue);
      if (values.length !== arity || given.length > arity + 1 || isValue(attrs)) {
        refuse("op", `${room.name} takes ${arity} graph values (${room.inputs.join(", ")}) and its attributes, found ${given.map(shown).join(", ") || "nothing"}`); // prettier-ignore
      }
      return applyCustom(room, values.map((input) => checkValue(room.name, input)), attrs as Attrs); // prettier-ignore
    });
}

/** Applies an op that a user declared, which the build then knows. */
export function applyCustom(room: OpRoom, inputs: readonly Value[], attrs: Attrs): Value {
  const { rooms } = builder();
  const known = rooms.get(room.name);
  if (known && known !== room) {
    refuse("op", `two ops are called "${room.name}"`, "declare it once, outside build");
  }
  rooms.set(room.name, room);
  const output = applyRoom(room, inputs, attrs).outputs[0];
  checkReads(room, inputs, attrs, output);
  return output;
}

/** Runs the formula once where it is applied, so that reads beyond an input are refused there and not emitted. */
function checkReads(room: OpRoom, inputs: readonly Value[], attrs: Attrs, { type: out }: Value): void {
  const outside: string[] = [];
  const reader =
    (value: Value, name: string): At =>
    (...at) => {
      const { shape } = value.type;
      if (at.length !== shape.length) {
        refuse(
          "op",
          `op "${room.name}" reads ${name} at ${at.length} coordinates, but it is ${typeText(value.type)}`,
        );
      }
      for (const [k, index] of at.entries()) {
        const [low, high] = rangeOf(index);
        if (!(low >= 0 && high < maxOf(shape[k])))
          outside.push(`${name} at ${low} to ${high} along axis ${k} of ${typeText(value.type)}`);
      }
      return e.load(value, at);
    };
  const axes = out.shape.map((extent, k) => indexAxis({ name: `i${k}`, extent }));
  const readers = Object.fromEntries(
    inputs.map((value, k) => [room.inputs[k], reader(value, room.inputs[k])]),
  );
  const { lower } = room;
  if (lower.kind !== "at") return;
  let found: Expr;
  try {
    const types = inputs.map((value) => value.type);
    found = lower.at({ ...readers, all: Object.values(readers) } as never, axes, {
      attrs,
      types,
      out,
    } as never);
  } catch (error) {
    if (isOwnError(error)) throw error;
    refuse("op", `at of op "${room.name}" failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (outside.length > 0 && !hasGuard(found))
    refuse("op", `op "${room.name}" reads ${outside[0]}`, "protect the read with expr.guard");
}

const hasGuard = (x: Expr): boolean => x.kind === "guard" || (x.kind === "op" && x.args.some(hasGuard));

type Rule = (context: object) => unknown;

function roomFrom<I extends string, A extends Attrs>(declaration: OpDeclaration<I, A>): OpRoom {
  checkOptions("defineOp", declaration, keys);
  const { name, doc = `The user's op ${name}.`, inputs, type, at: formula, vjp = {}, eval: naive, samples } = declaration; // prettier-ignore
  if (typeof name !== "string" || !/^[A-Za-z][A-Za-z0-9]*$/.test(name)) {
    reject("op", `an op's name is made of letters and digits, found ${shown(name)}`);
  }
  const stop = (sentence: string, hint?: string): never => reject("op", `op "${name}": ${sentence}`, hint);
  if (ops.has(name)) stop("gradc has an op of this name", "choose another name");
  if (
    !Array.isArray(inputs) ||
    inputs.length === 0 ||
    !inputs.every((input) => /^[A-Za-z]\w*$/.test(String(input)))
  ) {
    stop(
      `inputs must be the names of its inputs, in letters and digits, found ${shown(inputs)}`,
      'inputs: ["x"]',
    );
  }
  for (const [key, thing] of Object.entries({ at: formula, eval: naive })) {
    if (typeof thing !== "function") stop(`${key} must be a function, found ${shown(thing)}`);
  }
  if (typeof vjp !== "object" || vjp === null)
    stop(`vjp must be an object of functions, found ${shown(vjp)}`);
  for (const [key, rule] of Object.entries(vjp)) {
    if (typeof rule !== "function") stop(`vjp of ${key} must be a function, found ${shown(rule)}`);
    if (!(inputs as readonly string[]).includes(key))
      stop(`vjp names "${key}", which is no input`, suggest(key, inputs));
  }
  if (!Array.isArray(samples) || samples.length === 0) stop("samples must hold at least one call", 'samples: [{ inputs: ["f32[3]"] }]'); // prettier-ignore
  for (const sample of samples) {
    if (!Array.isArray(sample?.inputs))
      stop(`a sample is ${shown(sample)}`, 'samples: [{ inputs: ["f32[3]"] }]');
    for (const text of sample.inputs) readSample(name, text);
  }
  const first = inputs[0];
  return {
    name,
    doc,
    inputs,
    type: (types, attrs) => {
      const found = type ? type(types as never, attrs as A) : types[first];
      return tensorType(found.dtype, found.shape);
    },
    vjp: Object.fromEntries(
      Object.entries<Rule | undefined>(vjp as { readonly [input: string]: Rule | undefined }).flatMap(
        ([input, rule]) => {
          if (!rule) return [];
          const own = (context: VjpContext<string, Attrs>): Value => {
            const given = { ...context, output: context.y, cotangent: context.g };
            return checkCotangent(name, input, context[input], rule(given));
          };
          return [[input, own] as const];
        },
      ),
    ),
    lower: {
      kind: "at",
      at: (readers, i, { attrs, types, out }) => {
        const named = Object.fromEntries(inputs.map((input, k) => [input, types[k]])) as Named<I, TensorType>;
        const found = formula(readers as never, i, { attrs: attrs as A, types: named, out });
        if (found?.dtype === out.dtype) return found;
        return stop(
          `at gives ${found?.dtype ?? shown(found)} for an output ${typeText(out)}`,
          "use expr.cast",
        );
      },
    },
    eval: (arrays, attrs, { shapes: [shape], dtypes: [dtype] }): NDArray => {
      const data = Float64Array.from(naive(arrays as never, attrs as A, { shape, dtype }));
      const size = shape.reduce((product, dim) => product * dim, 1);
      if (data.length !== size) stop(`eval gives ${data.length} elements for [${shape.join(",")}]`);
      return { dtype, shape, data };
    },
    samples,
  };
}

function checkCotangent(op: string, name: string, input: Value, found: unknown): Value {
  const expected = typeText(input.type);
  if (isValue(found) && sameType(found.type, input.type)) return found;
  const text = isValue(found) ? typeText(found.type) : found === undefined ? "nothing" : shown(found);
  return refuse("gradient", `op "${op}": the cotangent of ${name} must be ${expected}, found ${text}`);
}

/** An input of a sample: its type, the range that its values are drawn from, or the earlier input that it repeats. */
export type SampleInput =
  | { readonly same: number }
  | { readonly type: TensorType; readonly range: readonly [number, number] | undefined };

/** Reads "f32[n,3]~0.1..2" or "@0"; n stands for `batch`. */
export function readSample(op: string, text: string, batch: BatchDim = { times: 1, max: 5 }): SampleInput {
  const repeated = /^@(\d+)$/.exec(text);
  if (repeated) return { same: Number(repeated[1]) };
  const [, dtype, dims, low, high] = /^(\w+)\[((?:n|\d+)(?:,\d+)*)?\](?:~(-?[\d.e+-]+?)\.\.(-?[\d.e+-]+))?$/.exec(text) ?? []; // prettier-ignore
  const known = dtypes.find((one) => one === dtype);
  if (!known) {
    return reject("op", `op "${op}": ${shown(text)} is no sample input`, 'write "f32[n,3]", "f64[4]~0.1..2", "i32[5]~0..3" or "@0"'); // prettier-ignore
  }
  const shape = (dims ?? "").split(",").filter(Boolean).map((dim) => (dim === "n" ? batch : Number(dim))); // prettier-ignore
  return {
    type: tensorType(known, shape),
    range: low === undefined ? undefined : [Number(low), Number(high)],
  };
}
