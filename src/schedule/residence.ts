import { invariant } from "../base/errors.ts";
import type { Expr } from "../ir/expr.ts";
import { isLeaf, type Value } from "../ir/graph.ts";
import { flatten, indexAxis, indexConstant, sameIndex, type Index } from "../ir/index.ts";
import type { Buffer, KernelExpr, Target } from "../ir/kernel.ts";
import { sameShape, type Shape } from "../ir/type.ts";
import type { KernelContext } from "./context.ts";
import type { Group, Sections } from "./group.ts";
import { innerAxes, type Job } from "./job.ts";
import { valueHint, type Names } from "./names.ts";
import { placed, type Place } from "./storage.ts";

/** Where a member's value is found by later items of its kernel. */
interface Residence {
  readonly job: Job;
  readonly stage: number;
  readonly local: string;
  row: Buffer | null;
}
type Residences = ReadonlyMap<Value, Residence>;

/** Jobs that share one loop over inner axes. */
export interface Members {
  readonly inner: Shape;
  readonly jobs: Job[];
}

/** Gives every member of a group a local and a stage: the first that comes after what it reads and has its inner axes. */
export function housed(
  group: Group,
  { before, loops }: Sections,
  locals: Names,
): { readonly homes: Residences; readonly stages: readonly Members[] } {
  const { depth } = group;
  const homes = new Map<Value, Residence>();
  const stages: Members[] = [];
  for (const job of group.jobs) {
    const local = locals.fresh(job.kind === "core" ? "sum" : job.node.op);
    const settle = (stage: number): unknown => homes.set(job.value, { job, stage, local, row: null });
    if (job.kind === "nest" || (!loops.includes(job) && !before.includes(job))) {
      settle(Infinity);
      continue;
    }
    if (job.kind === "core" || before.includes(job)) {
      settle(-1);
      continue;
    }
    const inner = job.space.slice(depth);
    let earliest = 0;
    for (const load of job.loads(depth)) {
      const source = homes.get(load.from);
      if (!source) continue;
      const together = source.stage >= 0 && readsInStep(source.job, inner, load.at, depth);
      earliest = Math.max(earliest, source.stage + (together ? 0 : 1));
    }
    let stage = stages.findIndex((members, k) => k >= earliest && sameShape(members.inner, inner));
    if (stage < 0) stage = stages.push({ inner, jobs: [] }) - 1;
    stages[stage].jobs.push(job);
    settle(stage);
  }
  return { homes, stages };
}

/** True where `at` is the element that the source's own stage computes at the same step of its inner loop. */
function readsInStep(source: Job, inner: Shape, at: readonly Index[], depth: number): boolean {
  if (source.kind !== "each" || !sameShape(source.space.slice(depth), inner)) return false;
  const own = at.filter((_, k) => source.value.type.shape[k] !== 1).slice(depth);
  return innerAxes(inner).every((axis, k) => sameIndex(own[k], indexAxis(axis)));
}

/** Where a kernel finds values and leaves them. */
export class Surroundings {
  private readonly homes: Residences;
  private readonly depth: number;
  private readonly context: KernelContext;

  constructor(homes: Residences, depth: number, context: KernelContext) {
    this.homes = homes;
    this.depth = depth;
    this.context = context;
  }

  localOf(job: Job): string {
    return this.homes.get(job.value)!.local;
  }

  /** The row in which a member is kept for later stages, once one of them has asked for it. */
  rowOf(job: Job): Buffer | null {
    return this.homes.get(job.value)!.row;
  }

  /** Rewrites loads of members as locals, rows or buffers, as seen from a stage. */
  resolve(expr: Expr, stage: number): KernelExpr {
    const inside = (part: Expr): KernelExpr => this.resolve(part, stage);
    if (expr.kind === "op") return { ...expr, args: expr.args.map(inside) };
    if (expr.kind === "guard")
      return { ...expr, test: inside(expr.test), yes: inside(expr.yes), no: inside(expr.no) };
    return expr.kind === "load" ? this.load(expr, stage) : expr;
  }

  private load({ from, at, dtype }: Expr & { readonly kind: "load" }, stage: number): KernelExpr {
    const { buffers, storage, graph } = this.context;
    const inPlace = (place: Place): KernelExpr => ({
      kind: "load",
      buffer: place.buffer,
      at: placed(place, at),
      dtype,
    });
    const home = this.homes.get(from);
    if (!home) return inPlace(this.placeOf(from));
    const inner = home.job.kind === "each" ? home.job.space.slice(this.depth) : [];
    if (home.stage === stage || inner.length === 0) return { kind: "local", name: home.local, dtype };
    const place = buffers.get(from);
    if (place) return inPlace(place);
    home.row ??= storage.temporary(`${valueHint(graph, from)}_row`, dtype, inner, "row");
    const own = at.filter((_, k) => from.type.shape[k] !== 1);
    return { kind: "load", buffer: home.row, at: own.slice(this.depth), dtype };
  }

  placeOf(value: Value): Place {
    const { buffers, storage } = this.context;
    const place =
      isLeaf(value.node) || value.node.op === "tensor"
        ? { buffer: storage.ofLeaf(value), lead: [] }
        : buffers.get(value);
    invariant(place, `no buffer for ${value.node.op} #${value.node.id}`);
    return place;
  }

  /** Where the element of a job's value at these coordinates is written. */
  targetsOf(job: Job, at: readonly Index[]): Target[] {
    const sinks = this.context.sinks.get(job.value) ?? [];
    const targets = sinks.map(({ buffer, accumulate, lead = [] }): Target => ({
      buffer,
      accumulate,
      at: lead.length > 0 ? [...lead, ...at] : under(at, job.value.type.shape, buffer.shape),
    }));
    const place = this.context.buffers.get(job.value);
    if (place && !sinks.some((sink) => sink.buffer === place.buffer))
      targets.push({ buffer: place.buffer, at: [...place.lead, ...at], accumulate: false });
    return targets;
  }
}

/** Coordinates of the same element where the memory is declared under another shape. */
function under(at: readonly Index[], shape: Shape, declared: Shape): readonly Index[] {
  if (sameShape(shape, declared) || declared.length === 0) return at;
  return declared.map((_, k) => (k === declared.length - 1 ? flatten(at, shape) : indexConstant(0)));
}
