import { describe, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";
import { loadWeights, saveWeights, writeTable, type StateSpec } from "../../src/train/index.ts";
import { create, spec } from "./linear.ts";

const trained = (): ReturnType<typeof create> => {
  const net = create();
  net.state.set(net.state.slice(0, -4).map((_, i) => i));
  return net;
};
const names = (bytes: Uint8Array): string[] => [...decodeSafetensors(bytes).tensors.keys()].sort();

describe("weights", () => {
  test("hold the parameters and the table by name", () => {
    const bytes = saveWeights(trained(), spec);
    expect(names(bytes)).toEqual(["dense/bias", "dense/kernel", "table/fill", "table/scale", "table/shift"]);
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(tensors.get("dense/kernel")).toEqual({
      dtype: "F32",
      shape: [2, 1],
      data: trained().params["dense/kernel"],
    });
    expect(Object.fromEntries(metadata)).toEqual({
      format: "gradc",
      gradc: "0.1.0",
      name: "linear",
      layoutHash: "5f0c21aa",
    });
    const net = create();
    loadWeights(net, spec, bytes);
    expect(net.state.subarray(0, 36)).toEqual(trained().state.subarray(0, 36));
    expect([...net.state.subarray(36, 48)].every((byte) => byte === 0)).toBe(true);
  });

  test("are read from what Node's readFileSync gives, whose slice does not copy", () => {
    const net = create();
    loadWeights(net, spec, Buffer.from(saveWeights(trained(), spec)));
    expect(net.params["dense/kernel"]).toEqual(trained().params["dense/kernel"]);
  });

  test("are neither saved nor loaded by the spec of another module", () => {
    const other = { ...spec, layoutHash: "5f0c21ab" };
    const sentence = "is not the one of this network's module";
    expect(() => saveWeights(trained(), other)).toThrow(`the spec given to saveWeights ${sentence}`);
    const net = create();
    expect(() => loadWeights(net, other, saveWeights(trained(), spec))).toThrow(sentence);
    expect(net.state).toEqual(create().state);
  });

  test("are refused with who saved them, and a network is asked for where there is none", () => {
    const other = encodeSafetensors([["odd", one("F32", [1])]], [["name", "stranger"]]);
    expect(() => loadWeights(create(), spec, other)).toThrow(
      'weights: model "linear" has no "odd"\n  hint: model "stranger" has saved it',
    );
    const none = encodeSafetensors([], [["name", "stranger"]]);
    expect(() => loadWeights(create(), spec, none)).toThrow(
      'is missing\n  hint: model "stranger" has saved it',
    );
    expect(() => loadWeights(spec as never, create() as never, other)).toThrow(
      "loadWeights takes a network first, which has a state",
    );
    expect(() => saveWeights(undefined as never, spec)).toThrow("saveWeights takes a network first");
    expect(() => loadWeights(create(), spec, new TextEncoder().encode("x,y\n1,2\n3,4\n"))).toThrow(
      "weights: this is text, not a safetensors file",
    );
  });

  test("hold the whole state on request, but never the layout hash", () => {
    const net = create();
    loadWeights(net, spec, saveWeights(trained(), spec, { state: true }));
    expect(net.state.subarray(0, 48)).toEqual(trained().state.subarray(0, 48));
    expect(net.state.subarray(48)).toEqual(create().state.subarray(48));
  });

  test("options that do not exist are refused", () => {
    expect(() => saveWeights(trained(), spec, { sate: true } as object)).toThrow(
      'saveWeights has no option "sate"\n  hint: did you mean "state"?',
    );
    expect(() => loadWeights(create(), spec, saveWeights(trained(), spec), "w" as never)).toThrow(
      'loadWeights takes its options as an object, found "w"\n  hint: known here: file',
    );
  });

  const edit = (change: (tensors: Map<string, Tensor>) => void): Uint8Array => {
    const tensors = new Map(decodeSafetensors(saveWeights(trained(), spec)).tensors);
    change(tensors);
    return encodeSafetensors(tensors);
  };
  const one = (dtype: "F32" | "F64", shape: number[]): Tensor => ({
    dtype,
    shape,
    data: dtype === "F32" ? new Float32Array(shape[0]) : new Float64Array(shape[0]),
  });

  test.each<[message: string, change: (tensors: Map<string, Tensor>) => void]>([
    ['"dense/bias" is missing', (t) => t.delete("dense/bias")],
    ['"table/fill" is missing', (t) => t.delete("table/fill")],
    ['"step" is missing', (t) => t.set("sgd/velocity", one("F64", [1]))],
    [
      'model "linear" has no "dense/kernal"\n  hint: did you mean "dense/kernel"?',
      (t) => t.set("dense/kernal", one("F32", [1])),
    ],
    ['model "linear" has no "toString"', (t) => t.set("toString", one("F32", [1]))],
    ['"dense/bias" is [2], the model needs [1]', (t) => t.set("dense/bias", one("F32", [2]))],
    [
      '"dense/kernel" is [1,2], the model needs [2,1]\n  hint: its axes have another order: kernels are [in, out]',
      (t) => t.set("dense/kernel", { dtype: "F32", shape: [1, 2], data: new Float32Array(2) }),
    ],
    ['"dense/kernel" is [2], the model needs [2,1]', (t) => t.set("dense/kernel", one("F32", [2]))],
    [
      '"dense/bias" is F64, the model needs F32\n  hint: compile with',
      (t) => t.set("dense/bias", one("F64", [1])),
    ],
  ])("refuses and writes nothing: %s", (message, change) => {
    const net = create();
    expect(() => loadWeights(net, spec, edit(change), { file: "w.safetensors" })).toThrow(
      `w.safetensors: ${message}`,
    );
    expect(net.state).toEqual(create().state);
  });

  test("a file of another kind", () => {
    expect(() => loadWeights(create(), spec, new Uint8Array(3))).toThrow("weights: the file has 3 bytes");
  });

  test("a dtype that cannot be saved", () => {
    const odd: StateSpec = { ...spec, parameters: [{ name: "w", dtype: "f16", shape: [1], offset: 0 }] };
    expect(() => saveWeights(create(), odd)).toThrow('"w" has dtype "f16", which cannot be saved');
  });
});

describe("writeTable", () => {
  const of = (...values: number[]): Float64Array => Float64Array.from(values);

  test("puts the statistics where the model reads them", () => {
    const net = create();
    writeTable(net, spec, { fill: of(1, NaN), shift: of(3, 4), scale: of(0.5, 0.1) });
    const written = new Float32Array(net.state.buffer, 12, 6);
    expect(written).toEqual(new Float32Array([1, NaN, 3, 4, 0.5, 0.1]));
  });

  test("refuses other widths and models without a table", () => {
    const statistics = { fill: of(1), shift: of(1), scale: of(1) };
    expect(() => writeTable(create(), spec, statistics)).toThrow(
      '"table/fill" has 2 features, the statistics have 1',
    );
    expect(() => writeTable(create(), { ...spec, states: [] }, statistics)).toThrow(
      'model "linear" keeps no "table/fill"',
    );
  });
});
