import * as g from "gradc";
import type { Model, Value } from "gradc";
import { typeText } from "../../src/ir/type.ts";
import { anything } from "./anything.ts";
import { dimsOf, Draw, sizeOf, type Blocks } from "./draw.ts";
import { headOf, many } from "./heads.ts";
import { images } from "./images.ts";
import { optimizerOf } from "./optimizers.ts";
import { sequences } from "./sequences.ts";
import { vectors } from "./vectors.ts";

export interface RandomModel {
  readonly model: Model;
  readonly batch: number;
  /** What it is made of, once it is built. */
  readonly describe: () => string;
}

const byRank: readonly (Blocks | undefined)[] = [undefined, undefined, vectors, sequences, images];

/** One more block; those of the value's own rank are as likely as those of any. */
function next(x: Value, d: Draw, scope: string): Value {
  const own = byRank[x.type.shape.length];
  const blocks = own && d.chance(0.6) ? own : anything;
  // What only few models would meet by chance.
  const forced = d.large && own === sequences && d.chance(0.15);
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
    return rest > d.room ? g.dense(g.flatten(x), { units: 16 }) : x;
  return g.slice(x, { limit: [null, Math.floor(d.room / rest)] });
}

/** A model drawn from a seed. The same seed gives the same model. */
export function randomModel(seed: number, large: boolean): RandomModel {
  const outer = new Draw(seed, large);
  const n = g.batch(large ? outer.pick([8, 16, 17, 32]) : outer.int(1, 9));
  const [times, width] = large
    ? [outer.pick([8, 16, 17, 32]), outer.pick([16, 24, 32, 48])]
    : [outer.int(1, 9), outer.int(1, 9)];
  const [rows, columns, channels] = large
    ? [outer.pick([8, 12, 14, 16]), outer.pick([8, 12, 13]), outer.int(1, 8)]
    : [outer.int(1, 6), outer.int(1, 6), outer.int(1, 4)];
  const features = outer.width(outer.room);
  const kind = outer.pick([
    "vector",
    "vector",
    "sequence",
    "sequence",
    "image",
    "image",
    "words",
    "words",
  ] as const);
  const vocabulary = outer.int(2, large ? 200 : 12);
  const x = {
    vector: g.f32(n, features),
    sequence: g.f32(n, times, width),
    image: g.f32(n, rows, columns, channels),
    words: g.i32(n, times),
  }[kind];
  const depth = outer.int(large ? 2 : 1, large ? 6 : 7);
  let words: readonly string[] = [];
  const model = g.defineModel({
    name: `model-${seed}`,
    inputs: { x, label: g.i32(n), labels: g.i32(n, many), targets: g.f32(n, many), weight: g.f32(n) },
    build(inputs) {
      const d = new Draw(seed + 1e6, large);
      const entry = {
        vector: () => inputs.x,
        sequence: () => inputs.x,
        image: () => inputs.x,
        words: () => g.embedding(inputs.x, { inputDim: vocabulary, outputDim: d.width(d.large ? 64 : 8) }),
      }[kind]();
      d.words.push(`batch(${n.max}) ${kind} ${typeText(inputs.x.type)}`);
      let value = fitting(entry, d);
      const more: Value[] = [];
      for (let k = 0; k < depth; k++) {
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
  return { model, batch: n.max, describe: () => words.join(" → ") };
}
