import type { Backend } from "../ir/backend.ts";
import type { Graph, Value } from "../ir/graph.ts";
import type { TimeLoop } from "../ir/kernel.ts";
import type { OpTable } from "../ir/op.ts";
import type { Phase, PhaseKind } from "../ir/phase.ts";
import type { Inliner } from "./inline.ts";
import type { Names } from "./names.ts";
import type { Zeros } from "./zeros.ts";
import type { Alias } from "./flatten.ts";
import type { Place, Sink, Storage } from "./storage.ts";

/** What every kernel of one graph is made with. */
export interface KernelContext {
  readonly graph: Graph;
  readonly ops: OpTable;
  readonly backend: Backend;
  readonly inliner: Inliner;
  readonly storage: Storage;
  readonly phase: Phase;
  readonly kind: PhaseKind;
  readonly kernelNames: Names;
  readonly zeros: Zeros;
  /** The loops around the kernel. */
  readonly loops: readonly TimeLoop[];
  /** Values of bodies that are elements of values outside. */
  readonly aliases: ReadonlyMap<Value, Alias>;
  /** Places of values that other kernels read. */
  readonly buffers: ReadonlyMap<Value, Place>;
  /** Outputs of the graph by value. */
  readonly sinks: ReadonlyMap<Value, readonly Sink[]>;
}
