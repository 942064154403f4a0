import { visitCode } from "./encode/code.ts";
import type { WasmFunction } from "./encode/module.ts";

/** Functions are compared by runs of so many instructions. */
const run = 6;
/** More than there are kinds of instructions in a module, and few enough that a run of them is one exact number. */
const mostKinds = 256;

/** The runs of instructions in a function, whatever their locals and numbers, and how often it has each. */
interface Outline {
  readonly fn: WasmFunction;
  readonly size: number;
  readonly runs: ReadonlyMap<number, number>;
}

/**
 * Functions from the largest on, each beside the one that is most like it of those that are left, by what the two have in
 * common over the root of the product of their sizes: a compressor sees best what is near.
 */
export function byLikeness(functions: readonly WasmFunction[]): WasmFunction[] {
  const numbers = new Map<string, number>();
  const left = functions.map((fn) => outlineOf(fn, numbers)).sort((a, b) => b.size - a.size);
  const out: WasmFunction[] = [];
  for (let last = left.shift(); last;) {
    out.push(last.fn);
    const likeness = left.map((one) => common(one, last!) / Math.sqrt(one.size * last!.size));
    [last] = left.splice(likeness.indexOf(Math.max(...likeness)), 1);
  }
  return out;
}

function outlineOf(fn: WasmFunction, numbers: Map<string, number>): Outline {
  const kinds: number[] = [];
  for (const code of fn.body)
    visitCode(code, (x) => {
      if (x.kind === "note") return;
      const text = "op" in x ? x.op : x.kind;
      const number = numbers.get(text) ?? numbers.size;
      numbers.set(text, number);
      kinds.push(number);
    });
  const runs = new Map<number, number>();
  for (let k = 0; k + run <= kinds.length; k++) {
    // A few dozen kinds: their numbers are the digits of one.
    let number = 0;
    for (let j = 0; j < run; j++) number = number * mostKinds + kinds[k + j];
    runs.set(number, (runs.get(number) ?? 0) + 1);
  }
  return { fn, size: kinds.length, runs };
}

/** How many runs two functions have in common. */
function common({ runs: a }: Outline, { runs: b }: Outline): number {
  let count = 0;
  for (const [number, times] of a) count += Math.min(times, b.get(number) ?? 0);
  return count;
}
