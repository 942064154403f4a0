import type { Net } from "../../src/cli/train/module.ts";
import type { NumericArray } from "../../src/data/index.ts";
import { evaluateInputs } from "../../src/cli/entries.ts";
import { randomFrom } from "../ops/sample.ts";
import { argumentsOf, rowsFor, type Rows } from "./arguments.ts";
import { graphs, network, poisoned, type Asked, type Build } from "./asked.ts";
import { wrongAnswers, type Answers } from "./compare.ts";
import { restore, savedBy } from "./saved.ts";

/** The batches of calls that follow one another: what an earlier, larger one has left behind must not be seen. */
export const fallingAndRising = (batch: number): number[] => [
  batch,
  Math.ceil(batch / 2),
  1,
  batch,
  Math.max(1, batch - 1),
];

/** Relative changes that are no larger than a rounding error, up or down at random. */
function shaken(values: ArrayLike<number>, by: number, random: () => number): Float64Array {
  return Float64Array.from(values, (x) =>
    Number.isInteger(x) ? x : x * (1 + by * (random() < 0.5 ? 1 : -1)),
  );
}

/**
 * What a float64 network answers, first to what is given, then were all that it starts from a little different: what
 * another has saved now, and for an update the gradients that it will have found by then.
 */
function movers({ module, compilation }: Build, from: Net, own: Build, rows: Rows, by: number) {
  const { spec, create } = module;
  const saved = savedBy(own.module.spec, from);
  return (ask: (asked: Asked) => Answers) => (): Answers[] =>
    [0, 1, 0.3, 0.1, 1, 0.01].map((share, k) => {
      const random = randomFrom(k);
      const move = (values: ArrayLike<number>): Float64Array => shaken(values, share * by, random);
      const net = create();
      // Scalars count updates, or are set by a caller.
      const moved = [...saved].map(
        ([name, values]) => [name, values.length > 1 ? move(values) : values] as const,
      );
      restore(spec, net, new Map(moved));
      const values = rows.values.map((list, at) =>
        spec.inputs[at].dtype.startsWith("f") ? move(list) : list,
      );
      const asked = network({ name: "moved", compilation, module }, net, { ...rows, values }, false);
      return ask(updatedBy(asked, net, (name) => move(from.gradients[name])));
    });
}

/** The same network, which updates by gradients that are given to it. */
const updatedBy = (asked: Asked, net: Net, gradients: (name: string) => ArrayLike<number>): Asked => ({
  ...asked,
  update() {
    // What the forward pass assigns is part of the update.
    asked.slopes();
    for (const [name, values] of Object.entries(net.gradients)) values.set(gradients(name));
    return asked.update();
  },
});

/** Who says what is right: from a network's own state now, and for the update from the gradients that it has found. */
interface Judge {
  readonly name: string;
  readonly tolerance: number;
  /** A float64 build, and by how much what is given to it may be rounded. */
  readonly double: Build;
  readonly rounding: number;
  readonly asked: (net: Net, rows: Rows) => Asked;
}

/** The graphs of a float64 build, op by op. */
export const graphsOf = (build: Build): Judge => ({
  name: "its graphs",
  tolerance: 1e-9,
  double: build,
  rounding: 1e-12,
  asked: (net, rows) => graphs(build, net, rows),
});

/** The float64 build of a model whose other build is in float32. */
export function doubleOf(build: Build, double: Build): Judge {
  const judge = poisoned(double, double.module.create().state);
  const asked = (net: Net, rows: Rows): Asked => {
    restore(double.module.spec, judge, savedBy(build.module.spec, net));
    return updatedBy(network(double, judge, rows, true), judge, (name) => net.gradients[name]);
  };
  return { name: "float64", tolerance: 1e-3, double, rounding: 1e-6, asked };
}

const sameBytes = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

/** What a training step has left otherwise than its parts have in another network. */
const apart = (parts: Net, whole: Net): string[] => [
  ...(sameBytes(parts.state, whole.state) ? [] : ["trainStep leaves another state than its parts"]),
  ...Object.entries(parts.gradients).flatMap(([name, gradient]) =>
    sameBytes(gradient, whole.gradients[name])
      ? []
      : [`trainStep leaves another gradient of ${name} than its parts`],
  ),
];

const gradientsOf = ({ gradients }: Net): Map<string, Float64Array> =>
  new Map(Object.entries(gradients).map(([name, values]) => [name, Float64Array.from(values)]));

/** What is wrong with passes that are repeated: gradients that are not cleared are twice as large, others are what they were. */
function repeated(net: Net, given: readonly (NumericArray | number)[]): string[] {
  const pass = (accumulate: boolean): Map<string, Float64Array> => {
    net.forward(...given);
    net.backward(accumulate);
    return gradientsOf(net);
  };
  const [once, twice, again] = [pass(false), pass(true), pass(false)];
  const largest = Math.max(...[...once.values()].map((values) => Math.hypot(...values)));
  return [...once].flatMap(([name, values]) => {
    const wrong = values.findIndex((x, k) => !(Math.abs(twice.get(name)![k] - 2 * x) <= 1e-3 * largest));
    return [
      ...(wrong < 0 || !Number.isFinite(largest) ? [] : [`gradient ${name}[${wrong}] is ${values[wrong]}, and added to itself ${twice.get(name)![wrong]}`]),
      ...(sameBytes(values, again.get(name)!) ? [] : [`a second backward pass leaves another gradient of ${name}`]),
    ];
  });
} // prettier-ignore

/** Where training steps are not their parts, to the bit, over calls with so many rows each. */
export function wrongSteps(build: Build, ns: readonly number[], seed: number): string[] {
  const {
    module: { spec, create },
  } = build;
  const parts = poisoned(build, create({ seed }).state);
  const whole = poisoned(build, parts.state);
  return ns.flatMap((n, k) => {
    const given = argumentsOf(spec, rowsFor(spec, n, seed + k), evaluateInputs(spec), false);
    const wrong = repeated(parts, given);
    const loss = parts.forward(...given);
    parts.backward();
    parts.update();
    const own = whole.trainStep(...given);
    if (!Object.is(loss, own)) wrong.push(`trainStep returns ${own}, forward ${loss}`);
    return [...wrong, ...apart(parts, whole)].map((text) => `${build.name}, call ${k}, n = ${n}: ${text}`);
  });
}

/** What is wrong with a module over calls with so many rows each. */
export function wrongOver(build: Build, ns: readonly number[], seed: number, judge: Judge): string[] {
  const {
    module: { spec, create },
  } = build;
  const net = poisoned(build, create({ seed }).state);
  const whole = poisoned(build, net.state);
  return ns.flatMap((n, k) => {
    const wrong: string[] = [];
    const rows = rowsFor(spec, n, seed + k);
    const full = k % 2 === 1;
    const found = network(build, net, rows, full);
    const compare = (asks: readonly ((asked: Asked) => Answers)[]): void => {
      const expected = judge.asked(net, rows);
      const moved = movers(judge.double, net, build, rows, judge.rounding);
      for (const ask of asks)
        wrong.push(...wrongAnswers(ask(expected), ask(found), judge.tolerance, moved(ask)));
    };
    compare([(asked) => asked.slopes(), (asked) => asked.update()]);
    whole.trainStep(...argumentsOf(spec, rows, evaluateInputs(spec), !full));
    wrong.push(...apart(net, whole));
    compare([(asked) => asked.predictions(), (asked) => asked.metrics()]);
    return wrong.map((text) => `${build.name} against ${judge.name}, call ${k}, n = ${n}: ${text}`);
  });
}
