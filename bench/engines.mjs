// The engines that competitors run on: binaries of Node, and a Python with PyTorch.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** A Node binary by its path. Throws where it does not start. */
export function engineAt(path) {
  const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1);
  return { path: resolve(path), version, major: Number(version.split(".")[0]) };
}

/** The first python3 on the path that can import PyTorch, which a virtual environment may hide. */
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
      return { path, torch: torch.trim() };
    } catch {
      // The next one may have it.
    }
  }
  return undefined;
}
