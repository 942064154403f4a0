import { invariant } from "../base/errors.ts";
import { hashOf } from "../base/hash.ts";
import type { MemoryPlan, Placement, Region } from "../ir/arena.ts";
import type { Buffer, Schedule } from "../ir/kernel.ts";
import type { LeafOp } from "../ir/graph.ts";
import { entriesOf } from "../ir/phase.ts";
import type { Program } from "../ir/program.ts";
import { bytesOf, sizeOf, typeText, tensorType } from "../ir/type.ts";
import { align, bytesOfBuffer, tenantsOf } from "./lives.ts";
import { peakOf, placeTenants } from "./place.ts";

/** Fixes every byte: saved cells first, then scratch. */
export function plan(program: Program, schedule: Schedule): MemoryPlan {
  const placements = new Map<Buffer, Placement>();
  const cells = new Map(
    schedule.buffers.filter((b) => b.cell).map((b) => [`${b.cell!.kind}:${b.cell!.name}`, b]),
  );
  const put = (buffer: Buffer, region: Region, offset: number): void => {
    placements.set(buffer, { buffer, region, offset, bytes: bytesOfBuffer(buffer), life: null });
  };
  const find = (kind: string, name: string): Buffer | undefined => cells.get(`${kind}:${name}`);

  // Saved: parameters side by side, in the order in which blocks lie over them, model state, then slots; the layout
  // hash closes it.
  let end = 0;
  for (const cell of program.cells.filter(({ kind }) => kind === "parameter")) {
    put(find("parameter", cell.name)!, "saved", end);
    end += sizeOf(cell.type.shape, cell.name) * bytesOf[cell.type.dtype];
  }
  /** A block lies over its members, which are side by side. */
  const putBlocks = (
    kind: LeafOp,
    member: (name: string, step: string | null) => Buffer | undefined,
    region: Region,
  ): void => {
    for (const { name, members = [], step = null } of program.cells.filter((cell) => cell.kind === kind)) {
      const block = find(kind, name);
      const places = members.map((one) => placements.get(member(one, step)!)!);
      if (!block || places.length === 0) continue;
      for (const [k, place] of places.slice(1).entries()) {
        const end = places[k].offset + places[k].bytes;
        invariant(place.offset === end, `the parts of block "${name}" are not side by side`);
      }
      put(block, region, places[0].offset);
    }
  };
  putBlocks("parameters", (name) => find("parameter", name), "saved");
  for (const kind of ["state", "hyper"]) {
    for (const cell of program.cells.filter((c) => c.kind === kind)) {
      end = align(end, bytesOf[cell.type.dtype]);
      put(find(kind, cell.name)!, "saved", end);
      end += sizeOf(cell.type.shape, cell.name) * bytesOf[cell.type.dtype];
    }
  }
  putBlocks("averages", (name) => find("state", name), "saved");
  const predictorStateBytes = align(end, 4);
  for (const cell of program.cells.filter((c) => c.kind === "slot")) {
    end = align(end, bytesOf[cell.type.dtype]);
    put(find("slot", cell.name)!, "saved", end);
    end += sizeOf(cell.type.shape, cell.name) * bytesOf[cell.type.dtype];
  }
  const stateBytes = align(end, 4) + 4;

  const regions: { region: Region; offset: number; bytes: number }[] = [
    { region: "saved", offset: 0, bytes: stateBytes },
  ];
  let offset = align(stateBytes);
  const region = (name: Region, buffers: readonly Buffer[], to?: number): void => {
    const start = offset;
    for (const buffer of buffers) {
      put(buffer, name, offset);
      offset += align(bytesOfBuffer(buffer), to);
    }
    regions.push({ region: name, offset: start, bytes: offset - start });
  };
  region(
    "constants",
    schedule.buffers.filter((b) => b.kind === "constant"),
  );
  region(
    "inputs",
    schedule.buffers.filter((b) => b.cell?.kind === "input" || b.cell?.kind === "seed"),
  );

  const persistentBefore = offset;
  const isResult = (buffer: Buffer): boolean => buffer.cell?.kind === "result";
  // A loss is read after the update that follows, whose temporaries must not take its place.
  const steps = new Set(entriesOf(program).flatMap(({ kind, phases }) => (kind === "step" ? phases : [])));
  const losses = new Set(schedule.results.flatMap(({ phase, buffer }) => (steps.has(phase) ? [buffer] : [])));
  const isTemporary = (buffer: Buffer): boolean =>
    buffer.kind === "temporary" || buffer.kind === "row" || (isResult(buffer) && !losses.has(buffer));
  // Entries are planned one by one over the same temporary region.
  const plans = entriesOf(program).map(({ kind, phases }) => {
    const kernels = phases.flatMap((phase) => schedule.kernels.filter((kernel) => kernel.phase === phase));
    const tenants = tenantsOf(kernels, isTemporary, isResult);
    return { kind, tenants, ...placeTenants(tenants), peak: peakOf(tenants, kernels.length) };
  });
  for (const { tenants, offsets } of plans) {
    for (const tenant of tenants) {
      for (const buffer of tenant.buffers) {
        invariant(!placements.has(buffer), `${buffer.name} has two places`);
        const life = [tenant.first, tenant.last] as const;
        placements.set(buffer, {
          buffer,
          region: "temporary",
          offset: offset + offsets.get(tenant)!,
          bytes: bytesOfBuffer(buffer),
          life,
        });
      }
    }
  }
  const temporary = Math.max(0, ...plans.map((p) => p.bytes));
  const predictTemporary = Math.max(0, ...plans.filter((p) => p.kind === "function").map((p) => p.bytes));
  regions.push({ region: "temporary", offset, bytes: temporary });
  const predictorBytes = offset + predictTemporary;
  offset += temporary;

  const gradientsStart = offset;
  // Every step has gradients of its own, in the order of its parameters.
  const gradients = schedule.buffers.filter((b) => b.cell?.kind === "gradient");
  const gradientOf = (name: string, step: string | null): Buffer | undefined =>
    gradients.find(({ cell }) => cell!.name === name && cell!.step === step);
  for (const { name: step, training } of program.graphs.steps) {
    for (const { name } of training.outputs.filter(({ role }) => role === "gradient")) {
      const buffer = gradientOf(name, step)!;
      put(buffer, "gradients", offset);
      offset += bytesOfBuffer(buffer);
    }
    offset = align(offset);
  }
  putBlocks("gradients", gradientOf, "gradients");
  offset = align(offset);
  regions.push({ region: "gradients", offset: gradientsStart, bytes: offset - gradientsStart });
  region(
    "pending",
    schedule.buffers.filter((b) => b.cell?.kind === "pending" || losses.has(b)),
  );
  region(
    "totals",
    schedule.buffers.filter((b) => b.cell?.kind === "total"),
    8,
  );

  const peak = Math.max(0, ...plans.map((p) => p.peak));
  const liveBoundBytes = persistentBefore + peak + (offset - gradientsStart);
  const saved = [...placements.values()].filter((p) => p.region === "saved");
  return {
    placements,
    regions,
    stateBytes,
    predictorStateBytes,
    predictorBytes,
    arenaBytes: offset,
    liveBoundBytes,
    layoutHash: hashOf(saved.map(placeText).join("\n")).toString(16).padStart(8, "0"),
  };
}

const placeText = ({ buffer, offset }: Placement): string =>
  `${buffer.cell?.kind}:${buffer.cell?.name}:${typeText(tensorType(buffer.dtype, buffer.shape))}@${offset}`;
