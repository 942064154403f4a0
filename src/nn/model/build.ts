import { fail } from "../../base/errors.ts";
import { withBuilder } from "../../ir/builder.ts";
import { graphNodes, type Graph, type Output, type Value } from "../../ir/graph.ts";
import type { Cell, Declaration, DeclaredStep, FunctionGraph } from "../../ir/program.ts";
import { functionPhase, stepPhase } from "../../ir/phase.ts";
import { isBatch, sameType, typeText, type BatchDim } from "../../ir/type.ts";
import { opsOf } from "../../ops/table.ts";
import { ModelBuilder, type Declared } from "../context.ts";
import { tableOf } from "../table.ts";
import { isModel, type Model } from "./define.ts";
import { evaluateOutputs } from "./evaluate.ts";
import { matching } from "./frozen.ts";
import { commonRange, indexLimits } from "./limits.ts";
import { layoutOf } from "./layout.ts";
import { lossName } from "./result.ts";
import { runBuild, type Ran } from "./run.ts";
import { declaredSteps, totalLoss, trainedOf, type Trained } from "./steps.ts";
import { shown } from "../check.ts";

export interface BuildOptions {
  /** "f32" by default; "f64" makes every f32 of the model an f64. */
  readonly precision?: "f32" | "f64";
  /** The model file's base name. */
  readonly source?: string;
}

/**
 * A declaration with what differentiation needs: `builder` holds the nodes, so that derivatives share them.
 * `parameters` and `cells` list trainable ones first, so that what an optimizer updates is contiguous.
 */
export interface BuiltModel extends Declaration {
  readonly builder: ModelBuilder;
  /** The line of the defineModel call. */
  readonly line: string;
}

/** Runs a model's build function for training and for inference and gives its graphs. */
export function buildGraph(
  model: unknown,
  { precision = "f32", source = "" }: BuildOptions = {},
): BuiltModel {
  if (!isModel(model)) {
    return fail("model", `expected a model made by defineModel, found ${shown(model)}`, {
      hint: "the model file's default export must be defineModel({ … })",
    });
  }
  const builder = new ModelBuilder(precision);
  return withBuilder(builder, () => declarationOf(model, builder, source));
}

function declarationOf(model: Model, builder: ModelBuilder, source: string): BuiltModel {
  const { name, inputs: declared, frozen = [] } = model.declaration;
  const batch = batchOf(model);
  const training = runBuild(model, builder, true);
  const inference = runBuild(model, builder, false);
  checkAgreement(model, training, inference);

  const graphOf = (part: string, outputs: readonly Output[]): Graph => {
    const graph = { name: `${name}.${part}`, batch: batch?.max ?? null, outputs, origins: builder.origins };
    checkBatch(model, graph, batch);
    return graph;
  };
  const { parameters, states } = training.run;
  const still = matching(`frozen of model "${name}"`, frozen, [...parameters.keys()], model.line);
  const trained = trainedOf(model, training, still);
  const declaredOnes = declaredSteps(training, trained, graphOf);
  const all = [...parameters.values()].map((declared) => declared.leaf);
  const ordered = layoutOf(name, declaredOnes, all);
  const steps = declaredOnes.map((step): DeclaredStep => ({
    ...step,
    parameters: ordered.filter((value) => step.parameters.includes(value)),
  }));
  const evaluation = evaluateOutputs(
    inference,
    lossesOf(inference, trainedOf(model, inference, still)),
    batch,
  );
  const init = graphOf("init", assigns([...parameters, ...states]));
  const evaluate = evaluation.outputs.length > 0 ? graphOf("evaluate", evaluation.outputs) : null;
  const functions = [...inference.functions].map(([fn, outputs]): FunctionGraph => ({
    name: fn,
    graph: graphOf(
      fn,
      [...outputs].map(([output, value]) => ({ role: "output", name: output, value })),
    ),
  }));
  const table = opsOf(builder);
  const limits = [
    ...functions.map(({ name, graph }) => [functionPhase(name), graph] as const),
    ...(evaluate ? [["evaluate", evaluate] as const] : []),
    ...steps.map((step) => [stepPhase("forward", step), step.forward] as const),
  ].map(([phase, graph]) => [phase, indexLimits(graph, table)] as const);
  const inputCells = [...training.inputs].map(([input, value]): Cell => {
    const { limit } = declared[input];
    const own = limit === undefined ? undefined : { limit };
    const ranges = limits.flatMap(([phase, found]) => {
      const range = commonRange(own, found.get(value));
      return range ? [[phase, range] as const] : [];
    });
    const all = ranges.map(([, range]) => range).reduce(commonRange, own);
    return {
      kind: "input",
      name: input,
      type: value.type,
      ...all,
      ...(all ? { ranges: Object.fromEntries(ranges) } : {}),
    };
  });
  return {
    name,
    precision: builder.precision,
    source,
    batch: batch?.max ?? null,
    cells: [
      ...inputCells,
      ...ordered.map(cellOf),
      ...[...states.values()].map(({ leaf }) => cellOf(leaf)),
      ...steps.flatMap(({ forward }) => pendingCells(forward)),
      ...evaluation.totals.map(cellOf),
    ],
    metrics: evaluation.metrics,
    table: tableOf(Object.values(declared)),
    graphs: { init, functions, evaluate },
    steps,
    parameters: ordered,
    builder,
    line: model.line,
  };
}

/** The cell that a leaf reads. */
export const cellOf = ({ node, type }: Value): Cell => ({
  kind: node.op as Cell["kind"],
  name: String(node.attrs["name"]),
  type,
});

const assigns = (entries: readonly (readonly [string, Declared])[]): Output[] =>
  entries.flatMap(([name, { leaf, initial }]) =>
    initial ? [{ role: "assign" as const, name, value: initial, cell: leaf }] : [],
  );

/** The losses that evaluate reports: the model's own, then those of named steps. */
function lossesOf({ loss, steps, run }: Ran, trained: Trained): Map<string, Value> {
  const named = steps.filter((step) => step.name !== null);
  return new Map([
    ...(loss ? [["loss", totalLoss(loss, run.penalties)] as const] : []),
    ...named.map(
      (step) => [lossName(step.name), totalLoss(step.loss, run.penalties, trained.get(step))] as const,
    ),
  ]);
}

const pendingCells = ({ outputs }: Graph): Cell[] =>
  outputs.flatMap(({ cell }) => (cell?.node.op === "pending" ? [cellOf(cell)] : []));

/** The model's one batch dimension; two of them could not be told apart at run time. */
function batchOf({ declaration: { name, inputs }, line }: Model): BatchDim | null {
  const found = Object.values(inputs)
    .flatMap((input) => input.shape)
    .filter(isBatch);
  const other = found.find((dim) => dim.max !== found[0].max);
  if (other) {
    fail("shape", `the inputs of model "${name}" use batch(${found[0].max}) and batch(${other.max})`, {
      place: { source: line },
      hint: "a model has one batch dimension: const n = batch(64), used by every input",
    });
  }
  return found.length > 0 ? { times: 1, max: found[0].max } : null;
}

/** Refuses what a scan's body made and something else uses, such as the hook of a gradient. */
export function checkEscapes(name: string, line: string, graph: Graph): void {
  const node = graphNodes(graph).find(({ op }) => op === "placeholder");
  if (!node) return;
  const type = typeText(node.outputs[0].type);
  fail("value", `a value made from ${type} inside the body of scan is used outside it in model "${name}"`, {
    place: graph.origins.get(node)?.[0] ?? { source: line },
    hint: "return it from the body: as a carry, or as y to have it of all times",
  });
}

function checkBatch({ declaration: { name }, line }: Model, graph: Graph, batch: BatchDim | null): void {
  checkEscapes(name, line, graph);
  for (const node of graphNodes(graph)) {
    for (const { type } of node.outputs) {
      if (type.shape.every((dim) => !isBatch(dim) || dim.max === batch?.max)) continue;
      fail("shape", `${node.op} of model "${name}" makes ${typeText(type)} with a batch that no input has`, {
        place: graph.origins.get(node)?.[0] ?? { source: line },
        hint: "use the same batch(max) in the inputs and in build",
      });
    }
  }
}

function checkAgreement({ declaration: { name }, line }: Model, training: Ran, inference: Ran): void {
  const differs = (what: string, a: string, b: string): never =>
    fail(
      "model",
      `build of model "${name}" declares other ${what} in training (${a}) than in inference (${b})`,
      {
        place: { source: line },
        hint: "declare the same things in both modes and let only their values differ",
      },
    );
  const compare = (what: string, a: Iterable<string>, b: Iterable<string>): void => {
    const [left, right] = [[...a].join(", ") || "none", [...b].join(", ") || "none"];
    if (left !== right) differs(what, left, right);
  };
  compare("parameters", training.run.parameters.keys(), inference.run.parameters.keys());
  for (const [path, { leaf }] of training.run.parameters) {
    const again = inference.run.parameters.get(path)?.leaf;
    if (again && !sameType(leaf.type, again.type)) {
      differs("parameters", `"${path}": ${typeText(leaf.type)}`, `"${path}": ${typeText(again.type)}`);
    }
  }
  compare("states", training.run.states.keys(), inference.run.states.keys());
  compare("functions", training.functions.keys(), inference.functions.keys());
  for (const [fn, outputs] of training.functions) {
    const what = fn === "predict" ? "outputs" : `outputs of function "${fn}"`;
    compare(what, outputs.keys(), inference.functions.get(fn)!.keys());
  }
  compare("metrics", training.metrics.keys(), inference.metrics.keys());
  const stepNames = ({ steps }: Ran): string[] => steps.map((step) => step.name ?? "");
  compare("steps", stepNames(training), stepNames(inference));
  compare("losses", training.loss ? ["loss"] : [], inference.loss ? ["loss"] : []);
}
