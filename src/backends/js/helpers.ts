import type { ModuleContext } from "./skeleton.ts";
import { hasBatch } from "./arguments.ts";
import { sizeOf } from "../../ir/type.ts";

/** Small functions that a module needs whatever its model: range checks, copies, tables. Only what is used. */
export function helperLines({ program, inputs, tables, types, memory }: ModuleContext): string[] {
  const t = (annotation: string): string => (types ? annotation : "");
  const out: string[] = [];
  if (program.batch !== null) {
    out.push(
      `function checkBatch(n${t(": number")}, max${t(": number")})${t(": void")} {`,
      `  if (!(n >= 1 && n <= max && Math.floor(n) === n)) {`,
      "    throw new RangeError(`the batch size must be a whole number from 1 to ${max}, not ${n}`);",
      "  }",
      "}",
    );
  }
  if (inputs.length > 0) {
    out.push(
      `function checkLength(name${t(": string")}, length${t(": number")}, rows${t(": number")}, full${t(": number")})${t(": void")} {`,
      "  if (length !== rows && length !== full) {",
      '    throw new RangeError(`input ${name}: expected ${rows} numbers${rows === full ? "" : ` (or ${full}, a full batch)`}, found ${length}`);',
      "  }",
      "}",
    );
  }
  if (inputs.some(({ cell }) => cell.limit !== undefined)) {
    out.push(
      `function checkIndices(name${t(": string")}, values${t(": Int32Array | Uint32Array")}, count${t(": number")}, limit${t(": number")})${t(": void")} {`,
      "  for (let i = 0; i < count; i++) {",
      "    if (!(values[i] >= 0 && values[i] < limit)) {",
      "      throw new RangeError(`input ${name}: ${values[i]} at position ${i} is not from 0 to ${limit - 1}`);",
      "    }",
      "  }",
      "}",
    );
  }
  const small = inputs.some(
    ({ cell }) => sizeOf(cell.type.shape) <= 64 && (hasBatch(cell.type.shape) || sizeOf(cell.type.shape) > 4),
  );
  if (small) {
    const array = "Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array";
    out.push(
      `function copySmall(target${t(`: ${array}`)}, source${t(`: ${array}`)})${t(": void")} {`,
      "  for (let i = 0; i < source.length; i++) target[i] = source[i];",
      "}",
    );
  }
  out.push(
    `function checkState(state${t(": Uint8Array")})${t(": void")} {`,
    `  const end = ${memory.stateBytes - 4};`,
    `  const hash = state.length === end + 4 ? (state[end] | (state[end + 1] << 8) | (state[end + 2] << 16) | (state[end + 3] << 24)) >>> 0 : 0;`,
    `  if (hash !== 0x${memory.layoutHash}) {`,
    "    throw new RangeError(`this state (${state.length} bytes) was not saved by this model (${end + 4} bytes, layout " +
      memory.layoutHash +
      ")`);",
    "  }",
    "}",
  );
  if (tables.powers) {
    out.push(
      "// 2^i for i from -1100 to 1100, exact because doubling and halving are.",
      `function powersOfTwo()${t(": Float64Array")} {`,
      "  const powers = new Float64Array(2201);",
      "  powers[1100] = 1;",
      "  for (let i = 1; i <= 1100; i++) {",
      "    powers[1100 + i] = powers[1099 + i] * 2;",
      "    powers[1100 - i] = powers[1101 - i] / 2;",
      "  }",
      "  return powers;",
      "}",
    );
  }
  return out;
}
