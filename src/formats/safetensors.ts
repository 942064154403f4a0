import { isRecord, parseJson } from "./json.ts";
import { recognise, refuser, type Refuse } from "./refuse.ts";

/** The dtypes that can be read and written, by the names safetensors gives them. */
const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;
const known = new Map(Object.entries(arrays));

export type TensorDtype = keyof typeof arrays;
export type TensorData = InstanceType<(typeof arrays)[TensorDtype]>;

/** A named block of numbers, row-major; `data.length` is the product of `shape`. */
export interface Tensor {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

const code = "bad-safetensors";
const metadataKey = "__metadata__";
const prefixBytes = 8;
/** The limit of the reference implementation. */
const maxHeaderBytes = 100_000_000;

/**
 * Writes tensors and a string map as one safetensors file. Equal arguments give equal bytes.
 * Data starts at a multiple of 8 and wide elements come first, so that each tensor is aligned in the file.
 * Fails with `bad-safetensors` where a name is repeated or reserved, or data and shape disagree.
 */
export function encodeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: Tensor]>,
  metadata: Iterable<readonly [key: string, value: string]> = [],
): Uint8Array {
  const refuse: Refuse = refuser(code, "safetensors");
  const entries = [...tensors].sort(([, a], [, b]) => itemBytes(b.dtype) - itemBytes(a.dtype));
  const header = new Map<string, unknown>();
  const strings = new Map(metadata);
  if (strings.size > 0) header.set(metadataKey, toRecord(strings));
  let end = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === metadataKey) refuse(`"${metadataKey}" is reserved and cannot name a tensor`);
    if (header.has(name)) refuse(`two tensors are named "${name}"`);
    if (data.BYTES_PER_ELEMENT !== itemBytes(dtype) || data.length !== product(shape)) {
      refuse(
        `tensor "${name}" is ${dtype} [${shape}], but its data has ${data.length} × ${data.BYTES_PER_ELEMENT} bytes`,
      );
    }
    header.set(name, { dtype, shape, data_offsets: [end, (end += data.byteLength)] });
  }
  const text = new TextEncoder().encode(JSON.stringify(toRecord(header)));
  const start = prefixBytes + Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(start + end).fill(0x20, 0, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - prefixBytes), true);
  file.set(text, prefixBytes);
  let at = start;
  for (const [, { data }] of entries) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file; `file` is its name in messages. Tensors are copies, so the bytes may be reused.
 * Every defect fails with `bad-safetensors`: the data must be covered exactly once, with nothing left over.
 */
export function decodeSafetensors(bytes: Uint8Array, { file = "safetensors" } = {}): Safetensors {
  const refuse: Refuse = refuser(code, file);
  const start = dataStart(bytes, refuse);
  const header = readHeader(bytes.subarray(prefixBytes, start), refuse);
  const metadata = new Map<string, string>();
  const layouts: Layout[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== metadataKey) layouts.push(readLayout(name, value, refuse));
    else for (const [key, string] of readMetadata(value, refuse)) metadata.set(key, string);
  }
  checkCover(layouts, bytes.length - start, refuse);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of layouts) {
    // A copy starts at offset 0 of its own buffer, which is aligned for every element size.
    // Buffer, which Node's files come as, has a slice of its own that does not copy.
    const { buffer } = new Uint8Array(bytes.subarray(start + begin, start + end));
    tensors.set(name, { dtype, shape, data: new arrays[dtype](buffer) });
  }
  return { tensors, metadata };
}

interface Layout {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Where the data begins, after checking that the header lies inside the file. */
function dataStart(bytes: Uint8Array, refuse: Refuse): number {
  if (bytes.length < prefixBytes)
    refuse(`the file has ${bytes.length} bytes; even its header length takes 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, prefixBytes);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > maxHeaderBytes || length > bytes.length - prefixBytes) {
    // Only now, since the first bytes of a good file are a number that may look like any signature.
    const foreign = recognise(bytes);
    if (foreign) refuse(`this is ${foreign.name}, not a safetensors file`, foreign.hint);
    const room = Math.min(bytes.length - prefixBytes, maxHeaderBytes);
    refuse(
      `the header should take ${length} bytes, at most ${room} are possible`,
      "is the file complete, and safetensors?",
    );
  }
  return prefixBytes + length;
}

function readHeader(bytes: Uint8Array, refuse: Refuse): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("the header is not UTF-8 text");
  }
  const header = parseJson(text, refuse);
  if (text[0] !== "{" || !isRecord(header)) return refuse("the header is not a JSON object");
  return header;
}

function readMetadata(value: unknown, refuse: Refuse): [string, string][] {
  const entries = isRecord(value) ? Object.entries(value) : refuse(`"${metadataKey}" is not a JSON object`);
  return entries.map(([key, string]) =>
    typeof string === "string"
      ? [key, string]
      : refuse(`"${metadataKey}" holds "${key}", which is not a string`),
  );
}

function readLayout(name: string, value: unknown, refuse: Refuse): Layout {
  if (!isRecord(value)) return refuse(`tensor "${name}" is not described by a JSON object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !known.has(dtype)) {
    return refuse(
      `tensor "${name}" has dtype ${JSON.stringify(dtype)}`,
      `readable: ${[...known.keys()].join(", ")}`,
    );
  }
  if (!isNaturals(shape)) return refuse(`tensor "${name}" has no shape of non-negative safe integers`);
  if (!isNaturals(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    return refuse(`tensor "${name}" has no data_offsets [begin, end] of non-negative safe integers`);
  }
  const [begin, end] = offsets;
  const expected = product(shape) * itemBytes(dtype as TensorDtype);
  if (end - begin !== expected) {
    refuse(`tensor "${name}" is ${dtype} [${shape}], ${expected} bytes, but its offsets span ${end - begin}`);
  }
  return { name, dtype: dtype as TensorDtype, shape, begin, end };
}

/** Sorted by offset, the tensors must meet exactly: no overlap, no hole, nothing after the last. */
function checkCover(layouts: Layout[], dataBytes: number, refuse: Refuse): void {
  layouts.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of layouts) {
    if (begin < at) refuse(`tensor "${name}" overlaps the one before it at byte ${begin}`);
    if (begin > at) refuse(`bytes ${at} to ${begin}, before tensor "${name}", belong to no tensor`);
    at = end;
  }
  if (at > dataBytes) refuse(`the file is cut off: its tensors take ${at} bytes, ${dataBytes} are there`);
  if (at < dataBytes) refuse(`${dataBytes - at} bytes follow the last tensor`);
}

function isNaturals(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

function itemBytes(dtype: TensorDtype): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}

/** A null prototype, so that a tensor called `__proto__` is a key like any other. */
function toRecord(map: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const record = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of map) record[key] = value;
  return record;
}
