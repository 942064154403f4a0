import { fail } from "../../base/errors.ts";
import type { Compilation } from "../../compile.ts";
import { allGraphNodes } from "../../ir/graph.ts";
import { randomBits } from "../../data/random.ts";
import { sampleInputs } from "../sample-inputs.ts";
import type { Generated } from "../train/module.ts";
import { compareWithGraph } from "./graph.ts";
import { differenceError, type Numbers } from "./difference.ts";
import type { Finding, Situation } from "./situation.ts";

export interface CheckOptions {
  readonly rows: number;
  readonly elements: number;
  readonly seed: number;
}

/** What central differences in float64 reach. */
const differenceLimit = 1e-6;

/** All comparisons for one float64 build. Fails with `no-loss` for a model that only predicts. */
export function checkModule(
  generated: Generated,
  compilation: Compilation,
  options: CheckOptions,
): Finding[] {
  const { spec, create } = generated;
  if (spec.parameters.length === 0 || spec.metrics.length === 0) {
    fail("no-loss", `model "${spec.name}" has no loss, so it has no gradients to check`);
  }
  const n = spec.batch === null ? null : Math.min(options.rows, spec.batch);
  const net = create({ seed: options.seed });
  const inputs = sampleInputs(spec.inputs, n ?? 1, options.seed);
  const lossNow = (): number => net.forward(...inputs, ...(n === null ? [] : [n]));
  const loss = lossNow();
  if (!Number.isFinite(loss)) {
    fail(
      "non-finite-loss",
      `the loss of "${spec.name}" on random rows is ${loss}, so there is nothing to compare`,
      {
        hint: "gradc inspect --stage forward shows the loss; look for a constant that is no number, or that overflows",
      },
    );
  }
  net.backward();
  const gradients = new Map(Object.entries(net.gradients).map(([name, values]) => [name, values.slice()]));
  const situation: Situation = { inputs, n, loss, lossNow, gradients };
  const compared = compareWithGraph(compilation, spec, net, situation);
  const bits = randomBits(options.seed);
  const compareDifference = (kind: string, name: string, values: Numbers, gradient: Numbers): Finding => {
    const chosen = choose(values.length, options.elements, bits);
    const error = differenceError(lossNow, values, gradient, chosen, loss);
    return { kind, name, elements: chosen.length, error, limit: differenceLimit };
  };
  // Differences see through what is there to keep gradients from doing so.
  if (changesGradients(compilation)) return [...compared.findings];
  return [
    ...[...gradients].map(([name, gradient]) =>
      compareDifference("gradient of parameter", name, net.params[name], gradient),
    ),
    ...[...compared.inputGradients].map(([name, gradient]) => {
      const values = inputs[spec.inputs.findIndex((input) => input.name === name)] as Numbers;
      return compareDifference("gradient of input", name, values, gradient);
    }),
    ...compared.findings,
  ];
}

/** The first op by which the model itself says that gradients are not the loss's slope. */
export function changesGradients({ forward }: Compilation): string | undefined {
  const nodes = forward.steps.flatMap((step) => allGraphNodes(step.forward));
  return nodes.find(({ op }) => changing.includes(op))?.op;
}
const changing: readonly string[] = ["stopGradient", "onGradient", "customVjp"];

/** Up to `count` different positions, in order. */
function choose(length: number, count: number, bits: () => number): number[] {
  if (length <= count) return Array.from({ length }, (_, k) => k);
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor((bits() / 2 ** 32) * length));
  return [...chosen].sort((a, b) => a - b);
}
