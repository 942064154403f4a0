import type { Compilation } from "../../compile.ts";
import { sampleInputs } from "../sample-inputs.ts";
import type { Generated } from "../train/module.ts";
import { answersOf, compareAnswers } from "./answers.ts";
import type { CheckOptions } from "./check.ts";
import type { Finding } from "./situation.ts";

/** What float32 throughout may differ by from float64 between loads and stores, in a sum of some thousands. */
const limit = 1e-4;

/**
 * Compares two modules of a model, in float32 for two targets: every function, loss and gradient, and the parameters
 * after an update. Both start from the state of the first, and update by its gradients.
 */
export function compareTargets(
  compilation: Compilation,
  [js, wasm]: readonly [Generated, Generated],
  options: CheckOptions,
): Finding[] {
  const { spec } = js;
  const net = js.create({ seed: options.seed });
  const other = wasm.create({ state: net.state });
  const n = spec.batch === null ? null : Math.min(options.rows, spec.batch);
  const inputs = sampleInputs(spec.inputs, n ?? 1, options.seed);
  const expected = answersOf(compilation, spec, net, inputs, n, new Map());
  const found = answersOf(compilation, wasm.spec, other, inputs, n, expected);
  return compareAnswers("wasm against js", expected, found, limit);
}
