// Compiles the examples as gradc.config.ts says, and those of examples.json for further targets.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const compile = (args) =>
  execFileSync(process.execPath, [pathOf("../dist/src/cli/main.js"), "compile", ...args], {
    stdio: "inherit",
    cwd: pathOf(".."),
  });

compile([]);
for (const { target, outDir, stages, examples } of JSON.parse(
  readFileSync(pathOf("examples.json"), "utf8"),
)) {
  const models = examples.map((name) => `examples/${name}/${name}.model.ts`);
  const options = [...(outDir ? ["--out-dir", outDir] : []), ...(stages ? ["--stages"] : [])];
  compile([...models, "--target", target, ...options]);
}
