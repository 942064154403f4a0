import type { Graph, Value } from "../ir/graph.ts";
import type { Buffer } from "../ir/kernel.ts";
import type { OpTable } from "../ir/op.ts";
import type { Phase, PhaseKind } from "../ir/phase.ts";
import type { Inliner } from "./inline.ts";
import type { Names } from "./names.ts";
import type { Sink, Storage } from "./storage.ts";

/** What every kernel of one graph is made with. */
export interface KernelContext {
  readonly graph: Graph;
  readonly ops: OpTable;
  readonly inliner: Inliner;
  readonly storage: Storage;
  readonly phase: Phase;
  readonly kind: PhaseKind;
  readonly kernelNames: Names;
  /** Buffers of values that other kernels read. */
  readonly buffers: ReadonlyMap<Value, Buffer>;
  /** Outputs of the graph by value. */
  readonly sinks: ReadonlyMap<Value, readonly Sink[]>;
}
