import * as g from "gradc";
import type { Model, Value } from "gradc";
import { typeText } from "../../src/ir/type.ts";
import { anything } from "./anything.ts";
import { comparisons } from "./comparisons.ts";
import { dimsOf, Draw, sizeOf, type Blocks, type Size } from "./draw.ts";
import { headOf, many } from "./heads.ts";
import { images } from "./images.ts";
import { optimizerOf } from "./optimizers.ts";
import { sequences } from "./sequences.ts";
import { singles } from "./singles.ts";
import { vectors } from "./vectors.ts";

export interface RandomModel {
  readonly model: Model;
  /** The rows of the largest batch, or those that a model without one always has. */
  readonly rows: number;
  /** What it is made of, once it is built. */
  readonly describe: () => string;
}

const byRank: readonly (Blocks | undefined)[] = [undefined, singles, vectors, sequences, images];

/** Blocks of the value's own rank are as likely as those of any; in tiny models also those that compare. */
function blocksFor(x: Value, d: Draw): Blocks {
  if (d.size === "tiny" && d.chance(0.4)) return comparisons;
  const own = byRank[x.type.shape.length];
  return own && (own === singles || d.chance(0.6)) ? own : anything;
}

/** One more block. */
function next(x: Value, d: Draw, scope: string): Value {
  const blocks = blocksFor(x, d);
  // What only few models would meet by chance.
  const forced = d.large && x.type.shape.length === 3 && d.chance(0.15);
  const name = forced ? "wide" : d.pick(Object.keys(blocks));
  const y = g.scope(scope, () => (forced ? sequences : blocks)[name](x, d));
  d.words.push(`${name} ${typeText(y.type)}`);
  return y;
}

/** What too large a value is cut down to, so that models stay small whatever is drawn. */
function fitting(x: Value, d: Draw): Value {
  const dims = dimsOf(x);
  const rest = sizeOf(dims.slice(1));
  if (sizeOf(dims) <= d.room || rest > d.room)
    return rest > d.room ? g.dense(g.flatten(x), { units: Math.min(16, d.room) }) : x;
  return g.slice(x, { limit: [null, Math.floor(d.room / rest)] });
}

/** What goes into a model. */
const kinds = ["vector", "vector", "sequence", "sequence", "image", "image", "words", "words"] as const;
const tinyKinds = [
  "single",
  "single",
  "single",
  "single",
  "vector",
  "vector",
  "sequence",
  "sequence",
  "image",
  "image",
  "words",
] as const;

/** How many rows, and the dims of sequences and images. */
function dimsFor(d: Draw) {
  const { size } = d;
  const [rows, times, width] = {
    large: () => [d.pick([8, 16, 17, 32]), d.pick([8, 16, 17, 32]), d.pick([16, 24, 32, 48])],
    small: () => [d.int(1, 9), d.int(1, 9), d.int(1, 9)],
    tiny: () => [d.pick([1, 1, 1, 1, 2, 3]), d.int(1, 4), d.int(1, 4)],
  }[size]();
  const space = {
    large: () => [d.pick([8, 12, 14, 16]), d.pick([8, 12, 13]), d.int(1, 8)],
    small: () => [d.int(1, 6), d.int(1, 6), d.int(1, 4)],
    tiny: () => [d.int(1, 4), d.int(1, 4), d.int(1, 2)],
  }[size]();
  return { rows, times, width, space };
}

/** Begins with parameters of one number, which are a group of their own or frozen. */
function offset(x: Value, isFixed: boolean): Value {
  const moved = g.add(x, g.param("offset", [1]));
  return isFixed ? g.mul(moved, g.param("fixed", [1], { initializer: g.constant(0.9) })) : moved;
}

/**
 * A model drawn from a seed. The same seed gives the same model. Tiny ones have as many rows as their inputs say, or a
 * single one that nothing says to be one.
 */
export function randomModel(seed: number, size: Size, ties = false): RandomModel {
  const outer = new Draw(seed, size, ties);
  const { rows, times, width, space } = dimsFor(outer);
  const large = size === "large";
  const n = size === "tiny" ? rows : g.batch(rows);
  const features = outer.width(outer.room);
  const kind = outer.pick(size === "tiny" ? tinyKinds : kinds);
  const vocabulary = outer.int(2, large ? 200 : 12);
  const x = {
    single: g.f32(features),
    vector: g.f32(n, features),
    sequence: g.f32(n, times, width),
    image: g.f32(n, ...space),
    words: g.i32(n, times),
  }[kind];
  const isFixed = size === "tiny" && outer.chance(0.3);
  const depth = outer.int(large ? 2 : 1, { large: 6, small: 7, tiny: 3 }[size]);
  let words: readonly string[] = [];
  const model = g.defineModel({
    name: `model-${seed}`,
    inputs: { x, label: g.i32(n), labels: g.i32(n, many), targets: g.f32(n, many), weight: g.f32(n) },
    ...(isFixed ? { frozen: ["fixed"] } : {}),
    build(inputs) {
      const d = new Draw(seed + 1e6, size, ties);
      const entry =
        kind === "words"
          ? g.embedding(inputs.x, { inputDim: vocabulary, outputDim: d.width(d.large ? 64 : 8) })
          : inputs.x;
      d.words.push(`${size === "tiny" ? "rows" : "batch"} ${rows} ${kind} ${typeText(inputs.x.type)}`);
      let value = fitting(size === "tiny" ? offset(entry, isFixed) : entry, d);
      const more: Value[] = [];
      for (let k = 0; k < depth; k++) {
        d.earlier.push(value);
        value = fitting(next(value, d, `block${k}`), d);
        if (d.chance(0.1)) more.push(g.mul(g.mean(g.square(value)), 0.1));
      }
      const { outputs, loss, metrics } = headOf(value, inputs, d);
      const optimizer = optimizerOf(d);
      words = [...d.words, `${optimizer.name}${optimizer.clip ? ` ${optimizer.clip}` : ""}`];
      return {
        outputs: {
          ...outputs,
          ...(d.chance(0.3) ? { value: d.chance(0.5) ? value : g.transpose(value) } : {}),
        },
        loss: more.reduce((sum, term) => g.add(sum, term), loss),
        metrics,
        optimizer,
      };
    },
  });
  return { model, rows, describe: () => words.join(" → ") };
}
