import { fail } from "../base/errors.ts";
import { isBody, type Attr, type Attrs, type Body, type Node, type Origin, type Value } from "./graph.ts";
import { dimText, typeText, type Dim, type TensorType } from "./type.ts";

/** Attributes as text: exact for every number, so that equal text means equal attributes. */
export function attrText(attr: Attr): string {
  if (typeof attr === "number") return Object.is(attr, -0) ? "-0" : String(attr);
  if (attr === null || typeof attr === "boolean") return String(attr);
  if (typeof attr === "string") return JSON.stringify(attr);
  if (Array.isArray(attr)) return `[${attr.map(attrText).join(",")}]`;
  if (isBody(attr)) return bodyText(attr);
  return dimText(attr as Dim);
}

/** What two nodes on the same inputs are told apart by. */
export function nodeForm(op: string, attrs: Attrs, types: readonly TensorType[]): string {
  let form = op;
  for (const name of Object.keys(attrs).sort()) form += ` ${name}=${attrText(attrs[name])}`;
  for (const type of types) form += ` ${typeText(type)}`;
  return form;
}

/** A node but for its inputs. */
interface NodeKind extends Pick<Node, "form" | "op" | "attrs"> {
  readonly types: readonly TensorType[];
}

/** A gradient that the user wrote: from the cotangent of an output to the cotangents of some inputs. */
export type Gradient = (cotangent: Value, output: Value, inputs: readonly Value[]) => readonly Value[];

/** A body's values by their numbers: two bodies of one build are equal where these are. */
function bodyText({ inputs, outputs }: Body): string {
  const list = (values: readonly Value[]): string =>
    values.map(({ node, index }) => `${node.id}.${index}`).join(" ");
  return `body(${list(inputs)} → ${list(outputs)})`;
}

/** The nodes of one build and of all rewriting of its graphs, by what they are told apart by and by number. */
interface Interned {
  readonly byKey: Map<string, Node>;
  readonly byId: Node[];
}

/**
 * Holds the interned nodes of one build and the side table of their origins.
 * The only mutable object of the graph level: nodes and graphs made with it never change.
 */
export class Builder {
  readonly origins = new Map<Node, Origin[]>();
  /** Rooms of the ops that the user declared and this build uses, by name. */
  readonly rooms = new Map<string, { readonly name: string }>();
  private readonly gradients = new Map<string, Gradient>();
  private readonly watchers: Set<Node>[] = [];
  private readonly interned: Interned;
  private readonly current: Origin[] = [];
  private tokens = 0;
  private readonly takenTokens = new Set<Attr>();

  /** With `beside`, equal nodes of both builds are the same objects, while each knows origins of its own. */
  constructor(beside?: Builder) {
    this.interned = beside?.interned ?? { byKey: new Map(), byId: [] };
  }

  make(op: string, inputs: readonly Value[], attrs: Attrs, types: readonly TensorType[]): Node {
    return this.find({ form: nodeForm(op, attrs, types), op, attrs, types }, inputs);
  }

  /** The same op with the same attributes on inputs of the same types; a node of this build on its own is itself. */
  again(node: Node, inputs: readonly Value[]): Node {
    const isOwn = this.interned.byId[node.id] === node;
    if (isOwn && inputs.every((input, k) => input === node.inputs[k])) return this.found(node);
    const { form, op, attrs, outputs } = node;
    return this.find({ form, op, attrs, types: outputs.map((output) => output.type) }, inputs);
  }

  private find(kind: NodeKind, inputs: readonly Value[]): Node {
    let key = kind.form;
    for (const { node, index } of inputs) key += `|${node.id}.${index}`;
    return this.found(this.interned.byKey.get(key) ?? this.intern(key, kind, inputs));
  }

  /** Says of a node that it has been asked for here. */
  private found(node: Node): Node {
    if (node.op === "placeholder") this.takenTokens.add(node.attrs["token"]);
    this.remember(node, this.current.at(-1) ?? hereOrigin());
    for (const made of this.watchers) made.add(node);
    return node;
  }

  /** Runs `body` and tells which nodes it asked for, also those that were there already. */
  watch<T>(body: () => T): { readonly result: T; readonly made: ReadonlySet<Node> } {
    const made = new Set<Node>();
    this.watchers.push(made);
    try {
      return { result: body(), made };
    } finally {
      this.watchers.splice(this.watchers.indexOf(made), 1);
    }
  }

  /** Keeps a gradient that the user wrote, and gives the token by which an op's attributes name it. */
  keepGradient(gradient: Gradient): string {
    const token = String(this.gradients.size + 1);
    this.gradients.set(token, gradient);
    return token;
  }

  /** The gradient of a token. A graph that was read from text has none. */
  gradientOf(token: string): Gradient {
    return (
      this.gradients.get(token) ??
      fail("gradient", `the function of gradient ${token} is not part of this graph`, {
        hint: "functions do not print: differentiate before the graph becomes text",
      })
    );
  }

  /** Runs `body`; every node it makes (or finds again) is said to come from `origin`. */
  within<T>(origin: Origin, body: () => T): T {
    this.current.push(origin);
    try {
      return body();
    } finally {
      this.current.pop();
    }
  }

  /** The innermost origin now in force, if a layer or a differentiation set one. */
  get origin(): Origin | undefined {
    return this.current.at(-1);
  }

  /** A word that no placeholder of this build has been given yet. */
  token(): string {
    let token: string;
    do token = `p${this.tokens++}`;
    while (this.takenTokens.has(token));
    return token;
  }

  private intern(key: string, { form, op, attrs, types }: NodeKind, inputs: readonly Value[]): Node {
    const outputs: Value[] = [];
    const node: Node = Object.freeze({
      id: this.interned.byId.length,
      op,
      inputs: Object.freeze([...inputs]),
      attrs: Object.freeze(attrs),
      form,
      outputs,
    });
    for (const [index, type] of types.entries()) outputs.push(valueOf(node, index, type));
    Object.freeze(outputs);
    this.interned.byKey.set(key, node);
    this.interned.byId.push(node);
    return node;
  }

  private remember(node: Node, origin: Origin): void {
    const known = this.origins.get(node);
    if (!known) this.origins.set(node, [origin]);
    else if (
      !known.some(
        (o) => o.layer === origin.layer && o.source === origin.source && o.gradientOf === origin.gradientOf,
      )
    ) {
      known.push(origin);
    }
  }
}

/** JavaScript's own operators would silently make NaN of a graph value, so they are refused. */
const notANumber = {
  [Symbol.toPrimitive](): never {
    return fail("value", "a graph value was used like a number or a text", {
      place: { source: sourceLine() },
      hint: "operators do not work on graph values: write mul(x, 2) for x * 2, add(x, y) for x + y",
    });
  },
};
const valueOf = (node: Node, index: number, type: TensorType): Value =>
  Object.freeze(Object.assign(Object.create(notANumber) as object, { node, index, type }));

/**
 * The build in progress. Layers are plain functions without a context argument, so the build is dynamically
 * scoped; it is kept under a global symbol so that two copies of gradc in one process still meet.
 */
const slot = Symbol.for("gradc.build");
const scope = globalThis as unknown as Record<symbol, Builder | undefined>;

export function builder(): Builder {
  return scope[slot] ?? refuseOutside("graph values");
}

/** Stops where something is made outside a build function. */
export function refuseOutside(things: string): never {
  return fail("no-build", `${things} can only be made inside a model's build function`, {
    place: { source: sourceLine() },
  });
}

/** Where a node first came from; nowhere for one that was made outside every line of a model. */
export const originOf = (node: Node): Origin => builder().origins.get(node)?.[0] ?? { layer: "", source: "" };

export const building = (): boolean => scope[slot] !== undefined;

/** Runs `body` with `build` as the build in progress. */
export function withBuilder<T>(build: Builder, body: () => T): T {
  const outer = scope[slot];
  scope[slot] = build;
  try {
    return body();
  } finally {
    scope[slot] = outer;
  }
}

const ownFiles = new URL("..", import.meta.url).href;
const ownPath = decodeURIComponent(new URL(ownFiles).pathname);

/** The first stack frame outside gradc's own source, as `file.ts:line`; empty where the engine gives no stack. */
export function sourceLine(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  for (const line of stack.split("\n").slice(1)) {
    if (
      line.includes(ownFiles) ||
      line.includes(ownPath) ||
      line.includes("node:") ||
      line.includes("<anonymous>")
    )
      continue;
    const found = /([^/\\(\s]+):(\d+):\d+\)?$/.exec(line.trim());
    if (found) return `${found[1]}:${found[2]}`;
  }
  return "";
}

const hereOrigin = (): Origin => ({ layer: "", source: sourceLine() });

/** True where two attributes hold the same data. */
export const sameAttr = (a: Attr, b: Attr): boolean => attrText(a) === attrText(b);
