import type { MemoryPlan } from "../../ir/arena.ts";
import type { ModuleContext } from "./context.ts";

/** Small functions that a module needs whatever its model: range checks, and what its kernels need. Only what is used. */
export function helperLines({ inputs, engine, types, memory }: ModuleContext): string[] {
  const t = (annotation: string): string => (types ? annotation : "");
  const out: string[] = [];
  if (inputs.length > 0) {
    out.push(
      // What is no array at all is told like one of the wrong length: with the input's name.
      `function checkRows(name${t(": string")}, values${t(": ArrayLike<number>")}, row${t(": number")}, n${t(": number")}, max${t(": number")})${t(": void")} {`,
      "  const length = values?.length;",
      "  if (!(n > 0 && n <= max && n % 1 === 0 && (length === n * row || length === max * row))) {",
      "    throw new RangeError(`input ${name}: ${length} values are not n = ${n} whole rows of ${row}, n from 1 to ${max}`);",
      "  }",
      "}",
    );
  }
  const ranges = inputs.flatMap(({ cell }) => Object.values(cell.ranges ?? {}));
  if (ranges.length > 0) {
    const ignores = ranges.some(({ allowed }) => allowed !== undefined);
    out.push(
      `function checkIndices(name${t(": string")}, values${t(": Int32Array | Uint32Array")}, count${t(": number")}, limit${t(": number")}${ignores ? `, allowed${t("?: number")}` : ""})${t(": void")} {`,
      "  for (let i = 0; i < count; i++) {",
      `    if (!(values[i] >= 0 && values[i] < limit)${ignores ? " && values[i] !== allowed" : ""}) {`,
      `      throw new RangeError(\`input \${name}: \${values[i]} at \${i} is not from 0 to \${limit - 1}${ignores ? '${allowed === undefined ? "" : ` nor ${allowed}`}' : ""}\`);`,
      "    }",
      "  }",
      "}",
    );
  }
  out.push(
    `function checkState(state${t(": Uint8Array")})${t(": void")} {`,
    `  if (state?.length !== ${memory.stateBytes} || ${bytesOfHash(memory).join(" || ")}) {`,
    `    throw new RangeError("this is no state of this model (${memory.stateBytes} bytes)");`,
    "  }",
    "}",
  );
  return [...out, ...engine.helpers];
}

/** Comparisons byte by byte: `slice` of a Node Buffer is no copy, so its memory does not start with the hash. */
function bytesOfHash({ layoutHash, stateBytes }: MemoryPlan): string[] {
  const bytes = (layoutHash.match(/../g) ?? []).reverse();
  return bytes.map((byte, k) => `state[${stateBytes - 4 + k}] !== ${parseInt(byte, 16)}`);
}
