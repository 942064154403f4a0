import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { exampleFile } from "./run.ts";

test("the digits app classifies a row with the weights that are checked in", async () => {
  expect(statSync(exampleFile("digits/digits.safetensors")).size).toBeLessThan(15_000);
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const argv = vi.spyOn(process, "argv", "get").mockReturnValue(["node", "app.mjs", "17"]);
  onTestFinished(() => [said, argv].forEach((spy) => spy.mockRestore()));
  await import(/* @vite-ignore */ exampleFile("digits/app.mjs").href);
  expect(said).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/^row 17 shows a 7; the network sees a 7 \(\d+\.\d %\)$/),
  );
});

test("its generated module runs where code may not be made from strings", () => {
  const module = new URL("../../generated/digits/digits.gen.js", import.meta.url).href;
  const script = `import { create } from ${JSON.stringify(module)};
    const net = create({ seed: 1 });
    const loss = net.trainStep(new Float32Array(64), new Int32Array(1));
    console.log(Math.abs(loss - Math.log(10)) < 1e-6);`;
  const args = ["--disallow-code-generation-from-strings", "--input-type=module", "-e", script];
  expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe("true\n");
});
