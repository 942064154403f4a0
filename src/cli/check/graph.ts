import { grad } from "../../autodiff/index.ts";
import { invariant } from "../../base/errors.ts";
import type { Compilation } from "../../compile.ts";
import { evaluate } from "../../eval/evaluate.ts";
import { ndarray, shapeAt } from "../../eval/ndarray.ts";
import { withBuilder } from "../../ir/builder.ts";
import {
  graphNodes,
  isLeaf,
  leafName,
  nodesOf,
  type Graph,
  type Node,
  type Output,
  type Value,
} from "../../ir/graph.ts";
import type { NDArray, OpTable } from "../../ir/op.ts";
import type { Cell } from "../../ir/program.ts";
import { extentAt, isFloat, maxOf, type Shape } from "../../ir/type.ts";
import { opsOf } from "../../ops/table.ts";
import { functionEntries, type StepEntry } from "../entries.ts";
import type { Net, NetStep, Spec } from "../train/module.ts";
import type { Finding, Situation } from "./situation.ts";
import { interpretTraining } from "./loops.ts";

/** Both compute in float64, but sum in other orders. */
const equalLimit = 1e-9;

export interface Compared {
  readonly findings: readonly Finding[];
  /** The gradient of the loss by each float input, which the module itself has no need to compute. */
  readonly inputGradients: ReadonlyMap<string, Float64Array>;
}

/** Evaluates the graphs naively on what the module was given and compares every result. */
export function compareWithGraph(
  compilation: Compilation,
  spec: Spec,
  net: Net,
  { inputs, n, loss, entry, gradients }: Situation,
): Compared {
  const { training, update, commit } = entry.graphs;
  const rows = n ?? 1;
  const table = opsOf(compilation.forward.builder);
  const { cells } = compilation.training;
  const values = (graph: Graph, more: readonly Value[] = []): NDArray[] =>
    graphValues(graph, table, (node) => heldBy(node, spec, net, inputs, cells, entry.step), rows, more);
  const findings: Finding[] = [];
  const wanted = floatInputs(training);
  const lossValue = training.outputs.find(({ role }) => role === "loss")!.value;
  const derived = withBuilder(compilation.forward.builder, () => grad(lossValue, wanted));
  const found = values(training, derived);
  const gradientsFound = found.filter((_, k) => training.outputs[k]?.role === "gradient");
  const largest = Math.max(0, ...gradientsFound.map(({ data }) => magnitude(data)));
  for (const [k, { role, name }] of training.outputs.entries()) {
    const { data } = found[k];
    if (role === "loss") findings.push(compare("loss against the graph", name, [loss], data));
    if (role === "gradient") {
      // Beside the largest, what is zero but for rounding is zero.
      const least = magnitude(data) < 1e-9 * largest ? 1e-2 * largest : 0;
      findings.push(compare("gradient against the graph", name, gradients.get(name) ?? [], data, least));
    }
  }
  findings.push(...compareWithLoops(compilation, spec, net, entry, inputs, rows, loss, gradients));
  // What is committed is what the forward pass assigned.
  const assigned = training.outputs.map((output, k) => ({ output, value: found[k] }));
  const expected = [
    ...(update ? values(update).map((value, k) => ({ output: update.outputs[k], value })) : []),
    ...assigned.filter(({ output }) => output.role === "assign"),
  ];
  if (update || commit) findings.push(...compareUpdate(expected, spec, net, entry, cells));
  const inputGradients = wanted.map(
    (input, k) => [leafName(input.node), found[training.outputs.length + k].data] as const,
  );
  return { findings, inputGradients: new Map(inputGradients) };
}

/** What every function gives, against its graph. */
export function compareFunctions(
  compilation: Compilation,
  spec: Spec,
  net: Net,
  inputs: Situation["inputs"],
  n: number | null,
): Finding[] {
  const { functions } = compilation.training.graphs;
  const table = opsOf(compilation.forward.builder);
  return functionEntries(compilation, spec, net).flatMap(({ name: fn, inputs: chosen, call }, f) => {
    const { graph } = functions[f];
    const outputs = call([...chosen.map((k) => inputs[k]), ...(n === null ? [] : [n])]);
    const predicted = graphValues(graph, table, (node) => heldBy(node, spec, net, inputs), n ?? 1);
    return graph.outputs.map(({ name, value }, k) => {
      const { data } = predicted[k];
      const found = ofRows(outputs[name], value.type.shape, n ?? 1);
      return compare("output against the graph", fn === "predict" ? name : `${fn}: ${name}`, found, data);
    });
  });
}

/** What a module gives for n rows: its arrays are laid out for the full batch, wherever that stands in the shape. */
export function ofRows(full: ArrayLike<number>, shape: Shape, n: number): number[] {
  let places = [0];
  for (const dim of shape) {
    const steps = Array.from({ length: extentAt(dim, n) }, (_, k) => k);
    places = places.flatMap((place) => steps.map((step) => place * maxOf(dim) + step));
  }
  return places.map((place) => full[place]);
}

/** A graph evaluated on what leaves hold. */
function graphValues(
  graph: Graph,
  table: OpTable,
  held: (node: Node) => ArrayLike<number>,
  rows: number,
  more: readonly Value[] = [],
): NDArray[] {
  const outputs = [...graph.outputs.map(({ value }) => value), ...more];
  return evaluate(outputs, feedOf(outputs, held, rows), { n: rows, table });
}

/** The interpreter does the same operations in the same order, so not one bit may differ. */
function compareWithLoops(
  compilation: Compilation,
  spec: Spec,
  net: Net,
  { graphs }: StepEntry,
  inputs: Situation["inputs"],
  rows: number,
  loss: number,
  gradients: Situation["gradients"],
): Finding[] {
  const given = new Map(spec.inputs.map(({ name }, k) => [name, inputs[k]]));
  const loops = interpretTraining(compilation, graphs, net.state, given, rows);
  return [
    { ...compare("loss against the loops", "loss", [loss], [loops.loss]), limit: 0 },
    ...[...loops.gradients].map(([name, values]) => ({
      ...compare("gradient against the loops", name, gradients.get(name) ?? [], values),
      limit: 0,
    })),
  ];
}

/** Lets the module update itself, compares what it assigned, and takes the update back. */
function compareUpdate(
  expected: readonly { readonly output: Output; readonly value: NDArray }[],
  spec: Spec,
  net: Net,
  { step }: StepEntry,
  cells: readonly Cell[],
): Finding[] {
  const before = net.state.slice();
  step.update();
  const findings = expected.map(({ output: { name, cell }, value }) => {
    // A pending cell is no part of the state; its value has gone to the state of the output's name.
    const found =
      cell?.node.op === "pending"
        ? stateOf(spec, net, name)
        : cell
          ? heldBy(cell.node, spec, net, [], cells, step)
          : [];
    return compare("update against the graph", name, found, value.data);
  });
  net.state.set(before);
  return findings;
}

/** The inputs that the loss reads and that can be moved. */
const floatInputs = (graph: Graph): Value[] =>
  graphNodes(graph)
    .filter((node) => node.op === "input" && isFloat(node.outputs[0].type.dtype))
    .map((node) => node.outputs[0]);

/** Every leaf that the outputs reach, with what it holds. */
function feedOf(
  outputs: readonly Value[],
  held: (node: Node) => ArrayLike<number>,
  n: number,
): ReadonlyMap<Node, NDArray> {
  const leaves = nodesOf(outputs).filter(isLeaf);
  return new Map(
    leaves.map((node) => {
      const { dtype, shape } = node.outputs[0].type;
      return [node, ndarray(dtype, shapeAt(shape, n), held(node))];
    }),
  );
}

/** What a leaf holds in the module now; a block is laid together from the parameters that it lies over. */
function heldBy(
  node: Node,
  spec: Spec,
  net: Net,
  inputs: Situation["inputs"],
  cells: readonly Cell[] = [],
  step?: NetStep,
): ArrayLike<number> {
  const name = leafName(node);
  if (node.op === "input") return inputs[spec.inputs.findIndex((input) => input.name === name)];
  if (node.op === "parameter") return net.params[name];
  if (node.op === "parameters" || node.op === "gradients") {
    const views = node.op === "parameters" ? net.params : (step?.gradients ?? {});
    const block = cells.find((cell) => cell.kind === node.op && cell.name === name);
    return (block?.members ?? []).flatMap((part) => Array.from(views[part]));
  }
  if (node.op === "averages") {
    const block = cells.find((cell) => cell.kind === node.op && cell.name === name);
    return (block?.members ?? []).flatMap((part) => Array.from(stateOf(spec, net, part)));
  }
  return stateOf(spec, net, name);
}

const readers: ReadonlyMap<string, (view: DataView, at: number) => number> = new Map([
  ["f32", (view: DataView, at: number) => view.getFloat32(at * 4, true)],
  ["f64", (view: DataView, at: number) => view.getFloat64(at * 8, true)],
  ["i32", (view: DataView, at: number) => view.getInt32(at * 4, true)],
  ["u32", (view: DataView, at: number) => view.getUint32(at * 4, true)],
  ["bool", (view: DataView, at: number) => view.getUint8(at)],
]);

/** A block of the state as numbers. */
function stateOf({ name: model, states }: Spec, net: Net, name: string): Float64Array {
  const block = states.find((state) => state.name === name);
  const read = block && readers.get(block.dtype);
  invariant(block && read, `the module of "${model}" keeps no state "${name}"`);
  const { buffer, byteOffset, byteLength } = net.state;
  const view = new DataView(buffer, byteOffset + block.offset, byteLength - block.offset);
  const size = block.shape.reduce((product, dim) => product * dim, 1);
  return Float64Array.from({ length: size }, (_, k) => read(view, k));
}

const magnitude = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest difference, relative to the largest number of the tensor, or to `least` where that is more. */
function compare(
  kind: string,
  name: string,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  least = 0,
): Finding {
  const largest = Math.max(magnitude(expected), least, 1e-6);
  let error = found.length === expected.length ? 0 : Infinity;
  for (let k = 0; k < expected.length; k++) {
    const difference = Object.is(found[k], expected[k]) ? 0 : Math.abs(found[k] - expected[k]) / largest;
    // A difference that is no number is as wrong as can be.
    error = Math.max(error, Number.isNaN(difference) ? Infinity : difference);
  }
  return { kind, name, elements: expected.length, error, limit: equalLimit };
}
