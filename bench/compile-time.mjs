// node bench/compile-time.mjs MODEL TARGET: milliseconds that the first compilation of a process takes, without
// loading the compiler and the model, and the median of five more.
import { loadModel } from "../dist/src/cli/load-model.js";
import { compile } from "../dist/src/compiler.js";
import { diskAt } from "../dist/src/disk.js";
import { reason } from "./reason.mjs";
import { targets } from "./targets.mjs";

const [path, name] = process.argv.slice(2);
try {
  const { model, source } = await loadModel(diskAt(process.cwd()), path);
  const time = () => {
    const start = performance.now();
    compile(model, { source, ...targets[name] });
    return performance.now() - start;
  };
  const firstMs = time();
  const more = Array.from({ length: 5 }, time).sort((a, b) => a - b);
  console.log(JSON.stringify({ firstMs, againMs: more[2] }));
} catch (error) {
  console.log(JSON.stringify({ failed: reason(error) }));
}
