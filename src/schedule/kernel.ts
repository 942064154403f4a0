import { invariant } from "../base/errors.ts";
import type { Expr } from "../ir/expr.ts";
import { isLeaf, recomputation, type Origin, type Value } from "../ir/graph.ts";
import { flatten, indexAxis, indexConstant, sameIndex, type Axis, type Index } from "../ir/index.ts";
import { roomOf } from "../ir/op.ts";
import type { Buffer, Core, Item, Kernel, KernelExpr, Nest, Stage, Target } from "../ir/kernel.ts";
import type { Shape } from "../ir/type.ts";
import { sameShape } from "../ir/type.ts";
import type { KernelContext } from "./context.ts";
import { collapseAxes } from "./collapse.ts";
import { describe } from "./describe.ts";
import { isTotal, jobLoads, sectionsOf, type Group } from "./group.ts";
import { coordinates } from "./inline.ts";
import { formulaAt, innerAxes, outerAxes, ownCoordinates, type Job } from "./job.ts";
import { Names, valueHint } from "./names.ts";
import { inPanels } from "./panels.ts";
import { sumInParts } from "./parts.ts";
import { recordOf } from "./record.ts";
import { spreadRows } from "./rows.ts";
import { placed, type Place } from "./storage.ts";

/** Where a member's value is found by later items of its kernel. */
interface Residence {
  readonly job: Job;
  readonly stage: number;
  readonly local: string;
  row: Buffer | null;
}

/**
 * Turns a group of jobs into a kernel: stages, locals and rows instead of buffers where nobody else reads. What it
 * wants written out for it comes before it.
 */
export function kernelOf(group: Group, context: KernelContext): Kernel[] {
  const { inliner, storage, graph } = context;
  const { depth } = group;
  const { before, loops, after } = sectionsOf(group, inliner);
  const outer = outerAxes((loops[0] ?? group.jobs[0]).space.slice(0, depth));
  const locals = new Names();
  const homes = new Map<Value, Residence>();

  const stageDims: Shape[] = [];
  const members: Job[][] = [];
  for (const job of group.jobs) {
    const local = locals.fresh(job.kind === "core" ? "sum" : job.node.op);
    if (job.kind === "nest" || (!loops.includes(job) && !before.includes(job))) {
      homes.set(job.value, { job, stage: Infinity, local, row: null });
      continue;
    }
    if (job.kind === "core" || before.includes(job)) {
      homes.set(job.value, { job, stage: -1, local, row: null });
      continue;
    }
    const inner = job.space.slice(depth);
    let earliest = 0;
    for (const load of jobLoads(job, depth, inliner)) {
      const source = homes.get(load.from);
      if (!source) continue;
      const together = source.stage >= 0 && readsInStep(source.job, inner, load.at, depth);
      earliest = Math.max(earliest, source.stage + (together ? 0 : 1));
    }
    let stage = stageDims.findIndex((dims, k) => k >= earliest && sameShape(dims, inner));
    if (stage < 0) stage = stageDims.push(inner) - 1;
    (members[stage] ??= []).push(job);
    homes.set(job.value, { job, stage, local, row: null });
  }

  /** Rewrites loads of members as locals, rows or buffers, as seen from a stage. */
  const resolve = (expr: Expr, stage: number): KernelExpr => {
    if (expr.kind === "op") return { ...expr, args: expr.args.map((arg) => resolve(arg, stage)) };
    if (expr.kind === "guard") {
      return {
        ...expr,
        test: resolve(expr.test, stage),
        yes: resolve(expr.yes, stage),
        no: resolve(expr.no, stage),
      };
    }
    if (expr.kind !== "load") return expr;
    const home = homes.get(expr.from);
    if (!home) return loadOf(placeOf(expr.from), expr);
    const { job } = home;
    const inner = job.kind === "each" ? job.space.slice(depth) : [];
    if (home.stage === stage || inner.length === 0)
      return { kind: "local", name: home.local, dtype: expr.dtype };
    const place = context.buffers.get(expr.from);
    if (place) return loadOf(place, expr);
    home.row ??= storage.temporary(`${valueHint(graph, expr.from)}_row`, expr.dtype, inner, "row");
    const own = expr.at.filter((_, k) => expr.from.type.shape[k] !== 1);
    return { kind: "load", buffer: home.row, at: own.slice(depth), dtype: expr.dtype };
  };
  const loadOf = (place: Place, { at, dtype }: Expr & { kind: "load" }): KernelExpr => ({
    kind: "load",
    buffer: place.buffer,
    at: placed(place, at),
    dtype,
  });
  const placeOf = (value: Value): Place => {
    const place =
      isLeaf(value.node) || value.node.op === "tensor"
        ? { buffer: storage.ofLeaf(value), lead: [] }
        : context.buffers.get(value);
    invariant(place, `no buffer for ${value.node.op} #${value.node.id}`);
    return place;
  };
  const targetsOf = (job: Job, at: readonly Index[]): Target[] => {
    const sinks = context.sinks.get(job.value) ?? [];
    const targets = sinks.map(({ buffer, accumulate, lead = [] }): Target => ({
      buffer,
      accumulate,
      at: lead.length > 0 ? [...lead, ...at] : under(at, job.value.type.shape, buffer.shape),
    }));
    const place = context.buffers.get(job.value);
    if (place && !sinks.some((sink) => sink.buffer === place.buffer))
      targets.push({ buffer: place.buffer, at: [...place.lead, ...at], accumulate: false });
    return targets;
  };
  const localOf = (job: Job): string => homes.get(job.value)!.local;

  const stages = members.map((jobs, stage): Stage => {
    const items = jobs.map((job): Item => {
      const reduce = job.reduction
        ? ({ op: job.reduction, over: isTotal(job) ? "outer" : "inner" } as const)
        : null;
      const value = resolve(formulaAt(job, depth), stage);
      return {
        name: localOf(job),
        dtype: job.value.type.dtype,
        value,
        reduce,
        targets: targetsOf(job, ownCoordinates(job, depth)),
      };
    });
    return { inner: innerAxes(stageDims[stage]), items };
  });
  // Rows are known only once every reader is resolved, so their stores are added last.
  const withRows = stages.map((stage, k): Stage => {
    const items = stage.items.map((item, m): Item => {
      const row = homes.get(members[k][m].value)!.row;
      return row
        ? {
            ...item,
            targets: [...item.targets, { buffer: row, at: stage.inner.map(indexAxis), accumulate: false }],
          }
        : item;
    });
    return { ...stage, items };
  });

  const coreJob = group.jobs.find((job) => job.kind === "core");
  const core = coreJob ? coreOf(coreJob, localOf(coreJob), context, placeOf) : null;
  if (coreJob) {
    const targets = targetsOf(coreJob, ownCoordinates(coreJob, depth));
    if (targets.length > 0) {
      const value: KernelExpr = { kind: "local", name: localOf(coreJob), dtype: coreJob.value.type.dtype };
      const item: Item = { name: locals.fresh("result"), dtype: value.dtype, value, reduce: null, targets };
      withRows.unshift({ inner: [], items: [item] });
    }
  }
  const outsideItem = (job: Job): Item => {
    const total = isTotal(job);
    const at = ownCoordinates(job, 0).map(() => indexConstant(0));
    const value: KernelExpr = total
      ? { kind: "local", name: localOf(job), dtype: job.value.type.dtype }
      : resolve(formulaAt(job, 0), Infinity);
    const name = total ? locals.fresh("total") : localOf(job);
    return { name, dtype: job.value.type.dtype, value, reduce: null, targets: targetsOf(job, at) };
  };
  // A total that nothing stores is read as a local by what follows it.
  const afterItems = after
    .map(outsideItem)
    .filter((item, k) => item.targets.length > 0 || !isTotal(after[k]));
  // A total's own targets are written after the loops, not at every point.
  const loopStages = withRows.map((stage) => ({
    ...stage,
    items: stage.items.map((item) => (item.reduce?.over === "outer" ? { ...item, targets: [] } : item)),
  }));

  const nestJob = group.jobs.find((job) => job.kind === "nest");
  const draft = {
    name: context.kernelNames.fresh(kernelHint(group, context)),
    doc: describe(group, context),
    phase: context.phase,
    loops: context.loops,
    outer: nestJob ? [] : outer,
    core,
    nest: nestJob ? nestOf(nestJob, context, placeOf) : null,
    stages: mergeStages(loopStages),
    before: before.map(outsideItem),
    after: afterItems,
  };
  const { backend, kernelNames } = context;
  const kernel = collapseAxes(sumInParts(draft, backend));
  return inPanels(kernel, backend, storage, kernelNames).map((one) =>
    spreadRows({ ...one, record: recordOf(one, backend) }, backend, storage),
  );
}

/** Coordinates of the same element where the memory is declared under another shape. */
function under(at: readonly Index[], shape: Shape, declared: Shape): readonly Index[] {
  if (sameShape(shape, declared) || declared.length === 0) return at;
  return declared.map((_, k) => (k === declared.length - 1 ? flatten(at, shape) : indexConstant(0)));
}

/** True where `at` is the element that the source's own stage computes at the same step of its inner loop. */
function readsInStep(source: Job, inner: Shape, at: readonly Index[], depth: number): boolean {
  if (source.kind !== "each" || !sameShape(source.space.slice(depth), inner)) return false;
  const own = at.filter((_, k) => source.value.type.shape[k] !== 1).slice(depth);
  return innerAxes(inner).every((axis, k) => sameIndex(own[k], indexAxis(axis)));
}

/** Neighbouring stages over the same inner axes need only one loop when nothing is folded between them. */
const mergeStages = (stages: readonly Stage[]): Stage[] =>
  stages.reduce<Stage[]>((done, stage) => {
    const last = done.at(-1);
    if (last && last.inner.length === 0 && stage.inner.length === 0) {
      done[done.length - 1] = { inner: [], items: [...last.items, ...stage.items] };
    } else done.push(stage);
    return done;
  }, []);

function coreOf(job: Job, result: string, context: KernelContext, placeOf: (value: Value) => Place): Core {
  const { inliner, ops } = context;
  const { lower } = roomOf(ops, job.node.op);
  invariant(lower.kind === "template", `${job.node.op} is no template`);
  const depth: readonly Axis[] = innerAxes(inliner.depth(job.node));
  const out = coordinates(job.value.type.shape, outerAxes(job.space).map(indexAxis));
  const operands = inliner.operands(job.node, out, depth.map(indexAxis)).map((operand) => {
    invariant(operand.kind === "load", `an operand of ${job.node.op} is not a plain view`);
    const place = placeOf(operand.from);
    return { buffer: place.buffer, at: placed(place, operand.at) };
  });
  return { template: lower.template, depth, operands, result, dtype: job.value.type.dtype };
}

function nestOf(job: Job, context: KernelContext, placeOf: (value: Value) => Place): Nest {
  const { lower } = roomOf(context.ops, job.node.op);
  invariant(lower.kind === "nest", `${job.node.op} is no nest`);
  const own = context.buffers.get(job.value);
  const output = own?.buffer ?? context.sinks.get(job.value)?.[0]?.buffer;
  invariant(output && (own || lower.adds), `the nest ${job.node.op} has no output buffer`);
  const arrays = [...job.node.inputs.map((input) => placeOf(input).buffer), output];
  const sizes = lower.sizes(context.inliner.context(job.node));
  const clear = own !== undefined && lower.adds === true;
  return { template: lower.template, arrays, sizes, clear, accumulate: own === undefined };
}

/** A kernel is named after the last thing it leaves behind: a gradient, a cell, or else the value others read. */
function kernelHint(group: Group, { graph, sinks, buffers }: KernelContext): string {
  const entry = graph.name.split(".").at(-1);
  for (const job of [...group.jobs].reverse()) {
    const sink = sinks.get(job.value)?.[0];
    const cell = sink?.buffer.cell;
    if (cell)
      return sink.accumulate
        ? `${cell.name}_gradient`
        : cell.name.startsWith("evaluate/")
          ? cell.name
          : `${entry}_${cell.name}`;
  }
  const originOf = (job: Job): Origin | undefined => graph.origins.get(job.node)?.[0];
  const left = [...group.jobs].reverse().filter((job) => buffers.has(job.value));
  // What a backward kernel will want may be computed on the way; the kernel is still the forward one.
  const read = left.find((job) => originOf(job)?.gradientOf === undefined) ?? left.at(0) ?? group.jobs[0];
  const origin = originOf(read);
  if (!origin?.layer) return `${entry}_${read.node.op}`;
  if (origin.gradientOf === recomputation) return `${origin.layer}_again`;
  return `${origin.layer}_${origin.gradientOf ? "backward" : "forward"}`;
}
