import { expect, test } from "vitest";
import { precisions, targetChoices } from "../../src/target.ts";
import { folder, gradc } from "./helpers.ts";

const model = `import { batch, defineModel, dense, f32 } from "gradc";
export default defineModel({
  name: "tiny",
  inputs: { x: f32(batch(2), 1) },
  build: ({ x }) => ({ outputs: { y: dense(x, { units: 1 }) } }),
});
`;

test("every target may be asked for by a flag and by a configuration, and is named where another is refused", async () => {
  expect(targetChoices).toEqual(["js", "ts", "wasm", "auto"]);
  for (const target of targetChoices) {
    const config = `export default { models: "tiny.model.ts", target: "${target}" };`;
    const path = folder({ "tiny.model.ts": model, "gradc.config.ts": config });
    expect((await gradc(path, ["compile", "tiny.model.ts", "--target", target])).code).toBe(0);
    expect((await gradc(path, ["compile"])).code).toBe(0);
  }
  for (const [setting, choices] of [["target", targetChoices], ["precision", precisions]] as const) {
    const path = folder({ "tiny.model.ts": model, "gradc.config.ts": `export default { ${setting}: "c" };` });
    const refused = await gradc(path, ["compile", "tiny.model.ts"]);
    const { err } = await gradc(path, ["compile", "tiny.model.ts", `--${setting}`, "c"]);
    expect(err).toContain(`Allowed choices are ${choices.join(", ")}\n`);
    for (const choice of choices) expect(refused.err).toContain(`"${choice}"`);
  }
}); // prettier-ignore
