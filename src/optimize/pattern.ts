import { fault, invariant } from "../base/errors.ts";
import { Builder, sameAttr, withBuilder } from "../ir/builder.ts";
import type { Attrs, Value } from "../ir/graph.ts";
import { dtypes, isFloat, tensorType, type DType, type TensorType } from "../ir/type.ts";
import { roomOf } from "../ir/op.ts";
import { leaf } from "../ops/leaves.ts";
import { ops } from "../ops/table.ts";
import type { Rule } from "./rule.ts";
import type { Uses } from "./rewrite.ts";
import { isCommutative, numberOf } from "./values.ts";

/** The left side of a rule as a tree. */
export type Pattern =
  | {
      readonly kind: "variable";
      readonly index: number;
      readonly accepts: (dtype: DType) => boolean;
      readonly constant: boolean;
    }
  | { readonly kind: "literal"; readonly value: number }
  | {
      readonly kind: "op";
      readonly op: string;
      readonly attrs: Attrs | null;
      readonly inputs: readonly Pattern[];
      readonly commutative: boolean;
      /** Whether another user of this op is a reason to refuse. */
      readonly single: boolean;
    };

export interface CompiledRule {
  readonly rule: Rule;
  readonly pattern: Pattern & { readonly kind: "op" };
  /** No variable known yet. */
  readonly nothing: Bound;
}

/** The values of the variables, as far as they are known. */
export type Bound = ReadonlyArray<Value | undefined>;

/** Rules by the op at the root of their left side, in the order of the rows. */
export type RuleIndex = ReadonlyMap<string, readonly CompiledRule[]>;

/** Reads "f32[2,3]"; "const" is a single float here. */
export function ruleType(text: string): TensorType {
  if (text === "const") return tensorType("f32", []);
  const [, name, inside] = /^(\w+)\[([\d,]*)\]$/.exec(text) ?? fault(`"${text}" is not a type`);
  const dtype = dtypes.find((known) => known === name) ?? fault(`"${name}" is not a dtype`);
  return tensorType(dtype, inside === "" ? [] : inside.split(",").map(Number));
}

/** The type of a rule's k-th variable, as written. */
export const typeOfVariable = (rule: Rule, k: number): string => rule.types?.[k] ?? "f32[]";

export function compileRule(rule: Rule): CompiledRule {
  const build = new Builder();
  const [root, variables] = withBuilder(build, () =>
    build.within({ layer: "", source: "" }, () => {
      const placeholders = Array.from({ length: rule.left.length }, (_, k) =>
        leaf("input", String(k), ruleType(typeOfVariable(rule, k))),
      );
      return [rule.left(...placeholders), placeholders] as const;
    }),
  );
  const pattern = patternOf(root, variables, rule, false);
  invariant(pattern.kind === "op", `the left side of "${rule.name}" is not an op`);
  return { rule, pattern, nothing: variables.map(() => undefined) };
}

/** What only says where elements are may be done again at no cost. */
const moves = (op: string): boolean => roomOf(ops, op).carries === "moved";

function patternOf(value: Value, variables: readonly Value[], rule: Rule, single: boolean): Pattern {
  const index = variables.indexOf(value);
  if (index >= 0) {
    return {
      kind: "variable",
      index,
      accepts: accepts(rule, value.type.dtype),
      constant: typeOfVariable(rule, index) === "const",
    };
  }
  const number = numberOf(value);
  if (number !== undefined) return { kind: "literal", value: number };
  const { op, inputs, attrs } = value.node;
  return {
    kind: "op",
    op,
    attrs: rule.anyAttrs ? null : attrs,
    inputs: inputs.map((input) => patternOf(input, variables, rule, rule.single === true)),
    commutative: isCommutative(op),
    single: single && !moves(op),
  };
}

/** A rule about numbers must not touch integers, whose arithmetic differs. */
function accepts(rule: Rule, dtype: DType): (dtype: DType) => boolean {
  if (rule.anyDtype) return () => true;
  if (isFloat(dtype)) return isFloat;
  return dtype === "bool" ? (other) => other === "bool" : (other) => other === "i32" || other === "u32";
}

export function indexRules(rules: readonly CompiledRule[]): RuleIndex {
  const index = new Map<string, CompiledRule[]>();
  for (const compiled of rules) {
    const list = index.get(compiled.pattern.op) ?? [];
    index.set(compiled.pattern.op, [...list, compiled]);
  }
  return index;
}

/**
 * Matches a value against a pattern in every order of commutative inputs, and calls `found` with the values of the
 * variables until it answers true; a guard that refuses one order so leaves room for the next.
 */
export function match(
  pattern: Pattern,
  value: Value,
  bound: Bound,
  found: (bound: Bound) => boolean,
  uses: Uses = () => 1,
): boolean {
  if (pattern.kind === "literal") return numberOf(value) === pattern.value && found(bound);
  if (pattern.kind === "variable") {
    const known = bound[pattern.index];
    if (known) return known === value && found(bound);
    if (!pattern.accepts(value.type.dtype)) return false;
    if (pattern.constant && numberOf(value) === undefined) return false;
    return found(bound.with(pattern.index, value));
  }
  const { node } = value;
  if (node.op !== pattern.op || node.inputs.length !== pattern.inputs.length) return false;
  if (pattern.single && uses(node) > 1) return false;
  if (pattern.attrs && !sameAttrs(pattern.attrs, node.attrs)) return false;
  if (matchAll(pattern.inputs, node.inputs, bound, found, uses)) return true;
  return pattern.commutative && matchAll(pattern.inputs, node.inputs.toReversed(), bound, found, uses);
}

function matchAll(
  patterns: readonly Pattern[],
  values: readonly Value[],
  bound: Bound,
  found: (bound: Bound) => boolean,
  uses: Uses,
): boolean {
  const step = (k: number, now: Bound): boolean =>
    k === patterns.length
      ? found(now)
      : match(patterns[k], values[k], now, (next) => step(k + 1, next), uses);
  return step(0, bound);
}

/** Most ops have no attributes, and comparing text is slow. */
function sameAttrs(a: Attrs, b: Attrs): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length && names.every((name) => name in b && sameAttr(a[name], b[name]))
  );
}
