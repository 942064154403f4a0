import type { Value } from "../ir/graph.ts";
import { match, type Bound, type RuleIndex } from "./pattern.ts";
import type { Step, Uses } from "./rewrite.ts";

/**
 * The first rule that matches a value and whose guard agrees. Where none does, whoever else uses the ops inside, it is
 * remembered: later passes and other graphs meet the same nodes.
 */
export const rulesStep = (index: RuleIndex): Step => {
  const settled = new WeakSet<Value>();
  return (value, uses) => {
    if (settled.has(value)) return undefined;
    let asked = false;
    const asking: Uses = (node) => {
      asked = true;
      return uses(node);
    };
    for (const { rule, pattern, nothing } of index.get(value.node.op) ?? []) {
      let right: Value | null = null;
      const apply = (bound: Bound): boolean => {
        right = rule.right(...(bound as readonly Value[]), value);
        return right !== null;
      };
      const matched = match(pattern, value, nothing, apply, asking);
      if (matched && right !== null) return { rule: rule.name, value: right };
    }
    if (!asked) settled.add(value);
    return undefined;
  };
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
