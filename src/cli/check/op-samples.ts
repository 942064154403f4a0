import { compile, type Compilation } from "../../compile.ts";
import type { Value } from "../../ir/graph.ts";
import type { OpRoom } from "../../ir/op.ts";
import { isFloat } from "../../ir/type.ts";
import { applyCustom, readSample } from "../../nn/custom-op.ts";
import { ones } from "../../nn/initializers.ts";
import { defineModel, type Model } from "../../nn/model/define.ts";
import { param } from "../../nn/param.ts";
import { add, cast, mul, sigmoid, square, stopGradient } from "../../nn/sugar/index.ts";
import { mean } from "../../nn/sugar/reduce.ts";
import { batch, type InputDeclaration } from "../../nn/types.ts";

/** A compiled model around each sample call of each op that a model declares for itself, and what to call it. */
export function sampleCompilations({ forward }: Compilation): { name: string; compilation: Compilation }[] {
  return ([...forward.builder.rooms.values()] as OpRoom[]).flatMap((room) =>
    room.samples.map((_, k) => ({
      name: `${room.name}, sample ${k}`,
      compilation: compile(sampleModel(room, k), { precision: "f64" }),
    })),
  );
}

/** The samples' values are spread over their ranges, and the result goes into a loss that weights it unevenly. */
function sampleModel(room: OpRoom, k: number): Model {
  const { inputs: texts, attrs = {} } = room.samples[k];
  const n = batch(5);
  const read = texts.map((text) => readSample(room.name, text, n));
  const inputs: Record<string, InputDeclaration> = {};
  for (const [at, input] of read.entries()) {
    if ("same" in input) continue;
    const { type, range } = input;
    inputs[`${room.inputs[at]}`] = { ...type, ...(range && !isFloat(type.dtype) ? { limit: range[1] } : {}) };
  }
  return defineModel({
    name: room.name,
    inputs,
    build(given) {
      const values: Value[] = [];
      for (const [at, input] of read.entries()) values.push("same" in input ? values[input.same] : within(given[room.inputs[at]], input.range)); // prettier-ignore
      const known = values.map((value, at) => (room.vjp?.[room.inputs[at]] ? value : still(value)));
      const y = cast(applyCustom(room, known, attrs), "f32");
      const loss = mul(param("scale", [], { initializer: ones() }), mean(square(add(y, 0.5))));
      return { outputs: { y }, loss };
    },
  });
}

const within = (x: Value, range: readonly [number, number] | undefined): Value =>
  range && isFloat(x.type.dtype) ? add(mul(sigmoid(mul(x, 3)), range[1] - range[0]), range[0]) : x;

/** What has no gradient rule is not differentiated by. */
const still = (x: Value): Value => (isFloat(x.type.dtype) ? stopGradient(x) : x);
