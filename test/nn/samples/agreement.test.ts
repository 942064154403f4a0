import { describe, expect, test } from "vitest";
import { allowRelaxed } from "../../wasm/relaxed.ts";
import { differences } from "./agree.ts";
import { families } from "./families.ts";

allowRelaxed();

// Apart from the gradients, so that the two run side by side.
describe.each(families)("%s", (_, rows) => {
  for (const precision of ["f32", "f64"] as const) {
    test.each(rows.map((row) => [row.name, row] as const))(
      `%s: evaluator, loops and module agree in ${precision}`,
      (_name, sample) => {
        expect(differences(sample, precision).join("\n")).toBe("");
      },
    );
  }
});
