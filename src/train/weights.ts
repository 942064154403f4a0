import { fail } from "../base/errors.ts";
import { checkNames } from "../base/options.ts";
import { suggest } from "../base/suggest.ts";
import type { TableStatistics } from "../data/index.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type Tensor,
  type TensorDtype,
} from "../formats/safetensors.ts";
import { shorten } from "../formats/refuse.ts";
import type { BlockSpec, StateSpec, Trainable } from "./types.ts";

type Stateful = Pick<Trainable, "state">;

/** How safetensors calls the dtypes of a state. */
const dtypes = new Map<string, { readonly name: TensorDtype; readonly array: ArrayOf }>([
  ["f32", { name: "F32", array: Float32Array }],
  ["f64", { name: "F64", array: Float64Array }],
  ["i32", { name: "I32", array: Int32Array }],
  ["u32", { name: "U32", array: Uint32Array }],
  ["bool", { name: "BOOL", array: Uint8Array }],
]);
interface ArrayOf {
  new (buffer: ArrayBufferLike): Tensor["data"];
  from(values: ArrayLike<number>): Tensor["data"];
  readonly BYTES_PER_ELEMENT: number;
}

/** The moving averages of weights, which inference reads instead of them, with the parameters that they belong to. */
function averagesOf({ parameters, states }: StateSpec): ReadonlyMap<string, BlockSpec> {
  const found = states.flatMap((state): [string, BlockSpec][] => {
    const parameter = parameters.find(({ name }) => `/${state.name}`.endsWith(`/ema/${name}`));
    return parameter ? [[state.name, parameter]] : [];
  });
  return new Map(found);
}

/**
 * The parameters by name as a safetensors file, with the state that predicting needs too: statistics of the table,
 * running means, moving averages of the weights. `state: true` adds everything else that is saved: optimizer slots,
 * counters, settings, from which training goes on. Fails with `option` for options that are not these.
 */
export function saveWeights(
  net: Stateful,
  spec: StateSpec,
  options: { readonly state?: boolean } = {},
): Uint8Array {
  checkNames("saveWeights", options, { state: true });
  checkSpec("saveWeights", net, spec);
  const { state = false } = options;
  const blocks = [...spec.parameters, ...spec.states.filter(({ inference }) => state || inference)];
  const { gradc, name, layoutHash } = spec;
  return encodeSafetensors(
    blocks.map((block) => [block.name, tensorOf(net.state, block)]),
    Object.entries({ format: "gradc", gradc, name, layoutHash }),
  );
}

/**
 * Reads weights back by name; `file` is the file's name in messages. A file holds the parameters, the state that
 * predicting needs, and either all of the other state or none of it. Moving averages of the weights may be missing,
 * and then begin anew as the weights. Everything is checked before anything is written.
 * Fails with `bad-safetensors`, with `bad-weights` for missing and unexpected names, other shapes and dtypes, or with
 * `option` for options that are not these.
 */
export function loadWeights(
  net: Stateful,
  spec: StateSpec,
  bytes: Uint8Array,
  options: { readonly file?: string } = {},
): void {
  checkNames("loadWeights", options, { file: true });
  checkSpec("loadWeights", net, spec);
  const { file = "weights" } = options;
  const { tensors, metadata } = decodeSafetensors(bytes, { file });
  const saver = metadata.get("name");
  const stranger =
    saver !== undefined && saver !== spec.name ? `model "${shorten(saver)}" has saved it` : undefined;
  const refuse = (sentence: string, hint?: string): never =>
    fail("bad-weights", `${file}: ${sentence}`, { hint });
  const blocks = new Map([...spec.parameters, ...spec.states].map((block) => [block.name, block]));
  const averages = averagesOf(spec);
  const extra = spec.states.filter(({ inference }) => !inference);
  const wholeState = extra.some(({ name }) => tensors.has(name));
  for (const name of tensors.keys()) {
    if (blocks.has(name)) continue;
    refuse(
      `model "${spec.name}" has no "${shorten(name)}"`,
      stranger ?? suggest(shorten(name), blocks.keys()),
    );
  }
  for (const block of blocks.values()) {
    const tensor = tensors.get(block.name);
    if (tensor) checkBlock(block, tensor, refuse);
    else if (!averages.has(block.name) && (wholeState || !extra.includes(block)))
      refuse(`"${block.name}" is missing`, stranger ?? "was it saved by another model?");
  }
  const written = new Map(tensors);
  for (const [name, { name: parameter }] of averages) {
    if (!written.has(name)) written.set(name, written.get(parameter)!);
  }
  for (const [name, { data }] of written) {
    net.state.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), blocks.get(name)!.offset);
  }
}

/**
 * Writes the statistics that `fitTable` found into the state, where the model's own graph applies them. Fails with
 * `no-table` where the model declares none, with `shape` for statistics of another one.
 */
export function writeTable(net: Stateful, spec: StateSpec, statistics: TableStatistics): void {
  for (const [kind, values] of Object.entries(statistics) as [string, Float64Array][]) {
    const block = spec.states.find(({ name }) => name === `table/${kind}`);
    if (!block)
      return fail("no-table", `model "${spec.name}" keeps no "table/${kind}"`, { hint: "declare a table" });
    if (sizeOf(block) !== values.length) {
      fail("shape", `"${block.name}" has ${sizeOf(block)} features, the statistics have ${values.length}`, {
        hint: "fit them with the table of the same model",
      });
    }
    const { buffer } = dtypeOf(block).array.from(values);
    net.state.set(new Uint8Array(buffer), block.offset);
  }
}

function checkBlock(
  block: BlockSpec,
  tensor: Tensor,
  refuse: (sentence: string, hint?: string) => never,
): void {
  const { name } = dtypeOf(block);
  if (tensor.dtype !== name) {
    refuse(
      `"${block.name}" is ${tensor.dtype}, the model needs ${name}`,
      "compile with the precision it was saved in",
    );
  }
  if (tensor.shape.length !== block.shape.length || tensor.shape.some((dim, i) => dim !== block.shape[i])) {
    const sorted = (shape: readonly number[]): string => [...shape].sort((a, b) => a - b).join();
    refuse(
      `"${block.name}" is [${tensor.shape}], the model needs [${block.shape}]`,
      sorted(tensor.shape) === sorted(block.shape)
        ? "its axes have another order: kernels are [in, out] and [height, width, in, out] here, in PyTorch [out, in] and [out, in, height, width]; transpose them"
        : undefined,
    );
  }
}

/** A copy starts its own buffer, and is aligned there whatever its offset in the state. */
function tensorOf(state: Uint8Array, block: BlockSpec): Tensor {
  const { name, array } = dtypeOf(block);
  const { buffer } = state.slice(block.offset, block.offset + sizeOf(block) * array.BYTES_PER_ELEMENT);
  return { dtype: name, shape: block.shape, data: new array(buffer) };
}

function dtypeOf({ name, dtype }: BlockSpec): { readonly name: TensorDtype; readonly array: ArrayOf } {
  return dtypes.get(dtype) ?? fail("dtype", `"${name}" has dtype "${dtype}", which cannot be saved`);
}

function sizeOf({ shape }: BlockSpec): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

/** Refuses a spec of another module, by which weights would be found in wrong places: a state ends with its layout's hash. */
function checkSpec(what: string, net: Stateful, spec: StateSpec): void {
  const state: unknown = (net as Stateful | undefined)?.state;
  if (!(state instanceof Uint8Array))
    return fail("bad-weights", `${what} takes a network first, which has a state`, {
      hint: "what comes first is what create() gives, then the spec of the same generated file",
    });
  const last = Array.from(state.subarray(-4), (byte) => byte.toString(16).padStart(2, "0"));
  if (spec?.layoutHash === last.reverse().join("")) return;
  fail("bad-weights", `the spec given to ${what} is not the one of this network's module`, {
    hint: "import create and spec from the same generated file",
  });
}
