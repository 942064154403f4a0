import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const runner = fileURLToPath(new URL("../../bench/run.mjs", import.meta.url));

// It measures for about five seconds, and runs what was built.
test.runIf(process.env["GRADC_LONG"])("the bench runner prints one object a workload", () => {
  const out = execFileSync(process.execPath, [runner, "W1", "--target", "js", "--json"], {
    encoding: "utf8",
  });
  const lines = out.trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  const result = JSON.parse(lines[0]) as Record<string, unknown>;
  const keys =
    "workload target us min max loss1 loss10 loss50 bytes gzip arenaBytes liveBoundBytes stateBytes";
  expect(Object.keys(result).join(" ")).toBe(keys);
  expect(result).toMatchObject({ workload: "W1", target: "js", loss1: 0.2983711 });
});
