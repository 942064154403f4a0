import {
  add,
  cast,
  checkpoint,
  dense,
  grad,
  matmul,
  mul,
  oneHot,
  ones,
  param,
  scan,
  shared,
  square,
  sum,
  tanh,
} from "gradc";
import type { LayerSample } from "../sample.ts";

const n3 = { x: "f32[n,3]" };
const layer = (units: number) => (x: Parameters<typeof dense>[0]) => dense(x, { units, activation: "tanh" });

export const rows: readonly LayerSample[] = [
  {
    name: "checkpoint: one layer",
    inputs: n3,
    build: ({ x }) => square(checkpoint(layer(4), x)),
    smooth: true,
  },
  {
    name: "checkpoint: a chain of blocks",
    inputs: n3,
    build: ({ x }) => {
      const block = checkpoint((h: typeof x) => layer(3)(layer(4)(h)));
      return block(block(block(x)));
    },
    smooth: true,
  },
  {
    name: "checkpoint: one in another",
    inputs: n3,
    build: ({ x }) => checkpoint((h) => tanh(checkpoint((inner) => mul(layer(3)(inner), h), layer(3)(h))), x),
    smooth: true,
  },
  {
    name: "checkpoint: captured values, parameters and inputs, integers among them",
    inputs: { ...n3, k: "i32[n]~0..3" },
    build: ({ x, k }) => {
      const outside = tanh(x);
      const scale = param("scale", [3], { initializer: ones() });
      return checkpoint(() => mul(mul(square(outside), scale), add(oneHot(k, { depth: 3 }), x)))();
    },
    ranges: { scale: [0.5, 2] },
    smooth: true,
  },
  {
    name: "checkpoint: several results, used outside too",
    inputs: n3,
    build: ({ x }) => {
      const { a, b } = checkpoint((h: typeof x) => ({ a: layer(2)(h), b: sum(square(h)) }))(x);
      const [c, d] = checkpoint((p: typeof a, q: typeof b) => [mul(p, q), square(p)] as const, a, b);
      return { y: add(c, d), a };
    },
    smooth: true,
  },
  {
    name: "checkpoint: several results, one of them unused, one given twice, one an argument",
    inputs: n3,
    build: ({ x }) => {
      const [a, , b, same] = checkpoint((h: typeof x) => {
        const t = layer(2)(h);
        return [t, square(t), t, h] as const;
      })(tanh(x));
      return mul(mul(a, b), sum(same));
    },
    smooth: true,
  },
  {
    name: "checkpoint: around a scan",
    inputs: { x: "f32[4,n,3]" },
    build: ({ x }) => {
      const cell = (h: typeof x, t: typeof x): [typeof x, typeof x] => {
        const next = tanh(add(mul(h, 0.5), mul(t, h)));
        return [next, square(next)];
      };
      const [last, all] = checkpoint((xs: typeof x) => scan(cell, sum(xs, { axis: 0 }), xs), tanh(x));
      return { last, all };
    },
    smooth: true,
  },
  {
    name: "checkpoint: inside a scan",
    inputs: { x: "f32[4,n,3]", h: "f32[n,3]" },
    build: ({ x, h }) => {
      const w = param("w", [3, 3], { initializer: ones() });
      const inner = checkpoint((c: typeof x, t: typeof x) => tanh(add(matmul(tanh(mul(c, t)), w), c)));
      const [last, all] = scan((c: typeof x, t: typeof x) => ((y) => [y, square(y)])(inner(c, t)), h, x);
      return { last, all };
    },
    smooth: true,
  },
  {
    name: "checkpoint: the same function with and without, parameters shared",
    inputs: n3,
    build: ({ x }) => {
      const tower = shared("tower", layer(3));
      return add(tower(x), checkpoint(tower, tower(x)));
    },
    smooth: true,
  },
  {
    name: "checkpoint: a gradient inside, and outside",
    inputs: n3,
    build: ({ x }) => {
      const inside = checkpoint((h) => grad(sum(mul(tanh(h), square(h))), h), x);
      return { inside, outside: grad(sum(checkpoint((h) => mul(tanh(h), h), x)), x) };
    },
    smooth: true,
  },
  {
    name: "checkpoint: what gives an argument back, and what has no gradient",
    inputs: n3,
    build: ({ x }) => ({
      same: checkpoint((h) => h, x),
      whole: cast(
        checkpoint((h) => cast(h, "i32"), x),
        "f32",
      ),
    }),
  },
];
