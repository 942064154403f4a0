import type { Value } from "../ir/graph.ts";

/**
 * How far both sides agree: bit for bit on all floats; as numbers wherever inputs and results are finite
 * (the sign of zero may differ); or up to rounding.
 */
export type RuleClass = "exact" | "finite" | "rounding";

export interface RuleOptions {
  readonly class: RuleClass;
  /**
   * Types of the variables, such as "f32[2,3]" (the default is a single float). A float type stands for both float
   * types, "i32" for both integer types; "const" is a constant of the first variable's shape. Shapes only
   * serve to write the left side and to test the rule: matching ignores them.
   */
  readonly types?: readonly string[];
  /** Matches whatever the attributes are; the right side reads them from the matched values. */
  readonly anyAttrs?: boolean;
  /** Matches every element type. */
  readonly anyDtype?: boolean;
  /** The right side is an op that is expanded later, so the rule runs only before composites are expanded. */
  readonly composite?: boolean;
  /** Only where nothing else uses the ops inside the pattern, since they would then be computed as well. */
  readonly single?: boolean;
  /** Where the test of a rule that changes rounding takes its inputs from. */
  readonly domain?: readonly [number, number];
}

/** One row: an equation, its left side as a pattern, its right side as a function of what matched. */
export interface Rule extends RuleOptions {
  readonly name: string;
  readonly left: (...variables: readonly Value[]) => Value;
  /** Is given the variables and then the matched value itself; null means that a guard refused. */
  readonly right: (...values: readonly Value[]) => Value | null;
}

export const rule = (
  name: string,
  left: (...variables: Value[]) => Value,
  right: (...values: Value[]) => Value | null,
  options: RuleOptions,
): Rule => ({ name, left, right, ...options });
