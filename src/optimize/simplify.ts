import type { Value } from "../ir/graph.ts";
import { match, type Bound, type RuleIndex } from "./pattern.ts";
import type { Step } from "./settle.ts";

/** The first rule that matches a value and whose guard agrees. */
export const rulesStep =
  (index: RuleIndex): Step =>
  (value, uses) => {
    for (const { rule, pattern, nothing } of index.get(value.node.op) ?? []) {
      let right: Value | null = null;
      const apply = (bound: Bound): boolean => {
        right = rule.right(...(bound as readonly Value[]), value);
        return right !== null;
      };
      const matched = match(pattern, value, nothing, apply, uses);
      if (matched && right !== null) return { rule: rule.name, value: right };
    }
    return undefined;
  };

/** The first of several steps that changes something. */
export const firstOf =
  (...steps: readonly Step[]): Step =>
  (value, uses) => {
    for (const step of steps) {
      const found = step(value, uses);
      if (found) return found;
    }
    return undefined;
  };
