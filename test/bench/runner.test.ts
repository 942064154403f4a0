import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const file = (name: string): string => fileURLToPath(new URL(`../../bench/${name}`, import.meta.url));
/** The benchmark's own modules, which are plain JavaScript without declarations. */
const load = async <Module>(name: string): Promise<Module> => (await import(file(name))) as Module;

const folder = mkdtempSync(join(tmpdir(), "gradc-runner-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the runner says what it does not know", () => {
  for (const [args, message] of [
    [["W9"], 'there is no workload "W9"; known: W1, W2, W3, W4, W5, W6, W7-W3, W7-W4, W8'],
    [["--target", "c"], 'there is no target "c"; known: js, wasm, wasm-strict'],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, [file("run.mjs"), ...args], { encoding: "utf8" });
    expect({ status, first: stderr.split("\n")[0] }).toEqual({
      status: 2,
      first: `error[usage]: ${message}`,
    });
  }
});

interface Outcome {
  readonly competitor: string;
  readonly us?: number;
  readonly losses?: Readonly<Record<string, number>>;
  readonly failed?: string;
}

test("competitors take turns, and one that fails loses nothing of the others", async () => {
  const { raceRound } = await load<{ raceRound: (options: object) => Promise<void> }>("rounds.mjs");
  const served = (name: string, body: string): string => {
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, `import { refuse, serve } from ${JSON.stringify(file("serve.mjs"))};\n${body}\n`);
    return path;
  };
  const scripts = {
    steady: served("steady", "await serve((k) => 1 / (k + 1));"),
    refusing: served("refusing", `refuse(new Error("no such kernel\\nand more"));`),
    throwing: served("throwing", `throw new TypeError("nothing is defined");`),
    breaking: served(
      "breaking",
      `let turns = 0;\nprocess.stdin.on("data", () => ++turns === 2 && process.exit(3));\nawait serve(() => 1);`,
    ),
  };
  const seen: Outcome[] = [];
  await raceRound({
    round: 1,
    workloads: ["W1"],
    failed: new Set(["left out W1"]),
    competitors: [...Object.entries(scripts), ["left out", "nothing"] as const].map(([name, path]) => ({
      name,
      takes: (workload: string) => workload === "W1",
      command: (workload: string, { losses }: { losses: number }) => [
        process.execPath,
        path,
        workload,
        `--losses=${losses}`,
        "--warm=20",
      ],
    })),
    see: (record: Outcome) => seen.push(record),
    note: () => undefined,
  });
  const of = (name: string): Outcome[] => seen.filter(({ competitor }) => competitor === name);
  expect(of("steady")[0].losses).toEqual({ 1: 1, 10: 0.1, 50: 0.02 });
  expect(of("steady").flatMap(({ us }) => us ?? [])).toHaveLength(3);
  expect(of("refusing").map(({ failed }) => failed)).toEqual(["no such kernel"]);
  expect(of("throwing").map(({ failed }) => failed)).toEqual(["TypeError: nothing is defined"]);
  expect(of("breaking").filter(({ us }) => us !== undefined).length).toBeLessThan(3);
  expect(of("breaking").at(-1)?.failed).toBe("it ended without a word");
  expect(of("left out")).toEqual([]);
});

test("samples of an interrupted run are taken up again, but for the part it was in", async () => {
  type Record = { part: string; us?: number };
  const { Samples } = await load<{
    Samples: new (
      path: string,
      mode?: string,
    ) => {
      once(part: string, run: (see: (record: object) => void) => Promise<void>): Promise<void>;
      parts(name: string): Record[];
    };
  }>("samples.mjs");
  const path = join(folder, "samples.jsonl");
  const first = new Samples(path);
  await first.once("race 1", async (see) => see({ us: 1 }));
  await expect(
    first.once("race 2", async (see) => {
      see({ us: 2 });
      throw new Error("stopped");
    }),
  ).rejects.toThrow("stopped");
  const second = new Samples(path, "resume");
  const measured: string[] = [];
  for (const part of ["race 1", "race 2"])
    await second.once(part, async (see) => {
      measured.push(part);
      see({ us: 3 });
    });
  expect(measured).toEqual(["race 2"]);
  for (const samples of [second, new Samples(path, "resume"), new Samples(path, "read")])
    expect(samples.parts("race").map(({ us }) => us)).toEqual([1, 3]);
});

test("tables go between their markers and nowhere else", async () => {
  const { fillSections, figure, table } = await load<{
    fillSections: (path: string, texts: object) => Promise<void>;
    figure: (value: number | undefined) => string;
    table: (head: string[], rows: (string | undefined)[][]) => string;
  }>("sections.mjs");
  expect([0.06512, 4.307, 773.4, 7886, undefined].map(figure)).toEqual([
    "0.0651",
    "4.31",
    "773",
    "7,890",
    "–",
  ]);
  const path = join(folder, "page.md");
  writeFileSync(path, "Before.\n\n<!-- bench: times -->\n\nold\n\n<!-- /bench -->\n\nAfter.\n");
  for (let k = 0; k < 2; k++) await fillSections(path, { times: table(["", "W1"], [["a|b", undefined]]) });
  expect(readFileSync(path, "utf8")).toBe(
    "Before.\n\n<!-- bench: times -->\n\n|      |  W1 |\n| ---- | --: |\n| a\\|b |   – |\n\n<!-- /bench -->\n\nAfter.\n",
  );
  await expect(fillSections(path, { sizes: "" })).rejects.toThrow('page.md has no place for "sizes"');
});

// It measures for some seconds, and runs what was built.
test.runIf(process.env["GRADC_LONG"])("the bench runner prints one object a workload", () => {
  const args = [file("run.mjs"), "W1", "--target", "js", "--rounds", "1", "--json"];
  const lines = execFileSync(process.execPath, args, { encoding: "utf8" }).trimEnd().split("\n");
  const [result, ...more] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(more).toEqual([]);
  const keys =
    "workload target node us min max samples gflops tileGflops loss1 loss10 loss50 bytes gzip arenaBytes liveBoundBytes stateBytes";
  expect(Object.keys(result).join(" ")).toBe(keys);
  expect(result).toMatchObject({ workload: "W1", target: "js", loss1: 0.2983711 });
});
