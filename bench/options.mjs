// What both benchmark commands are told.
import { parseArgs } from "node:util";
import { engineAt } from "./engines.mjs";
import { others, trained } from "./gradc.mjs";
import { reason } from "./reason.mjs";
import { targets } from "./targets.mjs";

export const workloads = [...trained, ...others];

function usage(sentence, example) {
  process.stderr.write(`error[usage]: ${sentence}\n  hint: ${example}\n`);
  process.exit(2);
}

/**
 * Reads workloads, --target (a list), --node (paths of further engines; the running one is always there) and `more`.
 * Ends the process with 2 on anything it does not know.
 */
export function readOptions(more, example) {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        target: { type: "string", default: "js,wasm" },
        strict: { type: "boolean", default: false },
        node: { type: "string", multiple: true, default: [] },
        ...more,
      },
    });
    const matching = (id) => workloads.filter((known) => known === id || known.startsWith(`${id}-`));
    const unknown = positionals.find((id) => matching(id).length === 0);
    if (unknown !== undefined)
      usage(`there is no workload "${unknown}"; known: ${workloads.join(", ")}`, example);
    const names = values.target
      .split(",")
      .map((name) => (name === "wasm" && values.strict ? "wasm-strict" : name));
    const strange = names.find((name) => !Object.hasOwn(targets, name));
    if (strange !== undefined)
      usage(`there is no target "${strange}"; known: ${Object.keys(targets).join(", ")}`, example);
    const engines = [process.execPath, ...values.node].map(engineAt).sort((a, b) => a.major - b.major);
    return {
      ...values,
      names,
      // One of each version: the first that was named.
      engines: engines.filter((engine, k) => engines.findIndex(({ major }) => major === engine.major) === k),
      ids: positionals.length > 0 ? positionals.flatMap(matching) : workloads,
    };
  } catch (error) {
    return usage(reason(error), example);
  }
}
