/** The compiler as a library: `import { compile } from "gradc/compiler"`. Safe in browsers; touches no files. */
export type { PrintedFile } from "./backends/index.ts";
export { compile, type Compilation, type CompileOptions, type Sizes, type Target } from "./compile.ts";
export { render, type Format } from "./inspect.ts";
export { stages, stageText, type Stage } from "./stages.ts";
export type { TargetChoice } from "./target.ts";
export { baseName } from "./base/model-name.ts";
export { GradcError } from "./base/errors.ts";
