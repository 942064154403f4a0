import { fail } from "../base/errors.ts";
import { opOfMany, type NDArray, type Op } from "../ir/op.ts";
import { sameType, tensorType, typeText, type TensorType } from "../ir/type.ts";
import { countOf } from "./naive.ts";
import { cotangentsOfScan } from "./scan-gradient.ts";
import type { ApplyScan, Scan } from "./scan-parts.ts";

const stacked = ({ dtype, shape }: TensorType, length: number): TensorType =>
  tensorType(dtype, [length, ...shape]);

export const scan: Op<ApplyScan> = opOfMany<ApplyScan, "values", Scan>("scan", {
  doc: "Repeats a body over a fixed number of times, handing carries on; gives every carry in order of time, the initial one before the first time (after the last in reverse), then what the body gave at every time.",
  names: { stablehlo: "while", onnx: "Scan", pytorch: "torch.scan", keras: "ops.scan" },
  inputs: ["...values"],
  type: ({ all }, { carries, slices, length, body }) => {
    if (!Number.isInteger(length) || length < 1)
      fail("shape", `scan: the length must be a positive whole number, found ${String(length)}`);
    if (all.length !== body.inputs.length || carries + slices > all.length || carries > body.outputs.length)
      fail("shape", `scan: the body has ${body.inputs.length} inputs and ${body.outputs.length} outputs for ${all.length} values, ${carries} carries and ${slices} slices`); // prettier-ignore
    for (const [k, type] of all.entries()) {
      const own = body.inputs[k].type;
      const wanted = k >= carries && k < carries + slices ? stacked(own, length) : own;
      if (!sameType(type, wanted))
        fail("shape", `scan: input ${k} must be ${typeText(wanted)} for ${length} times, found ${typeText(type)}`); // prettier-ignore
    }
    return body.outputs.map(({ type }, k) => {
      if (k >= carries) return stacked(type, length);
      if (!sameType(type, all[k]))
        fail("shape", `scan: carry ${k} is ${typeText(all[k])} at first and ${typeText(type)} afterwards`);
      return stacked(type, length + 1);
    });
  },
  vjpAll: (context) => cotangentsOfScan(context, scan),
  lower: { kind: "loop" },
  eval: ({ all }, { carries, slices, length, reverse, body }, context) => {
    const outputs = context.shapes.map((shape, k): NDArray => ({
      dtype: context.dtypes[k],
      shape,
      data: new Float64Array(countOf(shape)),
    }));
    let state = all.slice(0, carries);
    const place = (k: number, slot: number, { data }: NDArray): void =>
      outputs[k].data.set(data, slot * data.length);
    for (const [k, value] of state.entries()) place(k, reverse ? length : 0, value);
    for (let step = 0; step < length; step++) {
      const t = reverse ? length - 1 - step : step;
      const values = [
        ...state,
        ...all.slice(carries, carries + slices).map((x) => sliceAt(x, t)),
        ...all.slice(carries + slices),
      ];
      const given = new Map(body.inputs.map(({ node }, k) => [node, values[k]]));
      const found = context.run(body.outputs, given);
      for (const [k, value] of found.entries()) place(k, k < carries && !reverse ? t + 1 : t, value);
      state = found.slice(0, carries);
    }
    return outputs;
  },
  samples: [],
});

const sliceAt = ({ dtype, shape, data }: NDArray, t: number): NDArray => {
  const size = countOf(shape.slice(1));
  return { dtype, shape: shape.slice(1), data: data.slice(t * size, (t + 1) * size) };
};
