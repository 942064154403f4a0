import { invariant } from "../../base/errors.ts";
import type { Lanes, LocalType, Part } from "../../ir/loop.ts";
import { bytesOf, type DType } from "../../ir/type.ts";
import type { ArrayPlace, Context } from "./context.ts";
import { w, type Code } from "./encode/code.ts";
import { atomForm, combine, scaled, type Linear } from "./linear.ts";

interface Place {
  readonly address: Code;
  readonly offset: number;
}

/** Where an element of an array is. */
function placeOf({ dtype, base, address, apart }: ArrayPlace, index: Linear, context: Context): Place {
  const bytes = scaled(index, bytesOf[dtype]);
  if (apart && base > 0) return context.loops.placeApart(bytes, base);
  return context.loops.place(address ? combine(bytes, atomForm(address), 1) : bytes, base);
}

const holds = (dtype: DType, type: LocalType): boolean =>
  dtype === type || (type === "f64" && dtype === "f32") || (type === "f32" && dtype === "f64");

/** The value of an element, or of four; of which only the first `part`, where it says so, are read. */
export function load(
  array: string,
  index: Linear,
  type: LocalType,
  lanes: Lanes,
  part: Part | undefined,
  context: Context,
): Code {
  const place = context.array(array);
  const { dtype } = place;
  const at = placeOf(place, index, context);
  invariant(holds(dtype, type), `${array} of ${dtype} is loaded as ${type}`);
  if (lanes === 1) return loadOne(dtype, type, at);
  invariant(dtype === type, `four lanes of ${array} of ${dtype} are loaded as ${type}`);
  if (dtype === "bool") return masks(loadBytes(at, part, context), context);
  if (part === undefined) return w.memory("v128.load", at.offset, 4, at.address);
  const two = w.memory("v128.load64_zero", at.offset, 4, at.address);
  if (part === 2) return two;
  return w.memoryLane("v128.load32_lane", at.offset + 8, 4, 2, at.address, two);
}

function loadOne(dtype: DType, type: LocalType, { address, offset }: Place): Code {
  switch (dtype) {
    case "f32": {
      const value = w.memory("f32.load", offset, 4, address);
      return type === "f64" ? w.op("f64.promote_f32", value) : value;
    }
    case "f64": {
      const value = w.memory("f64.load", offset, 8, address);
      return type === "f32" ? w.op("f32.demote_f64", value) : value;
    }
    case "bool":
      // Callers may have written other numbers than 0 and 1.
      return w.op("i32.ne", w.memory("i32.load8_u", offset, 1, address), w.i32(0));
    default:
      return w.memory("i32.load", offset, 4, address);
  }
}

/** Four copies of an element, which is how loads are cheapest; null where the array holds another type. */
export function loadCopies(array: string, index: Linear, type: LocalType, context: Context): Code | null {
  const place = context.array(array);
  if (place.dtype !== type || type === "f64" || type === "bool") return null;
  const { address, offset } = placeOf(place, index, context);
  return w.memory("v128.load32_splat", offset, 4, address);
}

function loadBytes({ address, offset }: Place, part: Part | undefined, context: Context): Code {
  if (part === undefined) return w.memory("v128.load32_zero", offset, 1, address);
  const none = context.vector({ shape: "i32x4", values: [0, 0, 0, 0] });
  const two = w.memoryLane("v128.load16_lane", offset, 1, 0, address, none);
  return part === 2 ? two : w.memoryLane("v128.load8_lane", offset + 2, 1, 2, address, two);
}

/** Bytes that are not 0 as masks of four lanes. */
const masks = (bytes: Code, context: Context): Code =>
  w.op(
    "i32x4.ne",
    w.op("i32x4.extend_low_i16x8_u", w.op("i16x8.extend_low_i8x16_u", bytes)),
    context.vector({ shape: "i32x4", values: [0, 0, 0, 0] }),
  );

export function store(
  array: string,
  index: Linear,
  value: Code,
  type: LocalType,
  lanes: Lanes,
  part: Part | undefined,
  context: Context,
): Code[] {
  const place = context.array(array);
  const { dtype } = place;
  const at = placeOf(place, index, context);
  invariant(holds(dtype, type), `${type} is stored into ${array} of ${dtype}`);
  if (lanes === 1) return [storeOne(dtype, type, at, value)];
  invariant(dtype === type, `four lanes of ${type} are stored into ${array} of ${dtype}`);
  if (dtype === "bool") return storeBytes(at, value, part, context);
  if (part === undefined) return [w.memory("v128.store", at.offset, 4, at.address, value)];
  const two = (x: Code): Code => w.memoryLane("v128.store64_lane", at.offset, 4, 0, at.address, x);
  if (part === 2) return [two(value)];
  const [first, again] = context.twice(value, "v128");
  return [two(first), w.memoryLane("v128.store32_lane", at.offset + 8, 4, 2, at.address, again)];
}

function storeOne(dtype: DType, type: LocalType, { address, offset }: Place, value: Code): Code {
  switch (dtype) {
    case "f32":
      return w.memory(
        "f32.store",
        offset,
        4,
        address,
        type === "f64" ? w.op("f32.demote_f64", value) : value,
      );
    case "f64":
      return w.memory(
        "f64.store",
        offset,
        8,
        address,
        type === "f32" ? w.op("f64.promote_f32", value) : value,
      );
    case "bool":
      return w.memory("i32.store8", offset, 1, address, value);
    default:
      return w.memory("i32.store", offset, 4, address, value);
  }
}

/** Masks as bytes of 0 and 1: narrowing with saturation leaves −1 what it is. */
function storeBytes(
  { address, offset }: Place,
  value: Code,
  part: Part | undefined,
  context: Context,
): Code[] {
  const words = context.vector({ shape: "i32x4", values: [1, 1, 1, 1] });
  const [ones, zeros] = context.twice(w.op("v128.and", value, words), "v128");
  const [halves, same] = context.twice(w.op("i16x8.narrow_i32x4_s", ones, zeros), "v128");
  const bytes = w.op("i8x16.narrow_i16x8_s", halves, same);
  if (part === undefined) return [w.memoryLane("v128.store32_lane", offset, 1, 0, address, bytes)];
  const two = (x: Code): Code => w.memoryLane("v128.store16_lane", offset, 1, 0, address, x);
  if (part === 2) return [two(bytes)];
  const [first, again] = context.twice(bytes, "v128");
  return [two(first), w.memoryLane("v128.store8_lane", offset + 2, 1, 2, address, again)];
}
