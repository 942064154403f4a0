import { checkNames } from "../base/options.ts";
import { recognise, refuser, type Refuse } from "./refuse.ts";

/** The elements of an IDX file, as they are stored there. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** What an IDX file holds. */
export interface IdxArray {
  /** Of what its elements are: unsigned or signed integers, or floats, of so many bits. */
  readonly dtype: "u8" | "i8" | "i16" | "i32" | "f32" | "f64";
  /** The extents of its axes: of images [count, height, width]. */
  readonly shape: readonly number[];
  /** Its elements in row-major order. */
  readonly data: IdxData;
}

interface Element {
  readonly dtype: IdxArray["dtype"];
  readonly bytes: number;
  readonly make: (length: number) => IdxData;
  readonly read: (view: DataView, at: number) => number;
}

/** The element kinds by their code in the third byte; the numbers are big-endian. */
const elements: ReadonlyMap<number, Element> = new Map([
  [0x08, { dtype: "u8", bytes: 1, make: (n) => new Uint8Array(n), read: (v, at) => v.getUint8(at) }],
  [0x09, { dtype: "i8", bytes: 1, make: (n) => new Int8Array(n), read: (v, at) => v.getInt8(at) }],
  [0x0b, { dtype: "i16", bytes: 2, make: (n) => new Int16Array(n), read: (v, at) => v.getInt16(at) }],
  [0x0c, { dtype: "i32", bytes: 4, make: (n) => new Int32Array(n), read: (v, at) => v.getInt32(at) }],
  [0x0d, { dtype: "f32", bytes: 4, make: (n) => new Float32Array(n), read: (v, at) => v.getFloat32(at) }],
  [0x0e, { dtype: "f64", bytes: 8, make: (n) => new Float64Array(n), read: (v, at) => v.getFloat64(at) }],
] satisfies [number, Element][]);

/**
 * Reads an IDX file, the format of MNIST; `file` is its name in messages.
 * The length is compared with the dimensions before anything is allocated. Fails with `bad-idx` at every defect, with
 * `option` for options that are not these.
 */
export function decodeIdx(bytes: Uint8Array, options: { readonly file?: string } = {}): IdxArray {
  checkNames("readIdx", options, { file: true });
  const { file = "idx" } = options;
  const refuse: Refuse = refuser("bad-idx", file);
  const foreign = recognise(bytes);
  if (foreign) refuse(`this is ${foreign.name}, not an IDX file`, foreign.hint);
  const element = bytes[0] === 0 && bytes[1] === 0 ? elements.get(bytes[2]) : undefined;
  if (!element) return refuse("an IDX file begins with two zero bytes and an element code from 08 to 0e");
  const rank = bytes[3] ?? 0;
  const start = 4 + 4 * rank;
  if (rank === 0 || bytes.length < start)
    return refuse(`the header should hold ${rank} dimensions and is cut off`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  // Above 2^53 the product is rounded, yet still larger than any file, so the comparison holds.
  const length = shape.reduce((size, dim) => size * dim, 1);
  if (length * element.bytes !== bytes.length - start) {
    refuse(
      `${element.dtype} [${shape}] takes ${length * element.bytes} bytes, ${bytes.length - start} are there`,
    );
  }
  const data = element.make(length);
  for (let i = 0; i < length; i++) data[i] = element.read(view, start + i * element.bytes);
  return { dtype: element.dtype, shape, data };
}
