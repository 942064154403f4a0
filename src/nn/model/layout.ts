import { leafName, type Value } from "../../ir/graph.ts";
import type { DeclaredStep } from "../../ir/program.ts";
import { runsOf, type Run } from "./runs.ts";

type Step = Pick<DeclaredStep, "name" | "parameters" | "optimizer">;

const stepRuns = (model: string, { optimizer, parameters }: Step): readonly (readonly Value[])[] =>
  optimizer && parameters.length > 0
    ? runsOf(model, optimizer, parameters).map((run) => run.parameters)
    : [parameters];

/**
 * Orders parameters for memory: those that the same steps update alike lie side by side, and the rest comes last.
 * The sets of steps follow each other in Gray code's order (a, a + b, b, none), so that with two steps what each
 * of them trains is one stretch.
 */
export function layoutOf(model: string, steps: readonly Step[], parameters: readonly Value[]): Value[] {
  const runs = steps.map((step) => stepRuns(model, step));
  const keyOf = (value: Value): readonly number[] => {
    const places = runs.map((list) => list.findIndex((run) => run.includes(value)));
    let parity = 0;
    const rank = places.reduce((sum, place) => sum * 2 + (parity ^= Number(place >= 0)), 0);
    return [-rank, ...places];
  };
  const keys = new Map(parameters.map((value) => [value, keyOf(value)]));
  return [...parameters].sort((a, b) => {
    const [x, y] = [keys.get(a)!, keys.get(b)!];
    const differs = x.findIndex((part, k) => part !== y[k]);
    return differs < 0 ? 0 : x[differs] - y[differs];
  });
}

/** A step's runs as stretches of parameters that lie side by side. */
export function stretchesOf(model: string, step: Step, order: readonly Value[]): Run[] {
  const { optimizer, parameters } = step;
  if (!optimizer) return [];
  const place = new Map(order.map((value, k) => [leafName(value.node), k]));
  const placeOf = ({ node }: Value): number => place.get(leafName(node))!;
  return runsOf(model, optimizer, parameters).flatMap((run) => {
    const parts: Value[][] = [];
    for (const value of [...run.parameters].sort((a, b) => placeOf(a) - placeOf(b))) {
      const last = parts.at(-1);
      if (last && placeOf(last.at(-1)!) + 1 === placeOf(value)) last.push(value);
      else parts.push([value]);
    }
    return parts.map((part, k): Run => {
      const own = parts.length > 1 ? `${k}/` : "";
      const suffix = parts.length > 1 ? `${run.suffix}/${k}` : run.suffix;
      return { ...run, block: `${run.block}${own}`, suffix, parameters: part };
    });
  });
}
