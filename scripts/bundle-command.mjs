// Puts the command into few files, since Node takes longer to find and link some three hundred than to read them. What
// a command does not need stays in files of its own, which are loaded when it is asked for. Packages stay outside.
import { chmodSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url));

// The folder of chunks lies as deep as those of the source, so that what is gradc's own is found the same way.
rmSync(pathOf("../dist/src/command"), { recursive: true, force: true });
const bundle = await rolldown({
  input: pathOf("../src/cli/main.ts"),
  platform: "node",
  external: /^[a-z@][^:]*$/,
});
await bundle.write({
  dir: pathOf("../dist/src"),
  entryFileNames: "cli/main.js",
  chunkFileNames: "command/[name].js",
});
await bundle.close();
// The command's file may be run as it stands: npm sets this only when it links a package for the first time.
chmodSync(pathOf("../dist/src/cli/main.js"), 0o755);
