/** What a piece of the public surface is; the reference table has a part for each. */
export type AboutKind =
  "layer" | "activation" | "loss" | "metric" | "optimizer" | "schedule" | "initializer" | "regularizer";

/** What the reference says of a layer, a loss and so on, kept where the thing itself is. */
export interface About {
  readonly kind: AboutKind;
  /** One sentence. */
  readonly doc: string;
  /** The formula, in the letters of `shapes`. */
  readonly formula?: string;
  /** What goes in and what comes out: "[n, in] → [n, units]". */
  readonly shapes?: string;
  /** Options that may be left out, and what they then are. */
  readonly defaults?: { readonly [option: string]: unknown };
  /** What it is called elsewhere, with what differs there; null where nothing of the kind exists. */
  readonly keras?: string | null;
  readonly pytorch?: string | null;
  readonly optax?: string | null;
  readonly onnx?: string | null;
}

/** A function that carries what the reference says of it. */
export type Documented<F> = F & { readonly about: About };

export const documented = <F extends (...args: never[]) => unknown>(about: About, fn: F): Documented<F> =>
  Object.assign(fn, { about });

/** What the reference says of a thing, if it says anything. */
export const aboutOf = (thing: unknown): About | undefined =>
  typeof thing === "function" ? (thing as Partial<Documented<() => void>>).about : undefined;
