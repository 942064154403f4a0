import { fail } from "../../base/errors.ts";
import type { Compilation } from "../../compile.ts";
import { allGraphNodes } from "../../ir/graph.ts";
import { randomBits } from "../../data/random.ts";
import { sampleInputs } from "../sample-inputs.ts";
import type { NumericArray } from "../../data/index.ts";
import type { Generated, Net, Spec } from "../train/module.ts";
import { stepEntries, type StepEntry } from "../entries.ts";
import { compareFunctions, compareWithGraph } from "./graph.ts";
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
  const bits = randomBits(options.seed);
  const steps = stepEntries(compilation, spec, net).flatMap((entry) =>
    checkStep(entry, { net, spec, compilation, inputs, n, bits, options }),
  );
  return [...steps, ...compareFunctions(compilation, spec, net, inputs, n)];
}

/** What every step of a module is checked with. */
interface Subject {
  readonly net: Net;
  readonly spec: Spec;
  readonly compilation: Compilation;
  readonly inputs: readonly NumericArray[];
  readonly n: number | null;
  readonly bits: () => number;
  readonly options: CheckOptions;
}

function checkStep(entry: StepEntry, subject: Subject): Finding[] {
  const { net, spec, compilation, inputs, n, bits, options } = subject;
  const { name: stepName, step } = entry;
  const args = [...entry.inputs.map((k) => inputs[k]), ...(n === null ? [] : [n])];
  const lossNow = (): number => step.forward(...args);
  const loss = lossNow();
  const of = stepName === null ? `"${spec.name}"` : `step "${stepName}" of "${spec.name}"`;
  if (!Number.isFinite(loss)) {
    fail("non-finite-loss", `the loss of ${of} on random rows is ${loss}, so there is nothing to compare`, {
      hint: "gradc inspect --stage forward shows the loss; look for a constant that is no number, or that overflows",
    });
  }
  step.backward();
  const gradients = new Map(Object.entries(step.gradients).map(([name, values]) => [name, values.slice()]));
  const situation: Situation = { inputs, n, loss, entry, gradients };
  const compared = compareWithGraph(compilation, spec, net, situation);
  const compareDifference = (kind: string, name: string, values: Numbers, gradient: Numbers): Finding => {
    const chosen = choose(values.length, options.elements, bits);
    const error = differenceError(lossNow, values, gradient, chosen, loss);
    return { kind, name, elements: chosen.length, error, limit: differenceLimit };
  };
  // Differences see through what is there to keep gradients from doing so.
  const differences = changesGradients(compilation)
    ? []
    : [
        ...[...gradients].map(([name, gradient]) =>
          compareDifference("gradient of parameter", name, net.params[name], gradient),
        ),
        ...[...compared.inputGradients].map(([name, gradient]) => {
          const values = inputs[spec.inputs.findIndex((input) => input.name === name)] as Numbers;
          return compareDifference("gradient of input", name, values, gradient);
        }),
      ];
  const label = (name: string): string => (stepName === null ? name : `${stepName}: ${name}`);
  return [...differences, ...compared.findings].map((finding) => ({ ...finding, name: label(finding.name) }));
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
