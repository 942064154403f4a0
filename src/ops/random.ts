import { fail } from "../base/errors.ts";
import { e, type Expr } from "../ir/expr.ts";
import type { Value } from "../ir/graph.ts";
import { flatten, type Index } from "../ir/index.ts";
import { op, type At, type NDArray, type Op } from "../ir/op.ts";
import { isFloat, maxOf, tensorType, typeText, type DType, type Shape, type TensorType } from "../ir/type.ts";
import { positionOf, tabulate } from "./naive.ts";
import { rows, sampleBatch as n } from "./samples.ts";
import { needShape } from "./types.ts";

/** `stream` keeps the draws of one seed apart: every random op of a model has its own. */
type Bits = { readonly shape: Shape; readonly stream: number };
type Uniform = Bits & { readonly dtype: DType };
type Random<A> = Op<(seed: Value, attrs: A) => Value>;

function needSeed(name: string, seed: TensorType, { shape, stream }: Bits): void {
  if (seed.dtype !== "u32" || seed.shape.length > 0)
    fail("dtype", `${name}: the seed must be u32[], found ${typeText(seed)}`);
  if (!Number.isInteger(stream) || stream < 0 || stream >= 2 ** 32)
    fail("shape", `${name}: the stream must be an integer from 0 to 2^32 - 1, found ${String(stream)}`);
  needShape(`${name}: the shape`, shape);
}

/** The element's row-major number is half of its counter, so a draw depends on nothing but seed, stream, time, place. */
const bitsAt = (seed: At, counter: At, i: readonly Index[], { shape, stream }: Bits): Expr =>
  e.random(seed(), e.constant(stream, "u32"), e.cast(e.index(flatten(i, shape)), "u32"), counter());

/** The same bits, naively. */
const drawn = (seed: NDArray, counter: NDArray, { shape, stream }: Bits, at: readonly number[]): number =>
  threefry([seed.data[0], stream], [positionOf(shape.map(maxOf), at), counter.data[0]])[0];

export const randomBits: Op<(seed: Value, counter: Value, attrs: Bits) => Value> = op<
  (seed: Value, counter: Value, attrs: Bits) => Value,
  "seed" | "counter",
  Bits
>("randomBits", {
  doc: "32 random bits an element: Threefry-2x32-20 of (seed, stream) and (the element's row-major number, counter).",
  inputs: ["seed", "counter"],
  type: ({ seed, counter }, attrs) => {
    needSeed("randomBits", seed, attrs);
    if (counter.dtype !== "u32" || counter.shape.length > 0)
      fail("dtype", `randomBits: the counter must be u32[], found ${typeText(counter)}`);
    return tensorType("u32", attrs.shape);
  },
  folds: false,
  lower: { kind: "at", at: ({ seed, counter }, i, { attrs }) => bitsAt(seed, counter, i, attrs) },
  eval: ({ seed, counter }, attrs, { shapes }) =>
    tabulate("u32", shapes[0], (at) => drawn(seed, counter, attrs, at)),
  samples: rows<Bits>(
    ["u32[]", "u32[]", { shape: [], stream: 0 }],
    ["u32[]", "u32[]", { shape: [3, 2], stream: 7 }],
    ["u32[]", "u32[]", { shape: [n, 3], stream: 1 }],
  ),
});

type To = { readonly dtype: DType };
export const uniformFromBits: Op<(bits: Value, attrs: To) => Value> = op<
  (bits: Value, attrs: To) => Value,
  "bits",
  To
>("uniformFromBits", {
  doc: "Random bits as numbers from [0, 1): the upper 24 of each 32, times 2^-24, which both float types hold exactly.",
  inputs: ["bits"],
  type: ({ bits }, { dtype }) => {
    if (bits.dtype !== "u32") fail("dtype", `uniformFromBits: the bits must be u32, found ${typeText(bits)}`);
    if (!isFloat(dtype)) fail("dtype", `uniformFromBits: expected dtype f32 or f64, found ${dtype}`);
    return tensorType(dtype, bits.shape);
  },
  lower: {
    kind: "at",
    at: ({ bits }, i, { attrs: { dtype } }) =>
      e.mul(e.cast(e.shiftRight(bits(...i), e.constant(8, "u32")), dtype), e.constant(2 ** -24, dtype)),
  },
  eval: ({ bits }, { dtype }, { shapes }) => ({
    dtype,
    shape: shapes[0],
    data: bits.data.map((word) => Math.floor(word / 256) / 2 ** 24),
  }),
  samples: rows<To>(
    ["u32[]", { dtype: "f32" }],
    ["u32[3,2]", { dtype: "f64" }],
    ["u32[n,3]", { dtype: "f32" }],
  ),
});

/** MurmurHash3's finalizer (Appleby): a bijection of 32-bit words in which every input bit moves every output bit. */
function mixAt(word: Expr): Expr {
  const fold = (x: Expr, by: number): Expr => e.xor(x, e.shiftRight(x, e.constant(by, "u32")));
  const scale = (x: Expr, by: number): Expr => e.mul(x, e.constant(by, "u32"));
  return fold(scale(fold(scale(fold(word, 16), 0x85ebca6b), 13), 0xc2b2ae35), 16);
}
const golden = 0x9e3779b9;

export const randomUniform: Random<Uniform> = op<(seed: Value, attrs: Uniform) => Value, "seed", Uniform>(
  "randomUniform",
  {
    doc: "Numbers evenly from [0, 1) for initial values: 24 bits of mix(mix(seed ^ stream) + k·golden), k the element's row-major number.",
    inputs: ["seed"],
    type: ({ seed }, attrs) => {
      needSeed("randomUniform", seed, attrs);
      if (attrs.dtype !== "f32" && attrs.dtype !== "f64")
        fail("dtype", `randomUniform: expected dtype f32 or f64, found ${attrs.dtype}`);
      return tensorType(attrs.dtype, attrs.shape);
    },
    folds: false,
    lower: {
      kind: "at",
      at: ({ seed }, i, { attrs: { shape, stream, dtype } }) => {
        const key = mixAt(e.xor(seed(), e.constant(stream, "u32")));
        const place = e.mul(e.cast(e.index(flatten(i, shape)), "u32"), e.constant(golden, "u32"));
        const top = e.shiftRight(mixAt(e.add(key, place)), e.constant(8, "u32"));
        return e.mul(e.cast(top, dtype), e.constant(2 ** -24, dtype));
      },
    },
    eval: ({ seed }, { shape, stream, dtype }, { shapes }) =>
      tabulate(dtype, shapes[0], (at) => {
        const place = positionOf(shape.map(maxOf), at);
        const bits = murmur((murmur((seed.data[0] ^ stream) >>> 0) + Math.imul(place, golden)) >>> 0);
        return Math.floor(bits / 256) / 2 ** 24;
      }),
    samples: rows<Uniform>(
      ["u32[]", { shape: [], stream: 0, dtype: "f32" }],
      ["u32[]", { shape: [3, 2], stream: 7, dtype: "f64" }],
      ["u32[]", { shape: [n, 3], stream: 1, dtype: "f32" }],
    ),
  },
);

/** MurmurHash3's finalizer, for the naive evaluator. */
function murmur(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
/** Threefry-2x32 with 20 rounds (Salmon et al. 2011), for the naive evaluator. */
export function threefry(
  key: readonly [number, number],
  counter: readonly [number, number],
): readonly [number, number] {
  const keys = [key[0], key[1], (key[0] ^ key[1] ^ 0x1bd11bda) >>> 0];
  let x = (counter[0] + keys[0]) >>> 0;
  let y = (counter[1] + keys[1]) >>> 0;
  for (let round = 0; round < 20; round++) {
    const by = rotations[round % 8];
    x = (x + y) >>> 0;
    y = (((y << by) | (y >>> (32 - by))) ^ x) >>> 0;
    if (round % 4 !== 3) continue;
    const turn = (round + 1) / 4;
    x = (x + keys[turn % 3]) >>> 0;
    y = (y + keys[(turn + 1) % 3] + turn) >>> 0;
  }
  return [x, y];
}
