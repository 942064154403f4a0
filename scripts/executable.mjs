// The command's file may be run as it stands: npm sets this only when it links a package for the first time.
import { chmodSync } from "node:fs";

chmodSync(new URL("../dist/src/cli/main.js", import.meta.url), 0o755);
