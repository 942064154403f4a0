/** What a module is written in. */
export const targets = ["js", "ts", "wasm"] as const;
/** The language and machine that a module is for. */
export type Target = (typeof targets)[number];

/** What may be asked for: `auto` is wasm or js, by the work of a training step. */
export const targetChoices = [...targets, "auto"] as const;
/** A target, or `auto`, which is wasm or js by the work of a training step. */
export type TargetChoice = (typeof targetChoices)[number];

/** Of what numbers a build is made. */
export const precisions = ["f32", "f64"] as const;

/**
 * Operations of a training step from which WebAssembly is worth its module: from there on it was three to twenty times
 * as fast in every example. Fewer take well under a microsecond in JavaScript too, much of it to check and copy
 * arguments, and its module starts sooner and needs no leave of a page's security policy to compile.
 */
const worthwhileFlops = 500;

export interface Choice {
  readonly target: "js" | "wasm";
  /** Why, in a few words. */
  readonly reason: string;
}

/** The target for a model of so many operations a row, up to so many rows a call. */
export function chooseTarget(flopsPerRow: number, rows: number, precision: "f32" | "f64"): Choice {
  if (precision === "f64") return { target: "js", reason: "wasm has no float64 build" };
  const flops = flopsPerRow * rows;
  const step = `${thousands(flops)} operations a step`;
  return flops < worthwhileFlops
    ? { target: "js", reason: `${step}, fewer than the ${thousands(worthwhileFlops)} that wasm is for` }
    : { target: "wasm", reason: `${step}, at least the ${thousands(worthwhileFlops)} that wasm is for` };
}

const thousands = (count: number): string => Math.round(count).toLocaleString("en-US");
