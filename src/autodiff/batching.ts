import { fail, GradcError } from "../base/errors.ts";
import { builder, originOf } from "../ir/builder.ts";
import { e, type Expr } from "../ir/expr.ts";
import { nodesOf, type Attrs, type Node, type Origin, type Value } from "../ir/graph.ts";
import { indexAxis, sameIndex, type Axis, type Index } from "../ir/index.ts";
import { applyRoom, byName, type At, type LiftContext, type OpRoom } from "../ir/op.ts";
import { isBatch, isFloat, sameShape, shapeText, typeText, type BatchDim, type Shape } from "../ir/type.ts";
import { fullLike, reshape, spread } from "../ops/broadcast.ts";
import { transpose } from "../ops/movement.ts";
import { roomHere } from "../ops/table.ts";
import { vjp } from "./vjp.ts";

/**
 * The gradient of each loss [n] by each parameter, [n, …shape of the parameter], without a loop over examples: every
 * example gets parameters of its own, equal to the shared ones, and whatever depends on them is computed for each
 * example by itself. Fails with "gradient" for losses of another shape, and where an op mixes the examples or is not
 * known to keep them apart.
 */
export function perExampleGradients(losses: Value, parameters: readonly Value[]): Value[] {
  const [n, ...rest] = losses.type.shape;
  if (n === undefined || !isBatch(n) || n.times !== 1 || rest.length > 0 || !isFloat(losses.type.dtype)) {
    fail(
      "gradient",
      `per-example gradients are of one float an example, [n], found ${typeText(losses.type)}`,
      {
        hint: "leave the mean over the batch out: reduction none",
      },
    );
  }
  const own = parameters.map((value) => {
    if (value.type.shape.some(isBatch) || !isFloat(value.type.dtype))
      fail(
        "gradient",
        `per-example gradients are by parameters of fixed shape, found ${typeText(value.type)}`,
      );
    return spread(value, [n as BatchDim, ...value.type.shape]);
  });
  const known = new Map(parameters.map((value, k) => [value, own[k]]));
  const lifted = new Lifter(n as BatchDim, known).lift(losses);
  return vjp([lifted], [fullLike(1, lifted)], own);
}

class Lifter {
  private readonly n: BatchDim;
  /** What depends on the parameters, for each example. */
  private readonly lifted: Map<Value, Value>;
  /** What does not, with the examples moved to the front. */
  private readonly moved = new Map<Value, Value>();

  constructor(n: BatchDim, known: ReadonlyMap<Value, Value>) {
    this.n = n;
    this.lifted = new Map(known);
  }

  lift(output: Value): Value {
    for (const node of nodesOf([output], this.lifted)) {
      if (!node.inputs.some((input) => this.lifted.has(input))) continue;
      const made = builder().within(exampleOrigin(node), () => this.liftNode(node));
      for (const [k, value] of node.outputs.entries()) this.lifted.set(value, made[k]);
    }
    return this.of(output);
  }

  private of(value: Value): Value {
    return this.lifted.get(value) ?? this.moved.get(value) ?? this.toFront(value);
  }

  private readonly each = (shape: Shape): Shape => [
    this.n,
    ...shape.map((dim) => (isBatch(dim) ? dim.times : dim)),
  ];

  private liftNode(node: Node): readonly Value[] {
    const room = roomHere(node.op);
    const inputs = node.inputs.map((input) => this.of(input));
    try {
      const made = this.liftBy(room, node, inputs);
      for (const [k, { type }] of node.outputs.entries()) {
        const expected = this.each(type.shape);
        if (sameShape(made[k].type.shape, expected)) continue;
        fail(
          "gradient",
          `${node.op} for each example is ${typeText(made[k].type)}, expected ${shapeText(expected)}`,
        );
      }
      return made;
    } catch (error) {
      const { layer, source } = originOf(node);
      if (!(error instanceof GradcError) || error.place) throw error;
      return fail(error.code, error.message.split("\n")[0], { place: { layer, source }, hint: error.hint });
    }
  }

  private liftBy(room: OpRoom, node: Node, inputs: readonly Value[]): readonly Value[] {
    const types = node.inputs.map(({ type }) => type);
    if (room.lift) {
      const context = { ...byName(room, inputs), attrs: node.attrs, types, each: this.each };
      return [room.lift(context as unknown as LiftContext<string, Attrs>)].flat();
    }
    // A gradient of the user's was written for the whole batch, and would be given each example's own.
    const written = room.mark && room.vjp;
    if (!written && readsInPlace(room, node)) return applyRoom(room, inputs, node.attrs).outputs;
    return fail(
      "gradient",
      `per-example gradients do not know ${node.op} of ${types.map(typeText).join(", ")}`,
      {
        hint: "compute it from ops that they know, or take gradients of one example at a time",
      },
    );
  }

  /** [a, t·n, b] for each example is [n, a, t, b]; what is the same for all examples is repeated. */
  private toFront(value: Value): Value {
    const { shape } = value.type;
    const [axis, ...others] = shape.flatMap((dim, k) => (isBatch(dim) ? [k] : []));
    if (others.length > 0) {
      fail("gradient", `per-example gradients cannot tell the examples of ${typeText(value.type)} apart`);
    }
    const moved = axis === undefined ? this.repeated(value) : this.apart(value, axis);
    this.moved.set(value, moved);
    return moved;
  }
  private repeated(value: Value): Value {
    return spread(value, [this.n, ...value.type.shape]);
  }
  private apart(value: Value, axis: number): Value {
    const { shape } = value.type;
    const { times } = shape[axis] as BatchDim;
    const split = [...shape.slice(0, axis), this.n, times, ...shape.slice(axis + 1)];
    const wide = reshape(value, { shape: split });
    const order = [axis, ...split.map((_, k) => k).filter((k) => k !== axis)];
    return axis === 0 ? wide : transpose(wide, { permutation: order });
  }
}

const exampleOrigin = (node: Node): Origin => {
  const { layer, source } = originOf(node);
  return { layer, source, gradientOf: "perExampleGradients" };
};

/** True where the op's formula proves it to work element by element: it reads every input at the output's own place. */
function readsInPlace(room: OpRoom, node: Node): boolean {
  const { lower } = room;
  const [out, ...others] = node.outputs;
  if (lower.kind !== "at" || others.length > 0) return false;
  const axes: Index[] = out.type.shape.map((extent, k) =>
    indexAxis({ name: `i${k}`, extent } satisfies Axis),
  );
  const readers = node.inputs.map(
    (input): At =>
      (...at) =>
        e.load(input, at),
  );
  const types = node.inputs.map(({ type }) => type);
  const formula = lower.at(byName(room, readers) as never, axes, {
    attrs: node.attrs,
    types,
    out: out.type,
  } as never);
  const inPlace = (expr: Expr): boolean => {
    if (expr.kind === "load")
      return expr.at.length === axes.length && expr.at.every((index, k) => sameIndex(index, axes[k]));
    if (expr.kind === "op") return expr.args.every(inPlace);
    if (expr.kind === "guard") return [expr.test, expr.yes, expr.no].every(inPlace);
    return expr.kind === "const";
  };
  return inPlace(formula);
}
