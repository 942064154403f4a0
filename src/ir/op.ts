import { fail, fault, GradcError, invariant } from "../base/errors.ts";
import { builder } from "./builder.ts";
import type { Expr } from "./expr.ts";
import type { Attrs, Node, Value } from "./graph.ts";
import type { Index } from "./index.ts";
import type { DType, Dim, Shape, TensorType } from "./type.ts";

/** A concrete tensor of the naive evaluator: row-major numbers (bool as 0/1), computed in float64. */
export interface NDArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Reads one element of an input at given coordinates. */
export type At = (...coordinates: readonly Index[]) => Expr;

/** The questions every op answers. `I` are its input names, `A` its attributes. */
export interface OpRoom<I extends string = string, A extends Attrs = Attrs> {
  readonly name: string;
  /** One sentence, with the formula. */
  readonly doc: string;
  /** Input names in order; a last name that starts with "..." takes any number of values. */
  readonly inputs: readonly (I | `...${I}`)[];
  /** The output's type (or types); refuses inputs that do not fit. */
  readonly type: (inputs: Types<I>, attrs: A) => TensorType | readonly TensorType[];
  /** For each differentiable input, its cotangent, read like the textbook line. Absent: not differentiable. */
  readonly vjp?: { readonly [name in I]?: (context: VjpContext<I, A>) => Value | readonly Value[] };
  /** Says something about differentiation only; afterwards output k is input k. */
  readonly mark?: true;
  /** Among its inputs a constant is an offset: the op is linear in them together, but not in each alone. */
  readonly offset?: true;
  /** Inputs that are not looked at: the op's value must only be computed after theirs. */
  readonly waits?: readonly I[];
  /**
   * All cotangents from one computation, in place of `vjp`: one for each input, undefined where nothing flows or the
   * input is not needed.
   */
  readonly vjpAll?: (context: VjpContext<I, A>) => readonly (Value | undefined)[];
  /**
   * The op for each example by itself: inputs and outputs have the batch as a further first axis, and the batch
   * dimensions behind it are those of one example. Absent: known only where the formula reads its inputs in place.
   */
  readonly lift?: (context: LiftContext<I, A>) => Value | readonly Value[];
  /**
   * The output's elements are elements of the inputs: of the only one, at other places ("moved"); of the first, in
   * place ("same"); of all of them ("joined"). What bounds the output bounds them, and nothing is computed.
   */
  readonly carries?: "moved" | "same" | "joined";
  /** Arithmetic operations for one element of the output; 1 where nothing is said, 0 for what only carries. */
  readonly work?: (context: LowerContext<A>) => number;
  /** How formulas in comments write it, with "_" for the inputs in order; by default like a function. */
  readonly symbol?: string;
  /** Its two inputs may change places without changing a bit of the result. */
  readonly commutative?: true;
  /** False where a result from constants is no better than the op: it repeats numbers, or draws them. */
  readonly folds?: false;
  /** How the op becomes loops. */
  readonly lower: Lowering<I, A>;
  /** The naive evaluation, which shares nothing with `lower`. */
  readonly eval: (inputs: Arrays<I>, attrs: A, context: EvalContext) => NDArray | readonly NDArray[];
  /** Sample calls, see `test/ops`: types of the inputs and attributes. */
  readonly samples: readonly Sample<A>[];
  /** What the op is called elsewhere, where it is not the same name. */
  readonly names?: { readonly [library in "numpy" | "stablehlo" | "onnx" | "pytorch" | "keras"]?: string };
  /** Exclusive upper bound of the values of an integer input that is used as an index. */
  readonly limits?: (inputs: Types<I>, attrs: A) => { readonly [name in I]?: number };
}

export type Types<I extends string> = { readonly [name in I]: TensorType } & {
  readonly all: readonly TensorType[];
};
export type Arrays<I extends string> = { readonly [name in I]: NDArray } & {
  readonly all: readonly NDArray[];
};
export type VjpContext<I extends string, A> = { readonly [name in I]: Value } & {
  readonly all: readonly Value[];
  /** All outputs of the op, with the cotangents of those that something depends on. */
  readonly ys: readonly Value[];
  readonly gs: readonly (Value | undefined)[];
  /** Which inputs are asked for, by position. */
  readonly needed: readonly boolean[];
  /** The op's own output, so that tanh's gradient can use it. */
  readonly y: Value;
  /** The cotangent of the output. */
  readonly g: Value;
  readonly attrs: A;
  /** The reverse sweep itself, for ops that differentiate a graph of their own. */
  readonly vjp: Sweep;
};

/** The inputs of a lifted op, and what it was before: its types over the whole batch. */
export type LiftContext<I extends string, A> = { readonly [name in I]: Value } & {
  readonly all: readonly Value[];
  readonly attrs: A;
  readonly types: readonly TensorType[];
  /** A shape for each example: the batch first, then the shape with one example in it. */
  readonly each: (shape: Shape) => Shape;
};

/** The cotangents of `wrt` for given cotangents of the outputs, zeros where nothing depends on a value. */
export type Sweep = (
  outputs: readonly Value[],
  cotangents: readonly Value[],
  wrt: readonly Value[],
) => Value[];

export interface EvalContext {
  /** The output types with n replaced by a number. */
  readonly shapes: readonly (readonly number[])[];
  readonly dtypes: readonly DType[];
  /** The run-time batch size. */
  readonly n: number;
  /** Evaluates values of a body from what its placeholders hold. */
  readonly run: (outputs: readonly Value[], given: ReadonlyMap<Node, NDArray>) => readonly NDArray[];
}
export interface Sample<A extends Attrs = Attrs> {
  /** Input types such as "f32[3,4]"; "~" and a range restricts values: "f32[5]~0.1..4"; "@" repeats input k: "@0". */
  readonly inputs: readonly string[];
  readonly attrs?: A;
}

export type AtInputs<I extends string> = { readonly [name in I]: At } & { readonly all: readonly At[] };
export interface LowerContext<A> {
  readonly attrs: A;
  readonly types: readonly TensorType[];
  readonly out: TensorType;
}

export type Reduction = "sum" | "prod" | "maximum" | "minimum" | "argMax" | "argMin";

export type Lowering<I extends string, A> =
  /** The value of one output element as a formula over the inputs' elements. */
  | {
      readonly kind: "at";
      readonly at: (inputs: AtInputs<I>, i: readonly Index[], context: LowerContext<A>) => Expr;
      /** True where the value shall be written out, however little its formula costs. */
      readonly kept?: true;
      /** True where an element of the input may be read several times, as windows that overlap do. */
      readonly rereads?: true;
      /**
       * True where floats are asked to be equal. Computed twice, in two kernels, one number may come out as two that differ
       * in their last bit, so both sides are read from memory.
       */
      readonly exact?: true;
    }
  /** A reduction of input 0 over `attrs.axes` (sorted, without keeping them). */
  | { readonly kind: "reduce"; readonly reduce: Reduction }
  /** A composition of other ops, used after differentiation, for ops kept whole for their numerics. */
  | {
      readonly kind: "expand";
      readonly expand: (
        context: { readonly [name in I]: Value } & { readonly all: readonly Value[]; readonly attrs: A },
      ) => Value;
    }
  /** A hand-written nest in `templates/`: one accumulation over `depth` axes of the product of the operands. */
  | { readonly kind: "template"; readonly template: string; readonly operands: TemplateOperands<I, A> }
  /** A whole nest in `templates/`, called with the inputs' arrays, the output's array, then `sizes` in order. */
  | {
      readonly kind: "nest";
      readonly template: string;
      readonly sizes: (context: LowerContext<A>) => readonly Dim[];
      /** The nest only adds to its output, which is cleared first unless it is a gradient's own memory. */
      readonly adds?: boolean;
    }
  /** A loop around the kernels of the op's body. */
  | { readonly kind: "loop" }
  /** A leaf: reads named memory. */
  | { readonly kind: "leaf" };

/**
 * How a template reads its operands. Its loops run over the output's axes and over `depth` further axes; each
 * operand is one load, given as a formula over the coordinates of the output followed by those of the depth.
 */
export interface TemplateOperands<I extends string, A> {
  readonly depth: (context: LowerContext<A>) => Shape;
  readonly read: (
    inputs: AtInputs<I>,
    i: readonly Index[],
    k: readonly Index[],
    context: LowerContext<A>,
  ) => readonly Expr[];
}

/** All rooms by name. Handed to whoever needs to look an op up, so that nothing registers itself. */
export type OpTable = ReadonlyMap<string, OpRoom>;

export function roomOf(table: OpTable, name: string): OpRoom {
  return table.get(name) ?? fault(`unknown op "${name}"`);
}

/** An op: callable on values, with its room attached. Inputs come first, attributes last. */
export type Op<F extends (...args: never[]) => unknown> = F & { readonly room: OpRoom };
export type Unary = Op<(x: Value) => Value>;
export type Binary = Op<(a: Value, b: Value) => Value>;

/** Declares an op's room and gives the function that applies it. */
export function op<F extends (...args: never[]) => Value, I extends string, A extends Attrs>(
  name: string,
  room: Omit<OpRoom<I, A>, "name">,
): Op<F> {
  return declare<F, I, A>(name, room, ({ outputs }) => outputs[0]);
}

/** The same for an op that gives all of its outputs. */
export const opOfMany = <F extends (...args: never[]) => readonly Value[], I extends string, A extends Attrs>(
  name: string,
  room: Omit<OpRoom<I, A>, "name">,
): Op<F> => declare<F, I, A>(name, room, ({ outputs }) => outputs);

function declare<F extends (...args: never[]) => unknown, I extends string, A extends Attrs>(
  name: string,
  room: Omit<OpRoom<I, A>, "name">,
  result: (node: Node) => unknown,
): Op<F> {
  const full = { name, ...room } as unknown as OpRoom;
  const arity = room.inputs.length;
  const variadic = arity > 0 && room.inputs[arity - 1].startsWith("...");
  const apply = (...args: unknown[]): unknown => {
    const inputs = (variadic ? args[0] : args.slice(0, arity)) as readonly Value[];
    const attrs = (variadic ? args[1] : args[arity]) as Attrs | undefined;
    return result(applyRoom(full, inputs, attrs ?? {}));
  };
  return Object.assign(apply, { room: full }) as unknown as Op<F>;
}

/** Checks types and interns the node; a refusal gains the layer and the source line. */
export function applyRoom(room: OpRoom, inputs: readonly Value[], attrs: Attrs): Node {
  const build = builder();
  try {
    const types = typesOf(
      room,
      inputs.map((value) => value.type),
      attrs,
    );
    return build.make(room.name, inputs, attrs, types);
  } catch (error) {
    const origin = build.origin;
    if (!(error instanceof GradcError) || error.place || !origin) throw error;
    const sentence = error.message.split("\n")[0];
    return fail(error.code, sentence, {
      place: { layer: origin.layer, source: origin.source },
      hint: error.hint,
    });
  }
}

export function typesOf(room: OpRoom, inputs: readonly TensorType[], attrs: Attrs): readonly TensorType[] {
  const types = room.type(byName(room, inputs) as Types<string>, attrs);
  return Array.isArray(types) ? (types as readonly TensorType[]) : [types as TensorType];
}

/** True where the op does not look at an input, but must only come after it. */
export function onlyWaits(room: OpRoom, position: number): boolean {
  const name = room.inputs[Math.min(position, room.inputs.length - 1)].replace("...", "");
  return room.waits?.includes(name) ?? false;
}

/** A record of positional things under the op's input names, with `all` in order. */
export function byName<T>(
  room: OpRoom,
  things: readonly T[],
): { readonly [name: string]: T } & { readonly all: readonly T[] } {
  const record: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  record["all"] = things;
  for (let k = 0; k < room.inputs.length; k++) {
    const name = room.inputs[k];
    if (!name.startsWith("...")) record[name] = things[k];
  }
  return record as { readonly [name: string]: T } & { readonly all: readonly T[] };
}

/** What the rules of one node have answered so far. */
export type Answers = Map<string, Value | readonly Value[]>;

/** The cotangents of one input position (variadic inputs share one rule that answers once for all of them). */
export function vjpRule(
  room: OpRoom,
  position: number,
): ((context: VjpContext<string, Attrs>, answers?: Answers) => Value) | undefined {
  const last = room.inputs.length - 1;
  const raw = room.inputs[Math.min(position, last)];
  const name = raw.replace(/^\.\.\./, "");
  const rule = room.vjp?.[name];
  if (!rule) return undefined;
  return (context, answers = new Map()) => {
    const answer = answers.get(name) ?? rule(context);
    answers.set(name, answer);
    if (!Array.isArray(answer)) return answer as Value;
    invariant(raw.startsWith("..."), `${room.name}: only variadic inputs answer with a list`);
    return (answer as readonly Value[])[position - last];
  };
}
