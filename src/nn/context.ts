import { fail, GradcError, type Code } from "../base/errors.ts";
import { Builder, builder, refuseOutside, sourceLine } from "../ir/builder.ts";
import type { Origin, Value } from "../ir/graph.ts";
import type { DType } from "../ir/type.ts";

/** A parameter or state as the build declared it, with the value that the init graph gives it. */
export interface Declared {
  readonly leaf: Value;
  /** Absent for what starts at zero. */
  readonly initial?: Value | undefined;
}

/** What a state becomes in `update`, from what it was and what earlier assignments of the same run made of it. */
export interface Assignment {
  readonly path: string;
  readonly target: Value;
  readonly next: (before: Value) => Value;
}

/** One level of naming: a scope, a layer, or a call of a shared function. */
export interface Frame {
  readonly path: string;
  /** True in the second and later calls of a shared function, where names must be found again, not made. */
  readonly again: boolean;
  /** The layer names taken below each path; a repeated call of a shared function counts anew. */
  readonly taken: Map<string, Set<string>>;
}

/** What one run of a model's build function collects. */
export interface Run {
  readonly training: boolean;
  readonly parameters: Map<string, Declared>;
  readonly states: Map<string, Declared>;
  readonly assignments: Assignment[];
  /** How many random draws have been made, each a stream of its own. */
  readonly draws: { count: number };
  /** The scalars that regularisers add to the loss. */
  readonly penalties: Value[];
  readonly frames: Frame[];
}

export const newRun = (training: boolean): Run => ({
  training,
  parameters: new Map(),
  states: new Map(),
  assignments: [],
  draws: { count: 0 },
  penalties: [],
  frames: [{ path: "", again: false, taken: new Map() }],
});

/**
 * The builder of a whole model. Both runs of the build function and the derivatives share it, so that a leaf of
 * one graph is the same node in every other and the graphs can be compared by identity.
 */
export class ModelBuilder extends Builder {
  readonly precision: "f32" | "f64";
  run: Run = newRun(true);

  constructor(precision: "f32" | "f64") {
    super();
    this.precision = precision;
  }
}

// Recognised by shape, not by class, since two copies of gradc in one process share the build in progress.
const modelBuilder = (): ModelBuilder | undefined => {
  const build = builder() as Partial<ModelBuilder>;
  return build.run && build.precision ? (build as ModelBuilder) : undefined;
};

/** The run in progress; fails where values are made without a model around them. */
export const currentRun = (): Run => modelBuilder()?.run ?? refuseOutside("parameters and layers");
export const currentFrame = (): Frame => currentRun().frames.at(-1) as Frame;

/** The float type of this build: "f32", or "f64" for a float64 build of the same model. */
export const floatType = (): "f32" | "f64" => modelBuilder()?.precision ?? "f32";
/** A declared dtype in this build: a float64 build turns every f32 into f64. */
export const builtType = (dtype: DType): DType => (dtype === "f32" ? floatType() : dtype);

/** Joins names to a path. */
export const joined = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

/** Where an error or a node comes from: the layer in progress, else the current scope and the caller's line. */
export const place = (): Origin =>
  builder().origin ?? { layer: modelBuilder()?.run.frames.at(-1)?.path ?? "", source: sourceLine() };

/** Runs an op's sugar so that everything it makes comes from the user's line, looked up once. */
export const here = <T>(body: () => T): T => (builder().origin ? body() : builder().within(place(), body));

/** Stops with an error that knows the layer and the line. */
export function refuse(code: Code, sentence: string, hint?: string): never {
  return fail(code, sentence, { place: place(), hint });
}

/** Runs `body` with names below `path`; what the current frame knows goes on unless `change` says otherwise. */
export function inFrame<T>(path: string, body: () => T, change: Partial<Frame> = {}): T {
  const { frames } = currentRun();
  frames.push({ ...currentFrame(), ...change, path });
  try {
    return body();
  } finally {
    frames.pop();
  }
}

/** True for errors of gradc, also those of another copy of it. */
export const isOwnError = (error: unknown): error is GradcError =>
  error instanceof Error && error.name === "GradcError";
