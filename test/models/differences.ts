import { changesGradients } from "../../src/cli/check/check.ts";
import { evaluateInputs } from "../../src/cli/entries.ts";
import { randomFrom } from "../ops/sample.ts";
import { argumentsOf, rowsFor } from "./arguments.ts";
import type { Build } from "./asked.ts";

/**
 * The gradients of a float64 network in two directions of all its parameters against central differences of its loss:
 * what is wrong, null where nothing is, and undefined where differences say nothing, as beside a kink.
 */
export function wrongSlope(
  { compilation, module: { spec, create } }: Build,
  n: number,
  seed: number,
): string | null | undefined {
  if (changesGradients(compilation)) return undefined;
  const net = create({ seed });
  const random = randomFrom(seed);
  const given = argumentsOf(spec, rowsFor(spec, n, seed), evaluateInputs(spec), false);
  // A bias that is exactly 0 puts rows of zeros on the very kink of an activation.
  for (const values of Object.values(net.params))
    values.set(Float64Array.from(values, (x) => x + 0.05 * (random() - 0.5)));
  const loss = net.forward(...given);
  net.backward();
  const trained = Object.entries(net.gradients).map(([name, gradient]) => ({
    gradient: Float64Array.from(gradient),
    start: Float64Array.from(net.params[name]),
    values: net.params[name],
  }));
  for (let direction = 0; direction < 2; direction++) {
    const along = trained.map(({ start }) => start.map(() => 2 * random() - 1));
    const lossAt = (t: number): number => {
      for (const [k, { start, values }] of trained.entries())
        values.set(start.map((x, i) => x + t * along[k][i]));
      return net.forward(...given);
    };
    const difference = (h: number): number => (lossAt(h) - lossAt(-h)) / (2 * h);
    const [coarse, fine] = [difference(1e-5), difference(3e-6)];
    const terms = trained.flatMap(({ gradient }, k) =>
      Array.from(gradient, (slope, i) => slope * along[k][i]),
    );
    const exact = terms.reduce((sum, term) => sum + term, 0);
    // A separable convolution has more terms than a call takes arguments.
    const norm = Math.sqrt(terms.reduce((sum, term) => sum + term * term, 0));
    const scale = Math.max(Math.abs(coarse), norm, 1e-4 * Math.abs(loss), 1e-6);
    if (!Number.isFinite(coarse) || Math.abs(coarse - fine) > 1e-5 * scale) return undefined;
    if (!(Math.abs(coarse - exact) <= 1e-4 * scale))
      return `n = ${n}: the gradient is ${exact}, differences are ${coarse} and ${fine}`;
  }
  return null;
}
