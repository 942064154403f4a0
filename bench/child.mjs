// The runner's side of a competitor: a child process on one core that answers lines of JSON with lines of JSON.
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { reason } from "./reason.mjs";

/** The command that keeps a process on one core: the last that this one may use; nothing where that cannot be said. */
export const pin = (() => {
  try {
    const affinity = execFileSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
    return ["taskset", "-c", /(\d+)\s*$/.exec(affinity)[1]];
  } catch {
    return [];
  }
})();

/** What stands in its place where a process is to have all cores. */
export const unpinned = [];

/** Native libraries take every core there is unless told otherwise. */
const environment = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

const limit = 120_000;

/** A process that is started at once. Its failures are errors of one line, whatever they were. */
export class Child {
  #process;
  #lines;
  #errors = "";

  /** Runs a command on one core, unless it is told otherwise. */
  constructor(command, pinned = pin) {
    const [program, ...args] = [...pinned, ...command];
    this.#process = spawn(program, args, { env: environment, stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stderr.on("data", (text) => (this.#errors = (this.#errors + text).slice(-4000)));
    // Its end is seen as the end of its output.
    this.#process.stdin.on("error", () => {});
    this.#process.on("error", (error) => (this.#errors += `\n${error.message}`));
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** The next line that is JSON: libraries greet on the same stream. */
  async #answer() {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error(reason(this.#errors));
      if (!value.startsWith("{")) continue;
      const answer = JSON.parse(value);
      if (answer.failed !== undefined) throw new Error(answer.failed);
      return answer;
    }
  }

  /** Its next answer, after a request where there is one. Fails with what it said, or when it says nothing for long. */
  async next(request) {
    if (request) this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    let timer;
    const silence = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limit / 1000} s`)), limit);
    });
    const answer = this.#answer();
    try {
      return await Promise.race([answer, silence]);
    } finally {
      clearTimeout(timer);
      answer.catch(() => {});
    }
  }

  /** Ends it and waits until it is gone, so that the next one has the core to itself. */
  async end() {
    const { exitCode, signalCode, pid } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await gone;
  }
}

/** The one answer of a command that runs to its end. */
export async function ask(command, pinned) {
  const child = new Child(command, pinned);
  try {
    return await child.next();
  } finally {
    await child.end();
  }
}
