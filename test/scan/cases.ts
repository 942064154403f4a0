import type { Value } from "../../src/ir/graph.ts";
import type { DType } from "../../src/ir/type.ts";
import * as nn from "../../src/nn/sugar/index.ts";
import type { Nested, ScanOptions } from "../../src/nn/sugar/scan.ts";
import { reverse } from "../../src/ops/movement.ts";

type Scan = typeof nn.scan;

/**
 * What a scan means, with everything written out: the same function without a loop in the graph, and without a line
 * in common with the op.
 */
export const unrolled: Scan = <C extends Nested, X extends Nested, Y extends Nested>(
  body: (carry: C, x: X) => readonly [C, Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [C, Y, C] => {
  const length = options.length ?? (firstOf(xs)!.type.shape[0] as number);
  const times = Array.from({ length }, (_, k) => (options.reverse ? length - 1 - k : k));
  let carry = init;
  const carries: C[] = [carry];
  const ys: Y[] = [];
  for (const t of times) {
    const [next, y] = body(
      carry,
      each(xs, (x) => nn.squeeze(nn.slice(x, { start: [t], limit: [t + 1] }), 0)) as X,
    );
    carry = next;
    if (options.reverse) carries.unshift(carry);
    else carries.push(carry);
    ys[t] = y;
  }
  return [carry, stack(ys) as Y, stack(carries) as C];
};

const isValue = (x: Nested): x is Value => typeof x === "object" && x !== null && "node" in x;
const each = (x: Nested, f: (value: Value) => Value): Nested => {
  if (x === null || x === undefined) return x;
  if (isValue(x)) return f(x);
  if (Array.isArray(x)) return x.map((item: Nested) => each(item, f));
  return Object.fromEntries(Object.entries(x).map(([k, item]) => [k, each(item as Nested, f)]));
};
const firstOf = (x: Nested): Value | undefined => {
  let found: Value | undefined;
  each(x, (value) => (found ??= value));
  return found;
};
function stack(list: readonly Nested[]): Nested {
  const flat = list.map((item) => {
    const values: Value[] = [];
    each(item, (value) => (values.push(value), value));
    return values;
  });
  let k = 0;
  return each(list[0], () => {
    const at = k++;
    return nn.concat(
      flat.map((values) => nn.expandDims(values[at], 0)),
      { axis: 0 },
    );
  });
}

export interface ScanCase {
  readonly name: string;
  /** Names of leaves and their types, with F for the float type; "p:" makes a parameter. */
  readonly leaves: { readonly [name: string]: string };
  readonly build: (leaf: { readonly [name: string]: Value }, scan: Scan, float: DType) => readonly Value[];
}

const { add, concat, matmul, mul, sigmoid, slice, sub, sum, tanh, transpose } = nn;
const flow = (x: Value): Value => transpose(x, [1, 0, 2]);

/** Several carries and outputs, lengths, directions, batches, nesting, unused parts, integers. */
export const cases: readonly ScanCase[] = [
  {
    name: "one time",
    leaves: { x: "F[1,3]", "p:h": "F[3]" },
    build: ({ x, h }, scan) => scan((c, u) => [tanh(add(c, u)), mul(c, u)], h, x).flat() as Value[],
  },
  {
    name: "two times in reverse",
    leaves: { x: "F[2,3]", "p:h": "F[3]" },
    build: ({ x, h }, scan) =>
      scan((c, u) => [tanh(mul(c, u)), sub(c, u)], h, x, { reverse: true }).flat() as Value[],
  },
  {
    name: "a simple recurrent net over a batch",
    leaves: { x: "F[n,7,2]", "p:w": "F[2,3]", "p:u": "F[3,3]", "p:b": "F[3]", h: "F[n,3]" },
    build: ({ x, w, u, b, h }, scan) => {
      const step = (c: Value, v: Value): [Value, Value] => {
        const next = tanh(add(add(matmul(v, w), matmul(c, u)), b));
        return [next, next];
      };
      return scan(step, h, flow(x)).flat() as Value[];
    },
  },
  {
    name: "long short-term memory, its last step, in reverse",
    leaves: { x: "F[n,4,2]", "p:w": "F[2,8]", "p:u": "F[2,8]", "p:b": "F[8]", h: "F[n,2]", c: "F[n,2]" },
    build: ({ x, w, u, b, h, c }, scan) => {
      const [last] = scan(
        ([hidden, cell], v: Value) => {
          const z = add(add(matmul(v, w), matmul(hidden, u)), b);
          const gate = (k: number): Value => slice(z, { start: [0, 2 * k], limit: [null, 2 * k + 2] });
          const next = add(mul(sigmoid(gate(1)), cell), mul(sigmoid(gate(0)), tanh(gate(2))));
          return [[mul(sigmoid(gate(3)), tanh(next)), next] as const, null];
        },
        [h, c] as const,
        flow(x),
        { reverse: true },
      );
      return [...last];
    },
  },
  {
    name: "no xs, a constant that nothing slices",
    leaves: { "p:a": "F[2,2]", h: "F[2]" },
    build: ({ a, h }, scan) => {
      const [last, , all] = scan((c: Value) => [tanh(matmul(c, a)), null], h, null, { length: 7 });
      return [last, all];
    },
  },
  {
    name: "no carry",
    leaves: { x: "F[7,2]", "p:w": "F[2,2]" },
    build: ({ x, w }, scan) =>
      [scan((c, u: Value) => [c, { y: tanh(matmul(u, w)), z: sum(mul(u, u)) }], null, x)[1]].flatMap((ys) =>
        Object.values(ys as { readonly [name: string]: Value }),
      ),
  },
  {
    name: "weights used twice, carries that change places, a carry nobody reads",
    leaves: { x: "F[2,n,2]", "p:w": "F[2,2]", a: "F[n,2]", b: "F[n,2]" },
    build: ({ x, w, a, b }, scan) => {
      const [last, ys] = scan(
        (c, u: Value) => [
          { a: c.b, b: tanh(matmul(add(c.a, u), w)), count: add(c.count, 1) },
          matmul(mul(c.a, c.a), w, { transposeB: true }),
        ],
        { a, b, count: sum(a) },
        x,
      );
      return [last.a, last.b, ys];
    },
  },
  {
    name: "a scan in a scan",
    leaves: { x: "F[3,2,2]", "p:w": "F[2,2]", h: "F[2]" },
    build: ({ x, w, h }, scan) => {
      const [last, ys] = scan(
        (c: Value, rows: Value) => {
          const [inner, tops] = scan(
            (d: Value, row: Value) => [tanh(add(matmul(d, w), mul(row, c))), mul(d, c)],
            c,
            rows,
            { reverse: true },
          );
          return [inner, sum(tops)];
        },
        h,
        x,
      );
      return [last, ys];
    },
  },
  {
    name: "two scans, one over what the other made, in both directions",
    leaves: { x: "F[n,4,2]", "p:w": "F[2,2]", "p:v": "F[4,2]", h: "F[n,2]" },
    build: ({ x, w, v, h }, scan) => {
      const [, ahead] = scan((c, u: Value) => [tanh(add(matmul(c, w), u)), c], h, flow(x));
      const [, back] = scan((c, u: Value) => [tanh(add(matmul(c, w), u)), c], h, flow(x), { reverse: true });
      const both = concat([ahead, back], { axis: 2 });
      const [last, ys] = scan(
        (c, u: Value) => [mul(c, sigmoid(matmul(u, v))), sum(c, { axes: [1] })],
        h,
        both,
      );
      return [last, ys];
    },
  },
  {
    name: "what the carry passes on unchanged and what is outside",
    leaves: { x: "F[4,3]", "p:h": "F[3]", "p:k": "F[3]" },
    build: ({ x, h, k }, scan) => {
      const [last, ys, all] = scan(
        (c, u: Value) => [[c[1], u] as const, [c[0], k, mul(c[1], k)]],
        [h, h] as const,
        x,
      );
      return [...last, ...ys, ...all];
    },
  },
  {
    name: "times that a mask leaves out",
    leaves: { x: "F[n,4,2]", mask: "bool[n,4]", "p:w": "F[2,2]", h: "F[n,2]" },
    build: ({ x, mask, w, h }, scan) => {
      const keep = nn.expandDims(transpose(mask, [1, 0]), 2);
      const step = (c: Value, { u, m }: { readonly u: Value; readonly m: Value }): [Value, Value] => {
        const next = nn.where(m, tanh(add(matmul(c, w), u)), c);
        return [next, next];
      };
      const [last, ys] = scan(step, h, { u: flow(x), m: keep });
      return [last, reverse(ys, { axes: [0] })];
    },
  },
  {
    name: "products before, in and after the loop",
    leaves: { x: "F[5,n,2]", "p:w": "F[2,3]", "p:u": "F[3,3]", "p:v": "F[3,4]", "p:b": "F[4]", h: "F[n,3]" },
    build: ({ x, w, u, v, b, h }, scan) => {
      const [last, ys] = scan(
        (c: Value, now: Value) => {
          const next = tanh(add(matmul(tanh(matmul(now, w)), u), matmul(c, u)));
          return [next, { scores: tanh(add(matmul(next, v), b)), seen: matmul(c, v), moved: mul(now, 2) }];
        },
        h,
        x,
        { reverse: true },
      );
      return [last, ys.scores, ys.seen, ys.moved];
    },
  },
];
