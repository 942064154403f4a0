import type { Buffer } from "../../ir/kernel.ts";
import { sizeOf } from "../../ir/type.ts";
import { align16 } from "./layout.ts";
import { argumentList, loadLines, parameterList } from "./arguments.ts";
import { arrayClass } from "./function.ts";
import { numberText } from "./expr.ts";
import { memberOf, ownKey } from "./names.ts";
import { callsOf, callText, usesBatch, type ModuleContext } from "./skeleton.ts";

const indent = (lines: readonly string[], by = "    "): string[] => lines.map((line) => by + line);

/** Where a buffer's view starts: saved bytes from the start, scratch from wherever the scratch begins. */
function viewText(buffer: Buffer, context: ModuleContext): string {
  const place = context.memory.placements.get(buffer)!;
  const scratch = align16(context.memory.stateBytes);
  const offset = place.region === "saved" ? String(place.offset) : `scratch + ${place.offset - scratch}`;
  return `new ${arrayClass[buffer.dtype]}(buffer, ${offset.replace(/ \+ 0$/, "")}, ${sizeOf(buffer.shape)})`;
}
const viewLines = (buffers: readonly Buffer[], context: ModuleContext): string[] =>
  buffers.flatMap((buffer) => [
    `this.$${buffer.name} = ${viewText(buffer, context)};`,
    ...(buffer.values ? [`this.$${buffer.name}.set([${buffer.values.map(numberText).join(", ")}]);`] : []),
  ]);
const fieldLines = (buffers: readonly Buffer[]): string[] =>
  buffers.map((buffer) => `  readonly $${buffer.name}: ${arrayClass[buffer.dtype]};`);

/** The views of parameters (or their gradients) by name; they are the very views that kernels use. */
function cellObject(kind: "parameter" | "gradient", context: ModuleContext): string {
  const cells = context.program.cells.filter((cell) => cell.kind === "parameter");
  const entries = cells.flatMap((cell) => {
    const buffer = context.schedule.buffers.find((b) => b.cell?.kind === kind && b.cell.name === cell.name);
    return buffer ? [`${ownKey(cell.name)}: this.$${buffer.name}`] : [];
  });
  return entries.length > 0 ? `{ ${entries.join(", ")} }` : "{}";
}
const cellType = (kind: "parameter" | "gradient", context: ModuleContext): string =>
  kind === "parameter" ? `${context.className}["params"]` : `${context.className}["gradients"]`;

/** The half that predicts: parameters, the inputs and temporaries of prediction, nothing else. */
export function predictorLines(context: ModuleContext): string[] {
  const { types, program, needed, schedule, tables } = context;
  const inputs = needed.get("predict")!;
  const t = (text: string): string => (types ? text : "");
  const outputs = schedule.results.filter((result) => result.phase === "predict");
  const outputsObject = `{ ${outputs.map((o) => `${ownKey(o.name)}: this.$${o.buffer.name}`).join(", ")} }`;
  const fields = types
    ? [
        `  readonly params: ${cellType("parameter", context)};`,
        ...fieldLines(context.predictBuffers),
        ...(tables.powers ? ["  readonly $powers: Float64Array;"] : []),
        ...(tables.bits ? ["  readonly $bits: Float64Array;", "  readonly $words: Uint32Array;"] : []),
        `  readonly $outputs: ReturnType<${context.className}["predict"]>;`,
        "  $fresh: boolean;",
      ]
    : [];
  return [
    "class Predictor {",
    ...fields,
    `  constructor(buffer${t(": ArrayBuffer")}, scratch${t(": number")}) {`,
    ...indent(viewLines(context.predictBuffers, context)),
    `    this.params = ${cellObject("parameter", context)};`,
    ...(tables.powers ? ["    this.$powers = powersOfTwo();"] : []),
    ...(tables.bits
      ? ["    this.$bits = new Float64Array(1);", "    this.$words = new Uint32Array(this.$bits.buffer);"]
      : []),
    `    this.$outputs = ${outputsObject};`,
    "    this.$fresh = false;",
    "  }",
    `  predict(${parameterList(inputs, program.batch, types)})${t(`: ReturnType<${context.className}["predict"]>`)} {`,
    ...indent(loadLines(inputs, program.batch)),
    "    this.$fresh = false;",
    ...indent(callsOf("predict", context)),
    "    return this.$outputs;",
    "  }",
    "}",
  ];
}

/** The whole interface: state, gradients, hyper-parameters, and the step in its three parts. */
export function networkLines(context: ModuleContext): string[] {
  const { types, program, memory, schedule, loops } = context;
  const t = (text: string): string => (types ? text : "");
  const forwardInputs = context.needed.get("forward")!;
  const { training, update, evaluate } = program.graphs;
  const hypers = program.cells.filter((cell) => cell.kind === "hyper");
  const viewOf = (kind: string, name: string): Buffer | undefined =>
    schedule.buffers.find((b) => b.cell?.kind === kind && b.cell.name === name);
  const gradients = memory.regions.find((r) => r.region === "gradients")!;
  const totals = memory.regions.find((r) => r.region === "totals")!;
  const scratch = align16(memory.stateBytes);
  const loss = schedule.results.find((r) => r.phase === "forward");
  const float = program.precision === "f64" ? "Float64Array" : "Float32Array";
  const gradientSize = schedule.buffers
    .filter((b) => b.cell?.kind === "gradient")
    .reduce((sum, b) => sum + sizeOf(b.shape), 0);
  const batchArg = program.batch !== null ? "n" : "";
  const seedBuffer = viewOf("seed", "seed");
  const step = viewOf("state", "step");
  const buffers = context.otherBuffers;
  const has = (buffer: Buffer | undefined): boolean =>
    buffer !== undefined && (buffers.includes(buffer) || context.predictBuffers.includes(buffer));

  const fields = types
    ? [
        "  readonly state: Uint8Array;",
        ...(training
          ? [`  readonly gradients: ${cellType("gradient", context)};`, `  readonly $gradients: ${float};`]
          : []),
        ...(hypers.length > 0
          ? [
              `  readonly hyper: ${context.className}["hyper"];`,
              ...hypers.map(
                (h) =>
                  `  readonly ${hyperField(
                    h.name,
                    hypers.map((x) => x.name),
                  )}: Float64Array;`,
              ),
            ]
          : []),
        ...(step && !has(step) ? [`  readonly $${step.name}: Float64Array;`] : []),
        ...fieldLines(
          buffers.filter(
            (b) =>
              b.cell?.kind !== "hyper" ||
              !hypers.some(
                (h) =>
                  hyperField(
                    h.name,
                    hypers.map((x) => x.name),
                  ) === `$${b.name}`,
              ),
          ),
        ),
        ...(evaluate
          ? [
              "  readonly $totals: Uint8Array;",
              `  readonly $metrics: ReturnType<${context.className}["evaluate"]>;`,
            ]
          : []),
        ...(training && program.batch !== null ? ["  $n: number;"] : []),
      ]
    : [];
  const hyperNames = hypers.map((h) => h.name);
  const constructor = [
    `  constructor(buffer${t(": ArrayBuffer")}) {`,
    `    const scratch = ${scratch};`,
    "    super(buffer, scratch);",
    `    this.state = new Uint8Array(buffer, 0, ${memory.stateBytes});`,
    `    new Uint32Array(buffer, ${memory.stateBytes - 4}, 1)[0] = 0x${memory.layoutHash};`,
    ...indent(viewLines(buffers, context)),
    ...(step && !has(step) ? [`    this.$${step.name} = ${viewText(step, context)};`] : []),
    ...(training
      ? [
          `    this.gradients = ${cellObject("gradient", context)};`,
          ...(viewOf("gradients", "gradients") && has(viewOf("gradients", "gradients"))
            ? []
            : [
                `    this.$gradients = new ${float}(buffer, scratch + ${gradients.offset - scratch}, ${gradientSize});`,
              ]),
        ]
      : []),
    ...hypers.flatMap((cell) => {
      const buffer = viewOf("hyper", cell.name)!;
      return has(buffer) ? [] : [`    this.$${buffer.name} = ${viewText(buffer, context)};`];
    }),
    ...(hypers.length > 0 ? hyperLines(hyperNames, context) : []),
    ...(evaluate
      ? [
          `    this.$totals = new Uint8Array(buffer, scratch + ${totals.offset - scratch}, ${totals.bytes});`,
          `    this.$metrics = { ${program.metrics.map((m) => `${ownKey(m.name)}: ${metricStart(m.name, m.shape, context)}`).join(", ")} };`,
        ]
      : []),
    ...(training && program.batch !== null ? ["    this.$n = 0;"] : []),
    "  }",
  ];
  const init = [
    `  init(seed${t(": number")})${t(": void")} {`,
    `    this.state.fill(0, 0, ${memory.stateBytes - 4});`,
    ...hypers.map(
      (cell) => `    this.$${viewOf("hyper", cell.name)!.name}[0] = ${numberText(cell.initial ?? 0)};`,
    ),
    ...(seedBuffer && has(seedBuffer) ? [`    this.$${seedBuffer.name}[0] = seed;`] : []),
    "    this.$fresh = false;",
    ...indent(callsOf("init", context)),
    "  }",
  ];
  const lines = [`class Network extends Predictor {`, ...fields, ...constructor];
  if (step) lines.push(`  get step()${t(": number")} {`, `    return this.$${step.name}[0];`, "  }");
  lines.push(...init);
  if (training && loss) {
    const forwardBatch = usesBatch("forward", context) || usesBatch("backward", context);
    const runParams = program.batch !== null ? `n${t(": number")}` : "";
    lines.push(
      `  $load(${parameterList(forwardInputs, program.batch, types).replace(/ = .*$/, types ? "" : "")})${t(": void")} {`,
      ...indent(loadLines(forwardInputs, program.batch)),
      ...(program.batch !== null ? ["    this.$n = n;"] : []),
      "  }",
      `  $runForward(${runParams})${t(": void")} {`,
      ...indent(callsOf("forward", context)),
      ...(forwardBatch || runParams === "" ? [] : ["    void n;"]),
      "  }",
      `  $runBackward(${runParams})${t(": void")} {`,
      ...indent(callsOf("backward", context)),
      ...(usesBatch("backward", context) || runParams === "" ? [] : ["    void n;"]),
      "  }",
      `  forward(${parameterList(forwardInputs, program.batch, types)})${t(": number")} {`,
      `    this.$load(${argumentList(forwardInputs, program.batch)});`,
      `    this.$runForward(${batchArg});`,
      "    this.$fresh = true;",
      `    return this.$${loss.buffer.name}[0];`,
      "  }",
      `  backward(accumulate${t(": boolean")} = false)${t(": void")} {`,
      '    if (!this.$fresh) throw new RangeError("backward needs the values of a forward pass, and they are gone; call forward first");',
      "    if (!accumulate) this.$gradients.fill(0);",
      `    this.$runBackward(${program.batch !== null ? "this.$n" : ""});`,
      "    this.$fresh = false;",
      "  }",
    );
  }
  if (update && training && loss) {
    const body = loops.step
      ? [callText(loops.step, context)]
      : [
          `this.$runForward(${batchArg});`,
          "this.$gradients.fill(0);",
          `this.$runBackward(${batchArg});`,
          "this.update();",
        ];
    lines.push(
      `  update()${t(": void")} {`,
      "    this.$fresh = false;",
      ...indent(callsOf("update", context)),
      "  }",
      `  trainStep(${parameterList(forwardInputs, program.batch, types)})${t(": number")} {`,
      `    this.$load(${argumentList(forwardInputs, program.batch)});`,
      ...(loops.step ? ["    this.$fresh = false;"] : []),
      ...indent(body),
      `    return this.$${loss.buffer.name}[0];`,
      "  }",
    );
  }
  if (evaluate) {
    const inputs = context.needed.get("evaluate")!;
    const results = schedule.results.filter((r) => r.phase === "evaluate");
    lines.push(
      `  evaluate(${parameterList(inputs, program.batch, types)})${t(`: ReturnType<${context.className}["evaluate"]>`)} {`,
      ...indent(loadLines(inputs, program.batch)),
      "    this.$fresh = false;",
      ...indent(callsOf("evaluate", context)),
      ...program.metrics
        .filter((m) => m.shape.length === 0)
        .map(
          (m) =>
            `    ${memberOf("this.$metrics", m.name)} = this.$${results.find((r) => r.name === m.name)!.buffer.name}[0];`,
        ),
      "    return this.$metrics;",
      "  }",
      `  resetMetrics()${t(": void")} {`,
      "    this.$totals.fill(0);",
      "  }",
    );
  }
  lines.push("}");
  return lines;

  function hyperField(name: string, _all: readonly string[]): string {
    return `$${viewOf("hyper", name)!.name}`;
  }
}

/** Getters and setters over the saved scalars, so that an assignment is the whole story. */
function hyperLines(names: readonly string[], context: ModuleContext): string[] {
  const { types, schedule } = context;
  const views = names.map((name) =>
    schedule.buffers.find((b) => b.cell?.kind === "hyper" && b.cell.name === name)!,
  );
  return [
    ...views.map((view) => `    const ${view.name} = this.$${view.name};`),
    "    this.hyper = {",
    ...names.flatMap((name, k) => [
      `      get ${ownKey(name)}() { return ${views[k].name}[0]; },`,
      `      set ${ownKey(name)}(value${types ? ": number" : ""}) { ${views[k].name}[0] = value; },`,
    ]),
    "    };",
  ];
}

function metricStart(name: string, shape: readonly number[], { schedule }: ModuleContext): string {
  // A fraction makes V8 keep the field as a double from the start, so that assigning it never allocates.
  if (shape.length === 0) return "0.5";
  return `this.$${schedule.results.find((r) => r.phase === "evaluate" && r.name === name)!.buffer.name}`;
}
