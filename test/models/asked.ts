import type { Compilation } from "../../src/compile.ts";
import { evaluateInputs, functionInputs } from "../../src/cli/entries.ts";
import type { Generated, Net } from "../../src/cli/train/module.ts";
import { argumentsOf, places, type Rows } from "./arguments.ts";
import type { Answers } from "./compare.ts";
import { naively } from "./naive.ts";
import { savedBy } from "./saved.ts";

/** A compiled model, and the module made of it. */
export interface Build {
  readonly name: string;
  readonly compilation: Compilation;
  readonly module: Generated;
}

const numbers = (values: ArrayLike<number>): Float64Array => Float64Array.from(values);
const answers = (
  kind: string,
  found: Iterable<readonly [string, ArrayLike<number>]>,
): [string, Float64Array][] => [...found].map(([name, values]) => [`${kind}: ${name}`, numbers(values)]);

/** A network whose memory, but for what is saved, holds no numbers, so that nothing is read before it is written. */
export function poisoned({ compilation: { memory, kernels }, module }: Build, saved: Uint8Array): Net {
  const net = module.create({ state: saved });
  const constants = new Set(kernels.buffers.filter(({ values }) => values));
  for (const { buffer, region, offset, bytes } of memory.placements.values())
    if (!constants.has(buffer) && (region === "temporary" || region === "inputs" || region === "gradients"))
      new Uint8Array(net.state.buffer, net.state.byteOffset + offset, bytes).fill(255);
  return net;
}

const lossName = "loss: loss";
const lossOf = (value: number): [string, Float64Array] => [lossName, numbers([value])];

/** What is asked of a network, and of a naive evaluation; the answers of one kind bear one name. */
export interface Asked {
  /** The loss and its gradients. */
  slopes(): Answers;
  /** What is saved after an update by the gradients found. */
  update(): Answers;
  predictions(): Answers;
  metrics(): Answers;
}

export function network(
  { compilation, module: { spec } }: Build,
  net: Net,
  rows: Rows,
  full: boolean,
): Asked {
  const given = (chosen: readonly number[]) => argumentsOf(spec, rows, chosen, full);
  const all = evaluateInputs(spec);
  return {
    slopes() {
      const loss = net.forward(...given(all));
      net.backward();
      return new Map([lossOf(loss), ...answers("gradient", Object.entries(net.gradients))]);
    },
    update() {
      net.update();
      return new Map(answers("saved", savedBy(spec, net)));
    },
    predictions() {
      const outputs = net.predict(...given(functionInputs(compilation, spec, "predict")));
      const own = spec.outputs.map(({ name, shape }): [string, number[]] => {
        const at = places(shape, rows.n, spec.batch!);
        return [name, at.map((place) => outputs[name][place])];
      });
      return new Map(answers("output", own));
    },
    metrics() {
      net.resetMetrics();
      const found = Object.entries(net.evaluate(...given(all)));
      const own = found.map(([name, value]): [string, ArrayLike<number>] => [
        name,
        typeof value === "number" ? [value] : value,
      ]);
      return new Map(answers("metric", own));
    },
  };
}

/** The same from the graphs alone, starting from what was saved when this was called. */
export function graphs({ compilation, module: { spec } }: Build, net: Net, rows: Rows): Asked {
  const {
    cells,
    metrics,
    graphs: {
      steps: [{ training, update }],
      functions: [predict],
      evaluate,
    },
  } = compilation.training;
  const held = { saved: savedBy(spec, net), rows, gradients: net.gradients };
  const trained = naively(compilation, training, held);
  const chosen = (kind: string, names: readonly string[], found: Answers): Answers =>
    new Map(
      answers(
        kind,
        names.map((name) => [name, found.get(name)!]),
      ),
    );
  return {
    slopes() {
      const { name } = training.outputs.find(({ role }) => role === "loss")!;
      return new Map([
        lossOf(trained.get(name)![0]),
        ...chosen("gradient", Object.keys(net.gradients), trained),
      ]);
    },
    update() {
      const next = new Map(held.saved);
      const set = (name: string, values: Float64Array, members: readonly string[] | undefined): void => {
        let at = 0;
        for (const part of members ?? [name]) {
          const end = at + held.saved.get(part)!.length;
          next.set(part, values.slice(at, end));
          at = end;
        }
      };
      for (const { role, name } of training.outputs)
        if (role === "assign") set(name, trained.get(name)!, undefined);
      for (const [name, values] of naively(compilation, update!, held))
        set(name, values, cells.find((cell) => cell.name === name && cell.members)?.members);
      return new Map(answers("saved", next));
    },
    predictions: () =>
      chosen(
        "output",
        spec.outputs.map(({ name }) => name),
        naively(compilation, predict.graph, held),
      ),
    metrics: () =>
      chosen(
        "metric",
        metrics.map(({ name }) => name),
        naively(compilation, evaluate!, held),
      ),
  };
}
