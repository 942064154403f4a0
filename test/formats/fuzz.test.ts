import { expect, test } from "vitest";
import { GradcError } from "../../src/base/errors.ts";
import { readCsv } from "../../src/data/index.ts";
import { randomBits } from "../../src/data/random.ts";
import { decodeIdx } from "../../src/formats/idx.ts";
import { parseJson } from "../../src/formats/json.ts";
import { refuser } from "../../src/formats/refuse.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";

const seed = Number(process.env.GRADC_SEED ?? 20_260_101);
const rounds = process.env.GRADC_LONG ? 1_000_000 : 4_000;

const weights = encodeSafetensors(
  [
    ["a", { dtype: "F32", shape: [2, 2], data: new Float32Array(4) }],
    ["b", { dtype: "U8", shape: [3], data: new Uint8Array(3) }],
  ],
  [["format", "gradc"]],
);
const text = (string: string): Uint8Array => new TextEncoder().encode(string);

/** Each reader with one good file to start from. */
const readers: [name: string, good: Uint8Array, read: (bytes: Uint8Array) => unknown][] = [
  ["safetensors", weights, (bytes) => decodeSafetensors(bytes)],
  ["idx", new Uint8Array([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]), (bytes) => decodeIdx(bytes)],
  ["csv", text('a,b,"c, d"\n1,2,3\n4,"5 ""x""",6\n\n7,8,9\n'), (bytes) => readCsv(bytes)],
  ["json", text('{"a":[1,2.5e3,{"b":null}],"c":"\\u0041"}'), (bytes) => parseJson(new TextDecoder().decode(bytes), refuser("bad-safetensors", "json"))], // prettier-ignore
];

/** A few random edits: flipped bits, telling bytes, cuts, repeats. */
function mutate(good: Uint8Array, next: () => number): Uint8Array {
  let bytes = good.slice();
  for (let edits = 1 + (next() % 4); edits > 0; edits--) {
    const at = next() % (bytes.length || 1);
    const kind = next() % 5;
    if (kind === 0) bytes[at] ^= 1 << (next() % 8);
    else if (kind === 1) bytes[at] = '"{}[]:,\\09-e\n\r\0'.charCodeAt(next() % 15);
    else if (kind === 2) bytes[at] = next() & 255;
    else if (kind === 3) bytes = bytes.slice(0, at);
    else bytes = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(next() % (at + 1))]);
  }
  return bytes;
}

test.each(readers)(
  "%s: any bytes are read or refused with a GradcError",
  { timeout: 1_200_000 },
  (_name, good, read) => {
    expect(() => read(good)).not.toThrow();
    const next = randomBits(seed);
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      const bytes = mutate(good, next);
      try {
        read(bytes);
      } catch (error) {
        if (!(error instanceof GradcError)) {
          throw new Error(`seed ${seed}, round ${round}, bytes ${bytes.join(" ")}`, { cause: error });
        }
        refused++;
      }
    }
    console.log(`seed ${seed}: ${refused} of ${rounds} refused`);
    expect(refused).toBeGreaterThan(rounds / 20);
  },
);
