// What was measured, as lines of JSON in a file: a run that ends early loses nothing, and can be taken up again.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export class Samples {
  #path;
  #records = [];

  /** Opens a file of samples: empty, to take up a run ("resume": without what a part left half done), or to "read". */
  constructor(path, mode = "new") {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
    const text = mode !== "new" && existsSync(path) ? readFileSync(path, "utf8") : "";
    this.#records = text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    if (mode === "read") return;
    this.#records = this.#records.filter(({ part }) => this.#is("done", part) || !this.#is("begun", part));
    writeFileSync(path, this.#records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  }

  #is = (state, part) => this.#records.some((record) => record.part === state && record.of === part);

  add(part, record) {
    this.#records.push({ part, ...record });
    appendFileSync(this.#path, `${JSON.stringify({ part, ...record })}\n`);
  }

  /** Runs a part unless an earlier run finished it. */
  async once(part, run) {
    if (this.#is("done", part)) return;
    this.add("begun", { of: part });
    await run((record) => this.add(part, record));
    this.add("done", { of: part });
  }

  /** The records of a part, or of all that begin with its name and a number: "race 1", "race 2". */
  parts(name) {
    return this.#records.filter(({ part }) => part.replace(/ \d+$/, "") === name);
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/**
 * The time of one competitor as a multiple of another's: the median over the turns that they took side by side, since a
 * slow minute of the machine is in both of a pair but not in every pair. Undefined where they share no turn.
 */
export function ratioOf(race, workload, name, other) {
  const turns = (competitor) => {
    const found = new Map();
    const counts = new Map();
    for (const record of race) {
      if (record.workload !== workload || record.competitor !== competitor || record.us === undefined)
        continue;
      const count = counts.get(record.part) ?? 0;
      counts.set(record.part, count + 1);
      found.set(`${record.part}, turn ${count}`, record.us);
    }
    return found;
  };
  const others = turns(other);
  const ratios = [...turns(name)].flatMap(([turn, us]) => (others.has(turn) ? [us / others.get(turn)] : []));
  return ratios.length > 0 ? median(ratios) : undefined;
}

/** The times of one competitor in one workload as median and range; undefined where there are none. */
export function timesOf(race, workload, competitor) {
  const us = race
    .filter((r) => r.workload === workload && r.competitor === competitor && r.us !== undefined)
    .map((r) => r.us)
    .sort((a, b) => a - b);
  return us.length > 0
    ? { us: us[us.length >> 1], min: us[0], max: us.at(-1), samples: us.length }
    : undefined;
}
