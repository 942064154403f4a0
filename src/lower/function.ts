import { isShort } from "../ir/arena.ts";
import type { Backend } from "../ir/backend.ts";
import type { Buffer, Kernel, Tiles } from "../ir/kernel.ts";
import { itemsOf, visitKernelExpr } from "../ir/kernel-walk.ts";
import type { LoopFunction, LoopParam, LoopStmt } from "../ir/loop.ts";
import { bytesOf, isBatch, maxOf, sizeOf } from "../ir/type.ts";
import { shareAddresses } from "./address.ts";
import { withoutDenormals } from "./denormals.ts";
import { hoistComputed, hoistInvariants } from "./hoist.ts";
import { inlineCalls } from "./inline.ts";
import { jamAxis, joinRests } from "./jam.ts";
import { neighbourLoops } from "./lane-check.ts";
import { arraysIn, freshNames, readsLocal, separateNames } from "./names.ts";
import { nestStatements } from "./nest.ts";
import { peelReductions } from "./peel.ts";
import { renumber } from "./renumber.ts";
import { dropIdle, inlineSingleUses, shareValues } from "./share.ts";
import { nameSigmoids } from "./sigmoid.ts";
import { nameEnds } from "./short-rows.ts";
import { splitRanges } from "./split.ts";
import type { Templates } from "./templates.ts";
import { withoutUnread } from "./unread.ts";
import { unrollShort } from "./unroll.ts";
import { wholeNest } from "./whole.ts";
import { vectorizeAxes, type OpenEnds } from "./vectorize.ts";

/** Sees a function after each pass over its body. */
export type LoopListener = (pass: string, fn: LoopFunction) => void;

export interface Lowering {
  readonly backend: Backend;
  readonly templates: Templates;
  /** The templates that functions call, whole, by their names; filled as functions are lowered. */
  readonly called: Map<string, LoopFunction>;
  /** Buffers with room for a whole vector at their end. */
  readonly padded: ReadonlySet<Buffer>;
  readonly see?: LoopListener;
}

export interface Lowered {
  readonly fn: LoopFunction;
  readonly arrays: readonly Buffer[];
}

/** All of a function but its body. */
interface Frame {
  readonly name: string;
  readonly doc: readonly string[];
  /** What its body calls them. */
  readonly buffers: ReadonlyMap<string, Buffer>;
  /** Counters of loops over time around it. */
  readonly times: readonly string[];
  /** Whether scalar functions in lanes are called instead of written out. */
  readonly calls: boolean;
}

type Body = readonly LoopStmt[];
type Fresh = (hint: string) => string;
interface Pass {
  readonly name: string;
  readonly run: (body: Body) => Body;
}

/** A kernel as a function, and, where engines without relaxed SIMD have tiles of their own, what makes that of theirs. */
export interface LoweredKernel {
  readonly own: Lowered;
  readonly plain: (() => Lowered) | null;
}

/** The naive nest of a kernel, transformed as its record says, then tidied. */
export function lowerKernel(kernel: Kernel, lowering: Lowering): LoweredKernel {
  const { backend, templates, padded, see } = lowering;
  const { name, doc, nest, loops, read, record } = kernel;
  const buffers = buffersOfKernel(kernel);
  const naive = nest
    ? wholeNest(nest, backend.compute, templates)
    : nestStatements(kernel, backend.compute, templates);
  const start = separateNames(withoutDenormals(naive, buffers, backend.leastSlot));
  const fresh = freshNames(start);
  const times = loops.map(({ axis }) => axis.name);
  const frame: Frame = { name, doc, buffers, times, calls: record.calls };
  see?.("naive", functionOf(frame, start).fn);
  const untiled = passed(frame, start, [
    { name: "single uses", run: (body) => dropIdle(inlineSingleUses(body)) },
    { name: "ranges", run: splitRanges },
    { name: "lanes", run: (body) => inLanes(body, kernel, buffers, padded, backend, fresh) },
    ...(kernel.stages.some(({ only }) => only) ? [endsOfRows(fresh)] : []),
  ], see); // prettier-ignore
  const inTiles = (own: Frame, tiling: Tiles): Lowered => {
    // Both tilings give the same names to the same things, so that their locals have the same numbers.
    const fresh = freshNames(untiled);
    const passes: Pass[] = [
      ...tiles(kernel, tiling, backend, fresh),
      ...(read ? [{ name: "unread columns", run: (body: Body) => withoutUnread(body, read, fresh) }] : []),
      { name: "short loops", run: (body) => unrollShort(body, fresh) },
      { name: "first terms", run: peelReductions },
      ...closing(fresh, backend, plainEnding),
    ];
    return tidied(own, passed(own, untiled, passes, see), lowering, plainEnding);
  };
  const { plain } = record;
  const other: Frame = { ...frame, name: `${name} without relaxed SIMD` };
  return {
    own: inTiles(frame, record),
    plain: plain && (() => inTiles(other, plain)),
  };
}

const endsOfRows = (fresh: Fresh): Pass => ({
  name: "ends of rows",
  run: (body) => nameEnds(body, fresh, "Farther on the mask leaves nothing of this row."),
});

/** What the end of a function's lowering leaves to where its body comes from. */
interface Ending {
  /** Whether what is read from arrays stays in loops: it does where that is more than registers hold. */
  readonly keepsLoads: boolean;
  /** Gives locals the names by which a reader knows them. */
  readonly named: (body: Body) => Body;
}

const plainEnding: Ending = { keepsLoads: false, named: (body) => body };

/** A body that comes from elsewhere, with the passes that every function ends with. */
export function finish(frame: Frame, start: Body, lowering: Lowering, ending: Ending): Lowered {
  lowering.see?.("naive", functionOf(frame, start).fn);
  const passes = closing(freshNames(start), lowering.backend, ending);
  return tidied(frame, passed(frame, start, passes, lowering.see), lowering, ending);
}

const closing = (fresh: Fresh, backend: Backend, { keepsLoads }: Ending): Pass[] => [
  { name: "sigmoids", run: (body) => nameSigmoids(body, backend) },
  { name: "addresses", run: (body) => shareAddresses(body, fresh) },
  {
    name: "invariants",
    run: (body) => (keepsLoads ? hoistComputed(body, fresh) : hoistInvariants(body, fresh)),
  },
  { name: "shared values", run: (body) => inlineSingleUses(shareValues(body, fresh, backend.lanes === 1)) },
];

/** The axes that the record names, four iterations at a time; of a whole nest those that walk through neighbours. */
function inLanes(
  body: Body,
  { nest, outer, record }: Kernel,
  buffers: ReadonlyMap<string, Buffer>,
  padded: ReadonlySet<Buffer>,
  backend: Backend,
  fresh: Fresh,
): Body {
  const dtypes = new Map([...buffers.values()].map(({ name, dtype }) => [name, dtype]));
  const axes = nest && backend.lanes > 1 ? neighbourLoops(body) : record.lanes;
  const spread = record.lanes.includes(outer.at(-1)?.name ?? "");
  const rows = [...buffers.values()].filter(({ kind }) => spread && kind === "row");
  const open = outer.filter(({ extent }) => isBatch(extent) && extent.max % backend.lanes === 0);
  const names = (list: readonly { readonly name: string }[]): Set<string> =>
    new Set(list.map(({ name }) => name));
  const sizes = [...buffers.values()].flatMap((buffer) =>
    padded.has(buffer) && bytesOf[buffer.dtype] === 4 ? [[buffer.name, sizeOf(buffer.shape)] as const] : [],
  );
  const ends: OpenEnds = { axes: names(open), arrays: new Map(sizes) };
  return vectorizeAxes(body, axes, backend, fresh, dtypes, names(rows), ends);
}

/** A pass for each axis that is tiled, the outermost first. */
function tiles(
  { outer, record }: Kernel,
  { tile, whole, join: joined, alone }: Tiles,
  { lanes }: Backend,
  fresh: Fresh,
): Pass[] {
  const last = outer.at(-1)?.name;
  const single = (body: Body): Body => jamAxis(body, last!, alone, fresh, { lanes });
  return outer.flatMap(({ name, extent }, k): Pass[] => {
    if (tile[k] === 1) return [];
    const options = {
      ...(whole[k] ? { rest: maxOf(extent) % tile[k] } : {}),
      lanes: record.lanes.includes(name) ? lanes : 1,
      ...(name !== last && alone > 1 ? { single } : {}),
    };
    const tiled: Pass = {
      name: `tiles of ${name}`,
      run: (body) => jamAxis(body, name, tile[k], fresh, options),
    };
    if (name === last || joined === 1) return [tiled];
    const around = outer[k - 1].name;
    const join = (body: Body): Body => joinRests(body, around, name, tile[k], joined, fresh);
    return [{ name: `rests of ${name}`, run: join }, tiled];
  });
}

/** A body after passes over it. */
function passed(frame: Frame, start: Body, passes: readonly Pass[], see?: LoopListener): Body {
  return passes.reduce((before, { name, run }) => {
    const after = run(before);
    see?.(name, functionOf(frame, after).fn);
    return after;
  }, start);
}

/** Makes a body a function, and puts templates in the place of their calls. */
function tidied(
  frame: Frame,
  body: Body,
  { backend, templates, called, see }: Lowering,
  { named }: Ending,
): Lowered {
  const { fn, arrays } = functionOf(frame, body);
  const { numbers } = backend;
  // Between the operands of large products a bound takes no time that shows.
  const isSmall = arrays.some(({ kind, shape }) => kind === "numbers" && isShort(shape));
  const target = isSmall && numbers ? { ...backend, bounded: numbers.bounded } : backend;
  const whole = inlineCalls(fn, templates, target, frame.calls ? called : null);
  const tidy = { ...whole, body: dropIdle(named(whole.body)) };
  see?.("calls", tidy);
  const names = tidy.params.map((param) => param.name);
  const read = { ...tidy, body: renumber(tidy.body, names) };
  see?.("names", read);
  return { fn: read, arrays };
}

/** Takes the arrays that a body names, and the counters and the number of rows that it reads. */
function functionOf({ name, doc, buffers, times }: Frame, body: Body): Lowered {
  const names = arraysIn(body);
  const arrays = names.map((array) => buffers.get(array)!);
  const params: LoopParam[] = [
    ...arrays.map(({ dtype, kind }, k): LoopParam => ({
      kind: "array",
      name: names[k],
      dtype,
      ...(kind === "numbers" ? { numbers: true } : {}),
    })),
    ...[...times, "n"]
      .filter((scalar) => readsLocal(body, scalar))
      .map((scalar): LoopParam => ({ kind: "scalar", name: scalar, type: "index" })),
  ];
  return { fn: { name, doc, params, body }, arrays };
}

export function buffersOfKernel(kernel: Kernel): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const see = (buffer: Buffer): unknown => found.set(buffer.name, buffer);
  for (const operand of kernel.core?.operands ?? []) see(operand.buffer);
  for (const buffer of kernel.nest?.arrays ?? []) see(buffer);
  for (const item of itemsOf(kernel)) {
    visitKernelExpr(item.value, (expr) => expr.kind === "load" && see(expr.buffer));
    for (const target of item.targets) see(target.buffer);
  }
  return found;
}
