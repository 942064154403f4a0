import { fail } from "../base/errors.ts";
import type { Value } from "../ir/graph.ts";
import { isFloat, sameType, typeText } from "../ir/type.ts";
import { sweep } from "./reverse.ts";

/**
 * The cotangents of `wrt` for given cotangents of the outputs (vᵀ·J), zeros where no output depends on a value.
 * Fails with "gradient" for values that are not floats and for cotangents that do not have their output's type.
 */
export function vjp(outputs: readonly Value[], cotangents: readonly Value[], wrt: readonly Value[]): Value[] {
  if (outputs.length !== cotangents.length) {
    fail(
      "gradient",
      `expected a cotangent for each of ${outputs.length} outputs, found ${cotangents.length}`,
    );
  }
  for (const [k, output] of outputs.entries()) {
    needFloat(output, `output ${k}`);
    if (!sameType(output.type, cotangents[k].type)) {
      const [expected, found] = [typeText(output.type), typeText(cotangents[k].type)];
      fail("gradient", `the cotangent of output ${k} must be ${expected}, found ${found}`);
    }
  }
  for (const [k, value] of wrt.entries()) needFloat(value, `value ${k} to differentiate by`);
  return sweep(outputs, cotangents, wrt);
}

function needFloat({ type }: Value, what: string): void {
  if (isFloat(type.dtype)) return;
  fail("gradient", `${what} is ${typeText(type)}; only floats have gradients`, {
    hint: "cast to f32 before computing with it",
  });
}
