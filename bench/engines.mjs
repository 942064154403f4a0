// The engines that competitors run on: binaries of Node, and a Python with PyTorch.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** A Node binary by its path. Throws where it does not start. */
export function engineAt(path) {
  const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1);
  return { path: resolve(path), version, major: Number(version.split(".")[0]) };
}

/**
 * The first python3 on the path that can import PyTorch, which a virtual environment may hide, with its matrix library
 * at its best: an OpenBLAS that does not know a newer processor takes its oldest kernels, which are five times slower.
 */
export function pythonWithTorch() {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, "python3");
    if (!existsSync(path)) continue;
    try {
      const code = "import torch, numpy; print(torch.__version__)";
      const torch = execFileSync(path, ["-c", code], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return { ...fastest(path), torch: torch.trim() };
    } catch {
      // The next one may have it.
    }
  }
  return undefined;
}

const product = `
import time, torch
torch.set_num_threads(1)
a, b = torch.ones(512, 512), torch.ones(512, 512)
def run():
    start = time.perf_counter()
    for _ in range(10): a @ b
    return time.perf_counter() - start
print(min(run() for _ in range(6)))`;

/** The command whose product of 512×512 takes the least time, and the kernels that it asks OpenBLAS for. */
function fastest(path) {
  const tried = [undefined, "Haswell", "SkylakeX"].flatMap((cores) => {
    const command = cores ? ["env", `OPENBLAS_CORETYPE=${cores}`, path] : [path];
    const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
    try {
      const [program, ...args] = [...command, "-c", product];
      const text = execFileSync(program, args, {
        encoding: "utf8",
        env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      return [{ command, cores, seconds: Number(text) }];
    } catch {
      // A processor without the instructions ends the process.
      return [];
    }
  });
  const sorted = tried.sort((a, b) => a.seconds - b.seconds);
  // Its own choice, unless another is clearly better.
  const own = sorted.find(({ cores }) => cores === undefined);
  return own && own.seconds < 1.1 * sorted[0].seconds ? own : sorted[0];
}
