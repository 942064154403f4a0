import {
  flatten,
  indexAdd,
  indexAxis,
  indexConstant,
  unflatten,
  type Axis,
  type Index,
} from "../ir/index.ts";
import type { Buffer, Element } from "../ir/kernel.ts";
import { sizeOf, type Shape } from "../ir/type.ts";
import type { Block, Storage } from "./storage.ts";

/** A tensor beside others, and the buffer of the arena that it is copied from or added to. */
export interface Part<Key> {
  readonly key: Key;
  readonly buffer: Buffer;
  readonly shape: Shape;
  /** Whether it lies here as in its buffer, so that neighbours there are neighbours here. */
  readonly alike: boolean;
}

/** Parts that are neighbours in the arena too, and where an axis over them all finds its elements there and here. */
export interface Piece<Key> {
  readonly keys: readonly Key[];
  readonly name: string;
  readonly axisLength: number;
  readonly outside: (axis: Axis) => Element;
  readonly inside: (axis: Axis) => Element;
}

/** A part with its place here, and the block that it lies in. */
interface Placed<Key> extends Part<Key> {
  readonly start: number;
  readonly block: Block | undefined;
}

/**
 * Several tensors as plain numbers in one array: engines keep the place of few arrays at hand. What lies side by side in
 * a block of parameters or gradients does so here too.
 */
export class Together<Key> {
  readonly buffer: Buffer;
  readonly pieces: readonly Piece<Key>[];
  /** For readers of the code: whose elements begin where. */
  readonly doc: string;
  private readonly starts = new Map<Key, number>();
  private readonly shapes = new Map<Key, Shape>();

  constructor(name: string, parts: readonly Part<Key>[], storage: Storage) {
    const found = parts.map((part) => ({ ...part, block: part.alike ? storage.blockOf(part.buffer) : undefined }));
    // What lies in no block comes last, in its order.
    const blocks = [...new Set(found.flatMap(({ block }) => block?.buffer ?? []))];
    const rank = ({ block }: { readonly block: Block | undefined }): number =>
      block ? blocks.indexOf(block.buffer) : blocks.length;
    const sorted = found.toSorted((a, b) => rank(a) - rank(b) || (a.block && b.block ? a.block.start - b.block.start : 0));
    let end = 0;
    const placed = sorted.map((part) => {
      const start = end;
      end += sizeOf(part.shape);
      this.starts.set(part.key, start);
      this.shapes.set(part.key, part.shape);
      return { ...part, start };
    });
    this.buffer = storage.temporary(name, "f64", [end], "numbers");
    const from = placed.map(({ buffer, start }) => `${buffer.name} from ${start}`);
    this.doc = `${this.buffer.name}: ${from.join(", ")}`;
    this.pieces = neighboursIn(placed).map((run) => this.pieceOf(run));
  } // prettier-ignore

  has(key: Key): boolean {
    return this.starts.has(key);
  }

  /** An element of a tensor. */
  place(key: Key, at: readonly Index[]): Element {
    const index = indexAdd(flatten(at, this.shapes.get(key)!), indexConstant(this.starts.get(key)!));
    return { buffer: this.buffer, at: [index] };
  }

  private pieceOf(run: readonly Placed<Key>[]): Piece<Key> {
    const [{ buffer, block, start }] = run;
    const moved = (axis: Axis, by: number): Index => indexAdd(indexAxis(axis), indexConstant(by));
    return {
      keys: run.map(({ key }) => key),
      name: run.length > 1 ? block!.buffer.name : buffer.name,
      axisLength: run.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      outside: (axis) =>
        run.length > 1
          ? { buffer: block!.buffer, at: [moved(axis, block!.start)] }
          : { buffer, at: unflatten(indexAxis(axis), buffer.shape) },
      inside: (axis) => ({ buffer: this.buffer, at: [moved(axis, start)] }),
    };
  } // prettier-ignore
}

/** Parts in their order, those together that follow one another in one block. */
function neighboursIn<Key>(parts: readonly Placed<Key>[]): Placed<Key>[][] {
  const runs: Placed<Key>[][] = [];
  for (const part of parts) {
    const { block, shape } = runs.at(-1)?.at(-1) ?? {};
    const follows = block && block.buffer === part.block?.buffer && block.start + sizeOf(shape!) === part.block.start;
    if (follows) runs.at(-1)!.push(part);
    else runs.push([part]);
  }
  return runs;
} // prettier-ignore
