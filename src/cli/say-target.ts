import type { Compilation } from "../compile.ts";
import { chooseTarget } from "../target.ts";
import type { Context } from "./io.ts";

/** Says which target `auto` chose for a model, and why. */
export function sayTarget(
  { note, noteStyle }: Context,
  { sizes, training }: Pick<Compilation, "sizes" | "training">,
  name = "",
): void {
  const { target, reason } = chooseTarget(sizes.flopsPerRow, training.batch ?? 1, training.precision);
  note(noteStyle("dim", `${name === "" ? "" : `${name}: `}target ${target}: ${reason}`));
}
