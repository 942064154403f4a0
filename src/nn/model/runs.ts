import { fail } from "../../base/errors.ts";
import { leafName, type Value } from "../../ir/graph.ts";
import type { OptimizerSpec } from "../../ir/program.ts";
import { matching } from "./frozen.ts";

/** Trained parameters that lie side by side in memory and are updated alike. */
export interface Run {
  /** What stands before "parameters" and "gradients" in the names of its blocks; "" where it is the only run. */
  readonly block: string;
  /** What stands behind the names of its slots; "" where a run is not a single parameter. */
  readonly suffix: string;
  /** The learning-rate group; null for the parameters that no group names. */
  readonly group: string | null;
  /** The scalars that the group has of its own. */
  readonly own: readonly string[];
  readonly optimizer: OptimizerSpec;
  readonly parameters: readonly Value[];
}

/** What stands before the names of everything that a step saves. */
export const prefixOf = (step: string | null): string => (step === null ? "" : `${step}/`);

/** Parts trained parameters into the optimizer's groups and the rest, which comes first. */
export function runsOf(model: string, optimizer: OptimizerSpec, trained: readonly Value[]): readonly Run[] {
  const free = new Map(trained.map((value) => [leafName(value.node), value]));
  const groups = (optimizer.groups ?? []).map((group): Run => {
    const what = `group "${group.name}" of ${optimizer.name}`;
    const paths = trained.map(({ node }) => leafName(node));
    const named = [...matching(what, group.parameters, paths, optimizer.source)];
    const left = named.filter((path) => free.has(path));
    if (left.length === 0) {
      fail(
        "groups",
        `${what} in model "${model}" names only parameters that groups before it have: ${named.join(", ")}`,
        {
          place: { source: optimizer.source },
          hint: "the first group that names a parameter has it; put narrow groups first",
        },
      );
    }
    const parameters = trained.filter(({ node }) => left.includes(leafName(node)));
    for (const path of left) free.delete(path);
    return {
      block: `${group.name}/`,
      suffix: "",
      group: group.name,
      own: group.own,
      optimizer: group.optimizer,
      parameters,
    };
  });
  const rest: Run = {
    block: `${optimizer.name}/`,
    suffix: "",
    group: null,
    own: [],
    optimizer,
    parameters: [...free.values()],
  };
  const runs = [...(rest.parameters.length > 0 ? [rest] : []), ...groups];
  if (optimizer.perParameter) return runs.flatMap(singles);
  return runs.length === 1 ? [{ ...runs[0], block: "" }] : runs;
}

const singles = (run: Run): Run[] =>
  run.parameters.map((value) => {
    const path = leafName(value.node);
    return { ...run, block: `${path}/`, suffix: `/${path}`, parameters: [value] };
  });
