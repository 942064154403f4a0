import { isShort } from "../ir/arena.ts";
import { isLeaf, leafName, type LeafOp, type Output, type Value } from "../ir/graph.ts";
import { indexMod, type Index } from "../ir/index.ts";
import type { Buffer } from "../ir/kernel.ts";
import type { Phase } from "../ir/phase.ts";
import type { Cell } from "../ir/program.ts";
import { sizeOf, type DType, type Shape, type TensorType } from "../ir/type.ts";
import { identifierHint, type Names } from "./names.ts";

/** A place that a finished value is written to beside (or instead of) a temporary. */
export interface Sink {
  readonly buffer: Buffer;
  readonly accumulate: boolean;
  /** Coordinates before the value's own: the slot of a value that is stacked along time. */
  readonly lead?: readonly Index[];
}

/** Where a parameter or a gradient lies in the block of all that one optimizer updates. */
export interface Block {
  readonly buffer: Buffer;
  readonly start: number;
}

/** Where a value that other kernels read is found. */
export interface Place {
  readonly buffer: Buffer;
  readonly lead: readonly Index[];
  /** Set where the first coordinate goes round in so many slots. */
  readonly slots?: number | undefined;
}

/** How a parameter or a gradient is known where blocks are: gradients of one name belong to a step each. */
const memberKey = ({ kind, name, step }: NonNullable<Buffer["cell"]>): string =>
  `${kind} ${name} ${step ?? ""}`;

/** The coordinates of a load in a place. */
export const placed = ({ lead, slots }: Place, at: readonly Index[]): Index[] =>
  slots === undefined ? [...lead, ...at] : [indexMod(at[0], slots), ...at.slice(1)];

/** Fields and parameters that an emitted module needs for itself; a cell of such a name is called a little longer. */
const fields = new Set(
  "bits fresh gradients load metrics n net numbers outputs pending powers runBackward runForward running scalars totals wasm words".split(
    " ",
  ),
);

/** All buffers of one program: cells are shared by its graphs, temporaries belong to one of them. */
export class Storage {
  readonly buffers: Buffer[] = [];
  private readonly cells = new Map<string, Buffer>();
  private readonly constants = new Map<string, Buffer>();
  readonly names: Names;
  private readonly blocks = new Map<string, Block>();
  private readonly inNumbers: boolean;

  /** @param inNumbers whether short temporaries are kept as plain numbers */
  constructor(names: Names, inNumbers: boolean) {
    this.names = names;
    this.inNumbers = inNumbers;
  }

  /** The buffer of a cell; results and gradients of one name in different phases are told apart by `key`. */
  cell(
    kind: LeafOp | "gradient" | "result",
    name: string,
    { dtype, shape }: TensorType,
    { key = `${kind}:${name}`, step }: { readonly key?: string; readonly step?: string | null } = {},
  ): Buffer {
    const known = this.cells.get(key);
    if (known) return known;
    const clashes = kind !== "gradients" && fields.has(identifierHint(name));
    const hint =
      kind === "gradient"
        ? `d_${name}`
        : kind === "pending"
          ? `next_${name}`
          : clashes
            ? `${name}_values`
            : name;
    const buffer = this.add({
      name: this.names.fresh(hint),
      kind: "cell",
      dtype,
      shape,
      cell: step === undefined ? { kind, name } : { kind, name, step },
    });
    this.cells.set(key, buffer);
    return buffer;
  }

  /** Where a parameter or a gradient lies in the block of all that one optimizer updates; undefined outside of blocks. */
  blockOf({ cell }: Buffer): Block | undefined {
    return cell && this.blocks.get(memberKey(cell));
  }

  /** Learns what a block of parameters or gradients lies over. What several steps train lies in the blocks of each: any will do. */
  block({ kind, name, type, members = [], step }: Cell): void {
    const buffer = this.cell(kind, name, type);
    let start = 0;
    for (const member of members) {
      const key = memberKey(
        kind === "gradients" ? { kind: "gradient", name: member, step } : { kind: "parameter", name: member },
      );
      if (!this.blocks.has(key)) this.blocks.set(key, { buffer, start });
      start += sizeOf(this.cells.get(`parameter:${member}`)!.shape);
    }
  }

  /** Puts a temporary in the place of another, which nothing may name any more. */
  replace(buffer: Buffer, by: Buffer): void {
    this.buffers[this.buffers.indexOf(buffer)] = by;
  }

  /** The memory that a leaf or a constant tensor names. */
  ofLeaf(value: Value): Buffer {
    const { node, type } = value;
    if (isLeaf(node)) return this.cell(node.op as LeafOp, leafName(node), type);
    const values = node.attrs["values"] as readonly number[];
    const key = `${type.dtype}${JSON.stringify(type.shape)}${values.map((x) => (Object.is(x, -0) ? "-0" : x)).join()}`;
    const known = this.constants.get(key);
    if (known) return known;
    const buffer = this.add({
      name: this.names.fresh("constant"),
      kind: "constant",
      dtype: type.dtype,
      shape: type.shape,
      values,
    });
    this.constants.set(key, buffer);
    return buffer;
  }

  /** What the memory of a leaf is called. */
  nameOfLeaf(op: LeafOp, name: string): string {
    return this.cells.get(`${op}:${name}`)?.name ?? identifierHint(name);
  }

  /** Memory for what one kernel leaves to another, or a row of it to its own later loops. */
  temporary(
    hint: string,
    dtype: DType,
    shape: Shape,
    kind: "temporary" | "row" | "numbers" = "temporary",
  ): Buffer {
    const name = this.names.fresh(hint);
    const asNumbers = this.inNumbers && kind === "temporary" && dtype === "f32" && isShort(shape);
    return this.add(
      asNumbers ? { name, kind: "numbers", dtype: "f64", shape } : { name, kind, dtype, shape },
    );
  }

  /** Where an output of a phase's graph goes; a training graph belongs to a step. */
  sink({ phase, step }: { readonly phase: Phase; readonly step?: string | null }, output: Output): Sink {
    const { type } = output.value;
    const key = `${output.role}:${phase}/${output.name}`;
    if (output.role === "gradient")
      return { buffer: this.cell("gradient", output.name, type, { key, step }), accumulate: true };
    if (output.role === "assign" && output.cell)
      return { buffer: this.ofLeaf(output.cell), accumulate: false };
    const name = phase === "evaluate" ? `evaluate/${output.name}` : output.name;
    return { buffer: this.cell("result", name, type, { key }), accumulate: false };
  }

  private add(buffer: Buffer): Buffer {
    this.buffers.push(buffer);
    return buffer;
  }
}
