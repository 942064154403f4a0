import { builder, originOf } from "../../ir/builder.ts";
import { isLeaf, nodesOf, type Graph, type Node, type Output, type Value } from "../../ir/graph.ts";
import type { DeclaredStep } from "../../ir/program.ts";
import { leaf } from "../../ops/leaves.ts";
import type { Assignment } from "../context.ts";
import { isMetric, type Metric } from "../metrics/metric.ts";
import { add } from "../sugar/elementwise.ts";
import { matching } from "./frozen.ts";
import type { Model } from "./define.ts";
import type { Ran } from "./run.ts";
import type { BuiltStep } from "./result.ts";

/** The parameters that a step trains, by path. */
export type Trained = ReadonlyMap<BuiltStep, readonly Value[]>;

/** What each step's patterns name, without what is frozen; a pattern that matches nothing is a mistake. */
export function trainedOf(
  { declaration: { name: model }, line }: Model,
  { steps, run: { parameters } }: Ran,
  frozen: ReadonlySet<string>,
): Trained {
  return new Map(
    steps.map((step) => {
      const what = `parameters of step "${step.name}" of model "${model}"`;
      const named =
        step.name === null
          ? new Set(parameters.keys())
          : matching(what, step.parameters, [...parameters.keys()], line);
      const own = [...parameters].filter(([path]) => named.has(path) && !frozen.has(path));
      return [step, own.map(([, declared]) => declared.leaf)];
    }),
  );
}

/** A step's loss with the penalties on what it trains, which join at the line of the loss. */
export function totalLoss(loss: Value, penalties: readonly Value[], trained?: readonly Value[]): Value {
  const nodes = trained && new Set(trained.map(({ node }) => node));
  const own = penalties.filter((penalty) => !nodes || nodesOf([penalty]).some((node) => nodes.has(node)));
  return builder().within(originOf(loss.node), () =>
    own.reduce((total, penalty) => add(total, penalty), loss),
  );
}

/** The steps with their losses and what each assigns. */
export function declaredSteps(
  ran: Ran,
  trained: Trained,
  graphOf: (part: string, outputs: readonly Output[]) => Graph,
): DeclaredStep[] {
  const { steps, run } = ran;
  const owners = run.assignments.map((assignment) => ownersOf(assignment, ran));
  return steps.map((step): DeclaredStep => {
    const parameters = trained.get(step)!;
    const penalized = totalLoss(step.loss, run.penalties, step.name === null ? undefined : parameters);
    const assigned = run.assignments.filter((_, a) => owners[a].has(step));
    return {
      name: step.name,
      forward: graphOf(step.name === null ? "forward" : `${step.name}.forward`, [
        { role: "loss", name: "loss", value: penalized },
        ...pendingOf(step.name, assigned),
      ]),
      patterns: step.parameters,
      parameters,
      optimizer: step.optimizer,
    };
  });
}

/**
 * The positions of the steps that an assignment belongs to: those whose loss uses something that the assigned value
 * is computed from, as a layer's statistics are computed from what the layer normalises. If none does, as with a
 * counter, it belongs to every step that has the inputs it needs; a layer in a call that only a function makes has not.
 */
function ownersOf(
  { target, next }: Assignment,
  { steps, loss, functions, metrics }: Ran,
): ReadonlySet<BuiltStep> {
  const value = next(target);
  const made = computedNodes([value]);
  const sharing = steps.filter((step) => [...computedNodes([step.loss])].some((node) => made.has(node)));
  if (sharing.length > 0) return new Set(sharing);
  const reads = inputsOf([value]);
  return new Set(
    steps.filter((step) => {
      // The one step of a model without named steps takes every input that not only further functions read.
      const own =
        step.name === null
          ? [loss, ...(functions.get("predict")?.values() ?? []), ...[...metrics.values()].flatMap(valuesOf)]
          : [step.loss];
      const has = inputsOf(own.filter((part) => part !== null));
      const further = inputsOf(
        [...functions].flatMap(([name, all]) => (name === "predict" ? [] : [...all.values()])),
      );
      return [...reads].every((input) => has.has(input) || (step.name === null && !further.has(input)));
    }),
  );
}

const valuesOf = (metric: Metric | Value): Value[] =>
  isMetric(metric) ? metric.totals.map((total) => total.value) : [metric];
const inputsOf = (values: readonly Value[]): Set<Node> =>
  new Set(nodesOf(values).filter((node) => node.op === "input"));

/** What is computed from the arguments of a call or from random draws. */
function computedNodes(values: readonly Value[]): Set<Node> {
  const varies = new Set<Node>();
  for (const node of nodesOf(values)) {
    if (
      node.op === "input" ||
      node.op === "randomBits" ||
      node.inputs.some((input) => varies.has(input.node))
    )
      varies.add(node);
  }
  return new Set([...varies].filter((node) => !isLeaf(node)));
}

/** The next value of each assigned state, for a pending cell that is the step's own. */
function pendingOf(step: string | null, assignments: readonly Assignment[]): Output[] {
  const next = new Map<string, { readonly target: Value; readonly value: Value }>();
  for (const { path, target, next: make } of assignments)
    next.set(path, { target, value: make(next.get(path)?.value ?? target) });
  return [...next].map(([name, { target, value }]) => {
    // Quotes part the two names, so that no two pairs of names give one.
    const path = step === null ? name : `${JSON.stringify(step)} ${name}`;
    // The build function has returned, so the place of the cell is said here, where the stack knows it no more.
    const cell = builder().within(originOf(target.node), () => leaf("pending", path, target.type));
    return { role: "assign", name, value, cell };
  });
}
