import { isBatch, maxOf, sameShape, shapeText, type Shape } from "./type.ts";

const transposing = (shape: Shape): string => {
  const order = [0, ...shape.slice(2).map((_, k) => k + 2), 1];
  return `if ${shapeText(shape)} has its channels first, as in PyTorch: they stand last here, so transpose(x, [${order.join(", ")}])`;
};

/** What to do where one of two shapes is the other with its channels first; undefined where neither is. */
export function channelsHint(a: Shape, b: Shape): string | undefined {
  const becomes = (from: Shape, to: Shape): boolean =>
    from.length > 2 && !sameShape(from, to) && sameShape([from[0], ...from.slice(2), from[1]], to);
  const found = [a, b].filter((shape, k) => becomes(shape, [b, a][k]));
  // Of a sequence's two axes either may be the channels, which are few.
  return found.length > 0 ? transposing(found.sort((p, q) => maxOf(p[1]) - maxOf(q[1]))[0]) : undefined;
}

/** The same for a shape alone, whose first axis of space has no more than four elements, and fewer than all others. */
export function fewFirstHint(shape: Shape): string | undefined {
  const [, first, ...others] = shape;
  const few = others.length > 1 && !isBatch(first) && first <= 4;
  return few && others.every((dim) => maxOf(dim) > first) ? transposing(shape) : undefined;
}
