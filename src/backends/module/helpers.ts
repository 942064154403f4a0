import type { MemoryPlan } from "../../ir/arena.ts";
import { takesUncheckedRows } from "./arguments.ts";
import type { ModuleContext } from "./context.ts";

/** Small functions that a module needs whatever its model: range checks, and what its kernels need. Only what is used. */
export function helperLines(context: ModuleContext): string[] {
  const { inputs, engine, types, memory, steps, functions, program } = context;
  const t = (annotation: string): string => (types ? annotation : "");
  const out: string[] = [];
  if (inputs.length > 0) {
    out.push(
      // What is no array at all is told like one of the wrong length: with the input's name.
      `function checkRows(name${t(": string")}, values${t(": ArrayLike<number>")}, row${t(": number")}, n${t(": number")}, max${t(": number")})${t(": void")} {`,
      "  const length = values?.length;",
      // One sentence for all that may be wrong: most often n was left out, and the length is no multiple of a row's.
      "  if (!(Number.isInteger(n) && n > 0 && n <= max && (length === n * row || length === max * row))) throw new RangeError(`input ${name}: ${length} values are not n = ${String(n)} rows of ${row}, n a whole number from 1 to ${max}`);",
      "}",
    );
  }
  const lists = [...steps, ...functions].map((entry) => entry.inputs);
  if ([...lists, context.evaluated].some((list) => takesUncheckedRows(list, program.batch))) {
    out.push(
      `function checkCount(n${t(": number")}, max${t(": number")})${t(": void")} {`,
      "  if (!(Number.isInteger(n) && n > 0 && n <= max)) throw new RangeError(`n = ${String(n)} is not a whole number from 1 to the batch of ${max}`);",
      "}",
    );
  }
  out.push(
    `function checkNumber(name${t(": string")}, value${t(": number")})${t(": number")} {`,
    "  if (!Number.isFinite(value)) throw new RangeError(`${name}: ${typeof value} ${String(value)} is not a finite number`);",
    "  return value;",
    "}",
  );
  const ranges = inputs.flatMap(({ cell }) => Object.values(cell.ranges ?? {}));
  if (ranges.length > 0) {
    const ignores = ranges.some(({ allowed }) => allowed !== undefined);
    out.push(
      `function checkIndices(name${t(": string")}, values${t(": Int32Array | Uint32Array")}, count${t(": number")}, limit${t(": number")}${ignores ? `, allowed${t("?: number")}` : ""})${t(": void")} {`,
      "  for (let i = 0; i < count; i++) {",
      // A fraction would be cut off and a BigInt refused by the copy, neither with the input's name.
      `    if (!(Number.isInteger(values[i]) && values[i] >= 0 && values[i] < limit)${ignores ? " && values[i] !== allowed" : ""}) throw new RangeError(\`input \${name}: \${typeof values[i]} \${values[i]} at \${i} is not a whole number from 0 to \${limit - 1}${ignores ? '${allowed === undefined ? "" : ` nor ${allowed}`}' : ""}\`);`,
      "  }",
      "}",
    );
  }
  out.push(
    `function checkState(state${t(": Uint8Array")})${t(": void")} {`,
    `  if (state?.length !== ${memory.stateBytes} || ${bytesOfHash(memory).join(" || ")}) throw new RangeError(\`\${state?.length} bytes are no state of this layout (${memory.stateBytes} bytes)\`);`,
    "}",
  );
  return [...out, ...engine.helpers];
}

/** Comparisons byte by byte: `slice` of a Node Buffer is no copy, so its memory does not start with the hash. */
function bytesOfHash({ layoutHash, stateBytes }: MemoryPlan): string[] {
  const bytes = (layoutHash.match(/../g) ?? []).reverse();
  return bytes.map((byte, k) => `state[${stateBytes - 4 + k}] !== ${parseInt(byte, 16)}`);
}
