import { invariant } from "../base/errors.ts";
import { recomputation, type Origin } from "../ir/graph.ts";
import { indexAxis, indexConstant, type Axis } from "../ir/index.ts";
import type { Core, Item, Kernel, KernelDraft, KernelExpr, Nest, Stage } from "../ir/kernel.ts";
import { roomOf } from "../ir/op.ts";
import { collapseAxes } from "./collapse.ts";
import type { KernelContext } from "./context.ts";
import { describe } from "./describe.ts";
import { isTotal, sectionsOf, type Group } from "./group.ts";
import { coordinates } from "./inline.ts";
import { innerAxes, outerAxes, ownCoordinates, type Job } from "./job.ts";
import { Names } from "./names.ts";
import { asNumbers } from "./numbers.ts";
import { inPanels } from "./panels.ts";
import { sumInParts } from "./parts.ts";
import { recordOf } from "./record.ts";
import { housed, Surroundings, type Members } from "./residence.ts";
import { spreadRows } from "./rows.ts";
import { placed } from "./storage.ts";

/**
 * Turns a group of jobs into a kernel, with the decisions for the target. What it wants written out for it comes before
 * it.
 */
export function kernelOf(group: Group, context: KernelContext): Kernel[] {
  const { backend, kernelNames, storage, zeros } = context;
  const product = zeros.cut(draftOf(group, context));
  return asNumbers(product, backend, storage, kernelNames)
    .map((kernel) => collapseAxes(sumInParts(kernel, backend)))
    .flatMap((kernel) => inPanels(kernel, backend, storage, kernelNames))
    .map((kernel) => spreadRows({ ...kernel, record: recordOf(kernel, backend) }, backend, storage));
}

/** Stages, locals, and rows instead of buffers where nobody else reads. */
function draftOf(group: Group, context: KernelContext): KernelDraft {
  const sections = sectionsOf(group);
  const { before, loops, after } = sections;
  const locals = new Names();
  const { homes, stages: members } = housed(group, sections, locals);
  const around = new Surroundings(homes, group.depth, context);
  const outside = (job: Job): Item => outsideItem(job, around, locals);
  // Rows are known only once every reader is resolved, so their stores are added last.
  const stages = members
    .map(({ jobs }, k) => jobs.map((job) => stageItem(job, k, group.depth, around)))
    .map((items, k) => stageOf(members[k], items, around));
  const coreJob = group.jobs.find((job) => job.kind === "core");
  const nestJob = group.jobs.find((job) => job.kind === "nest");
  const result = coreJob ? resultStages(coreJob, group.depth, around, locals) : [];
  const outer = nestJob ? [] : outerAxes((loops[0] ?? group.jobs[0]).space.slice(0, group.depth));
  const core = coreJob ? coreOf(coreJob, context, around) : null;
  return {
    name: context.kernelNames.fresh(kernelHint(group, context)),
    doc: describe(group, context, core && { ...core, outer }),
    phase: context.phase,
    loops: context.loops,
    outer,
    core,
    nest: nestJob ? nestOf(nestJob, context, around) : null,
    stages: mergeStages([...result, ...stages]),
    before: before.map(outside),
    // A total that nothing stores is read as a local by what follows it.
    after: after.map(outside).filter((item, k) => item.targets.length > 0 || !isTotal(after[k])),
  };
}

function stageItem(job: Job, stage: number, depth: number, around: Surroundings): Item {
  const over = isTotal(job) ? "outer" : "inner";
  return {
    name: around.localOf(job),
    dtype: job.value.type.dtype,
    value: around.resolve(job.formula(depth), stage),
    reduce: job.reduction ? { op: job.reduction, over } : null,
    // A total's own targets are written after the loops, not at every point.
    targets: job.reduction && over === "outer" ? [] : around.targetsOf(job, ownCoordinates(job, depth)),
  };
}

function stageOf({ inner, jobs }: Members, items: readonly Item[], around: Surroundings): Stage {
  const axes = innerAxes(inner);
  const stored = items.map((item, k): Item => {
    const row = around.rowOf(jobs[k]);
    if (!row) return item;
    return {
      ...item,
      targets: [...item.targets, { buffer: row, at: axes.map(indexAxis), accumulate: false }],
    };
  });
  return { inner: axes, items: stored };
}

/** The stage that stores what a template folds, where it is stored itself. */
function resultStages(job: Job, depth: number, around: Surroundings, locals: Names): Stage[] {
  const targets = around.targetsOf(job, ownCoordinates(job, depth));
  if (targets.length === 0) return [];
  const { dtype } = job.value.type;
  const value: KernelExpr = { kind: "local", name: around.localOf(job), dtype };
  return [{ inner: [], items: [{ name: locals.fresh("result"), dtype, value, reduce: null, targets }] }];
}

/** What is computed once, before or after the loops. */
function outsideItem(job: Job, around: Surroundings, locals: Names): Item {
  const { dtype } = job.value.type;
  const at = ownCoordinates(job, 0).map(() => indexConstant(0));
  const targets = around.targetsOf(job, at);
  if (!isTotal(job)) {
    const value = around.resolve(job.formula(0), Infinity);
    return { name: around.localOf(job), dtype, value, reduce: null, targets };
  }
  const value: KernelExpr = { kind: "local", name: around.localOf(job), dtype };
  return { name: locals.fresh("total"), dtype, value, reduce: null, targets };
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

function coreOf(job: Job, { inliner, ops }: KernelContext, around: Surroundings): Core {
  const { lower } = roomOf(ops, job.node.op);
  invariant(lower.kind === "template", `${job.node.op} is no template`);
  const depth: readonly Axis[] = innerAxes(inliner.depth(job.node));
  const out = coordinates(job.value.type.shape, outerAxes(job.space).map(indexAxis));
  const operands = inliner.operands(job.node, out, depth.map(indexAxis)).map((operand) => {
    invariant(operand.kind === "load", `an operand of ${job.node.op} is not a plain view`);
    const place = around.placeOf(operand.from);
    return { buffer: place.buffer, at: placed(place, operand.at) };
  });
  const { dtype } = job.value.type;
  return { template: lower.template, depth, operands, result: around.localOf(job), dtype };
}

function nestOf(job: Job, context: KernelContext, around: Surroundings): Nest {
  const { lower } = roomOf(context.ops, job.node.op);
  invariant(lower.kind === "nest", `${job.node.op} is no nest`);
  const own = context.buffers.get(job.value);
  const output = own?.buffer ?? context.sinks.get(job.value)?.[0]?.buffer;
  invariant(output && (own || lower.adds), `the nest ${job.node.op} has no output buffer`);
  const arrays = [...job.node.inputs.map((input) => around.placeOf(input).buffer), output];
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
