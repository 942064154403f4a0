import type { Value } from "../../ir/graph.ts";
import { isBatch, typeText } from "../../ir/type.ts";
import { cutSpace, padSpace } from "../../ops/space.ts";
import { documented, type Documented } from "../about.ts";
import { checkOptions, shown } from "../check.ts";
import { refuse } from "../context.ts";
import { inLayer } from "../param.ts";
import { broadcastTo, reshape } from "../sugar/movement.ts";
import { checkValue } from "../sugar/operand.ts";
import { resize, type Interpolation } from "../sugar/resize.ts";
import { bothSides, perAxis, spaceText, spatial, type PerAxis } from "./space.ts";

export interface FlattenOptions {
  readonly name?: string;
}

/** Every row as one vector: [n, …] gives [n, the product of the rest], the last axis fastest. */
export const flatten: Documented<(x: Value, options?: FlattenOptions) => Value> = documented(
  {
    kind: "layer",
    doc: "Every row as one vector, the last axis fastest.",
    shapes: "[n, …] → [n, the product of the rest]",
    keras: "Flatten",
    pytorch: "Flatten (channels first, so that the order of features differs)",
    onnx: "Flatten",
  },
  (x: Value, options: FlattenOptions = {}) =>
    inLayer("flatten", options?.name, () => {
      checkOptions("flatten", options, ["name"]);
      const value = checkValue("flatten", x);
      const [rows, ...rest] = value.type.shape;
      if (rows === undefined || rest.some(isBatch))
        return refuse(
          "shape",
          `flatten expects rows first and the rest fixed, found ${typeText(value.type)}`,
        );
      return reshape(value, [rows, (rest as number[]).reduce((product, extent) => product * extent, 1)]);
    }),
);

export interface UpSamplingOptions {
  /** How many times as many elements each axis gets; 2 by default. */
  readonly size?: PerAxis;
  /** "nearest" (the default) repeats elements, "bilinear" mixes neighbours as resize does. */
  readonly interpolation?: Interpolation;
  readonly name?: string;
}

function upSampling(
  name: string,
  rank: number,
): Documented<(x: Value, options?: UpSamplingOptions) => Value> {
  return documented(
    {
      kind: "layer",
      doc: "Every element as many times along each axis of space, or mixed with its neighbours.",
      shapes: `[n, ${spaceText(rank)}, channels] → [n, extents · size …, channels]`,
      defaults: { size: 2, interpolation: "nearest" },
      keras: `UpSampling${rank}D`,
      pytorch: "Upsample",
      onnx: "Resize",
    },
    (x: Value, options: UpSamplingOptions = {}) =>
      inLayer(name, options?.name, () => {
        checkOptions(name, options, ["size", "interpolation", "name"]);
        const { value, rows, space, channels } = spatial(name, x, rank);
        const size = perAxis(`size of ${name}`, options.size ?? 2, rank);
        const larger = space.map((extent, k) => extent * size[k]);
        const { interpolation = "nearest" } = options;
        if (interpolation === "bilinear") return resize(value, { size: larger, interpolation });
        if (interpolation !== "nearest")
          refuse("option", `interpolation of ${name} cannot be ${shown(interpolation)}`, `it may be "nearest" or "bilinear"`); // prettier-ignore
        const apart = reshape(value, [rows, ...space.flatMap((extent) => [extent, 1]), channels]);
        const repeated = [rows, ...space.flatMap((extent, k) => [extent, size[k]]), channels];
        return reshape(broadcastTo(apart, repeated), [rows, ...larger, channels]);
      }),
  );
}

/** More elements along time: x [n, steps, channels] gives [n, steps · size, channels]. */
export const upSampling1d = upSampling("upSampling1d", 1);
/** Larger images: x [n, height, width, channels] gives [n, height · size, width · size, channels]. */
export const upSampling2d = upSampling("upSampling2d", 2);
/** Larger volumes: x [n, depth, height, width, channels]. */
export const upSampling3d = upSampling("upSampling3d", 3);

/** A number for all sides, or an entry for each axis: a number or [before, after]. */
export type Sides = number | readonly (number | readonly [number, number])[];
export interface ZeroPaddingOptions {
  /** 1 by default. */
  readonly padding?: Sides;
  readonly name?: string;
}
export interface CroppingOptions {
  /** 1 by default. */
  readonly cropping?: Sides;
  readonly name?: string;
}

function zeroPadding(
  name: string,
  rank: number,
): Documented<(x: Value, options?: ZeroPaddingOptions) => Value> {
  return documented(
    {
      kind: "layer",
      doc: "Zeros around the axes of space.",
      shapes: `[n, ${spaceText(rank)}, channels] → [n, extents + padding …, channels]`,
      defaults: { padding: 1 },
      keras: `ZeroPadding${rank}D`,
      pytorch: `ZeroPad${rank}d`,
      onnx: "Pad",
    },
    (x: Value, options: ZeroPaddingOptions = {}) =>
      inLayer(name, options?.name, () => {
        checkOptions(name, options, ["padding", "name"]);
        const { value } = spatial(name, x, rank);
        const { low, high } = bothSides(`padding of ${name}`, options.padding ?? 1, rank);
        return padSpace(value, low, high);
      }),
  );
}

function cropping(name: string, rank: number): Documented<(x: Value, options?: CroppingOptions) => Value> {
  return documented(
    {
      kind: "layer",
      doc: "The axes of space without their ends.",
      shapes: `[n, ${spaceText(rank)}, channels] → [n, extents − cropping …, channels]`,
      defaults: { cropping: 1 },
      keras: `Cropping${rank}D`,
      pytorch: null,
      onnx: "Slice",
    },
    (x: Value, options: CroppingOptions = {}) =>
      inLayer(name, options?.name, () => {
        checkOptions(name, options, ["cropping", "name"]);
        const { value, space } = spatial(name, x, rank);
        const { low, high } = bothSides(`cropping of ${name}`, options.cropping ?? 1, rank);
        const left = space.map((extent, k) => extent - low[k] - high[k]);
        const gone = left.findIndex((extent) => extent < 1);
        if (gone >= 0)
          refuse("shape", `${name}: cropping ${low[gone]} and ${high[gone]} leaves nothing of the ${space[gone]} elements along axis ${gone + 1}`); // prettier-ignore
        return cutSpace(value, low, left);
      }),
  );
}

/** Zeros before and after the steps: x [n, steps, channels]. */
export const zeroPadding1d = zeroPadding("zeroPadding1d", 1);
/** Zeros around images: x [n, height, width, channels]. */
export const zeroPadding2d = zeroPadding("zeroPadding2d", 2);
/** Zeros around volumes: x [n, depth, height, width, channels]. */
export const zeroPadding3d = zeroPadding("zeroPadding3d", 3);
/** Steps without their ends: x [n, steps, channels]. */
export const cropping1d = cropping("cropping1d", 1);
/** Images without their borders: x [n, height, width, channels]. */
export const cropping2d = cropping("cropping2d", 2);
/** Volumes without their borders: x [n, depth, height, width, channels]. */
export const cropping3d = cropping("cropping3d", 3);
