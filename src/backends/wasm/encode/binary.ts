import { invariant } from "../../../base/errors.ts";
import { Bytes } from "./bytes.ts";
import type { Code, Local } from "./code.ts";
import type { WasmFunction, WasmModule } from "./module.ts";
import { laneOps, memoryLaneOps, memoryOps, ownOps, plainOps, valueTypes, type Opcode, type ValueType } from "./opcodes.ts"; // prettier-ignore

const section = { custom: 0, type: 1, function: 3, memory: 5, export: 7, code: 10, data: 11 } as const;
const functionType = 0x60;
const emptyBlock = 0x40;

/** The binary format of a module. Names of functions and locals are left out unless asked for. */
export function encodeModule(module: WasmModule, options: { readonly names?: boolean } = {}): Uint8Array {
  const { functions, pages, data } = module;
  const numbers = new Map(functions.map(({ name }, k) => [name, k]));
  invariant(numbers.size === functions.length, "two functions of a module have one name");
  const signatures = functions.map(signatureOf);
  const types = [...new Set(signatures)];
  const exported = functions.filter((fn) => fn.exported !== null);

  const bytes = new Bytes().raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const add = (id: number, fill: (inside: Bytes) => unknown): void => {
    const inside = new Bytes();
    fill(inside);
    bytes.byte(id).sized(inside.done());
  };
  if (functions.length > 0) {
    add(section.type, (b) => b.list(types, (type) => writeType(functions[signatures.indexOf(type)], b)));
    add(section.function, (b) => b.list(signatures, (type) => b.unsigned(types.indexOf(type))));
  }
  add(section.memory, (b) => b.list([pages], () => b.byte(1).unsigned(pages).unsigned(pages)));
  add(section.export, (b) => {
    b.unsigned(exported.length + 1)
      .name("memory")
      .byte(2)
      .unsigned(0);
    for (const fn of exported) b.name(fn.exported!).byte(0).unsigned(numbers.get(fn.name)!);
  });
  if (functions.length > 0)
    add(section.code, (b) => b.list(functions, (fn) => b.sized(functionBody(fn, numbers))));
  if (data.length > 0) {
    add(section.data, (b) =>
      b.list(data, (segment) => {
        b.byte(0)
          .byte(ownOps["i32.const"])
          .signed(segment.offset | 0)
          .byte(ownOps.end);
        b.sized(segment.bytes);
      }),
    );
  }
  if (options.names) add(section.custom, (b) => writeNames(functions, b.name("name")));
  return bytes.done();
}

const typesText = (types: readonly ValueType[]): string => types.join(" ");
const signatureOf = ({ params, results }: WasmFunction): string =>
  `${typesText(params.map(({ type }) => type))} > ${typesText(results)}`;

function writeType({ params, results }: WasmFunction, bytes: Bytes): void {
  bytes.byte(functionType);
  bytes.list(params, ({ type }) => bytes.byte(valueTypes[type]));
  bytes.list(results, (type) => bytes.byte(valueTypes[type]));
}

/** The name section: of functions, and of their locals. */
function writeNames(functions: readonly WasmFunction[], bytes: Bytes): void {
  const add = (id: number, fill: (inside: Bytes) => unknown): void => {
    const inside = new Bytes();
    fill(inside);
    bytes.byte(id).sized(inside.done());
  };
  const numbered = functions.map((fn, k) => ({ fn, k }));
  add(1, (b) => b.list(numbered, ({ fn, k }) => b.unsigned(k).name(fn.name)));
  add(2, (b) =>
    b.list(numbered, ({ fn, k }) => {
      const locals = [...fn.params, ...fn.locals].map(({ name }, number) => ({ name, number }));
      const named = locals.filter(({ name }) => name !== "");
      b.unsigned(k).list(named, ({ name, number }) => b.unsigned(number).name(name));
    }),
  );
}

/** Neighbours of one type are declared together. */
function localRuns(locals: readonly Local[]): { type: ValueType; count: number }[] {
  const runs: { type: ValueType; count: number }[] = [];
  for (const { type } of locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ type, count: 1 });
  }
  return runs;
}

function functionBody(fn: WasmFunction, functions: ReadonlyMap<string, number>): Uint8Array {
  const bytes = new Bytes();
  const numbers = new Map([...fn.params, ...fn.locals].map((local, k) => [local, k]));
  const labels: (string | null)[] = [];
  const numberOf = (local: Local): number => {
    const number = numbers.get(local);
    invariant(number !== undefined, `${fn.name} uses the local ${local.name} without having it`);
    return number;
  };
  const opcode = (code: Opcode): Bytes =>
    typeof code === "number" ? bytes.byte(code) : bytes.byte(code[0]).unsigned(code[1]);
  const inside = (label: string | null, body: readonly Code[]): void => {
    labels.push(label);
    body.forEach(write);
    labels.pop();
  };
  const write = (code: Code): void => {
    if ("args" in code) code.args.forEach(write);
    switch (code.kind) {
      case "plain":
        return void opcode(plainOps[code.op]);
      case "memory":
        return void opcode(memoryOps[code.op].code).unsigned(code.align).unsigned(code.offset);
      case "memoryLane":
        opcode(memoryLaneOps[code.op].code).unsigned(code.align).unsigned(code.offset);
        return void bytes.byte(code.lane);
      case "lane":
        return void opcode(laneOps[code.op]).byte(code.lane);
      case "shuffle":
        return void opcode(ownOps["i8x16.shuffle"]).raw(Uint8Array.from(code.bytes));
      case "number":
        return writeNumber(code, bytes);
      case "vector": {
        opcode(ownOps["v128.const"]);
        const { shape, values } = code.value;
        for (const value of values)
          if (shape === "f32x4") bytes.f32(value);
          else if (shape === "f64x2") bytes.f64(value);
          else if (shape === "i32x4") bytes.i32(value);
          else bytes.byte(value);
        return;
      }
      case "get":
      case "set":
      case "tee":
        return void opcode(ownOps[`local.${code.kind}`]).unsigned(numberOf(code.local));
      case "call": {
        const number = functions.get(code.name);
        invariant(number !== undefined, `${fn.name} calls ${code.name}, which is not in the module`);
        return void opcode(ownOps.call).unsigned(number);
      }
      case "fill":
        return void opcode(ownOps["memory.fill"]).byte(0);
      case "block":
      case "loop":
        opcode(ownOps[code.kind]).byte(emptyBlock);
        inside(code.label, code.body);
        return void opcode(ownOps.end);
      case "if":
        write(code.test);
        opcode(ownOps.if).byte(code.result ? valueTypes[code.result] : emptyBlock);
        inside(null, code.then);
        if (code.otherwise.length > 0) {
          opcode(ownOps.else);
          inside(null, code.otherwise);
        }
        return void opcode(ownOps.end);
      case "branch": {
        if (code.test) write(code.test);
        const depth = labels.length - 1 - labels.lastIndexOf(code.label);
        invariant(depth < labels.length, `${fn.name} has no label ${code.label} here`);
        return void opcode(code.test ? ownOps.br_if : ownOps.br).unsigned(depth);
      }
      case "note":
        return;
    }
  };
  bytes.list(localRuns(fn.locals), ({ type, count }) => bytes.unsigned(count).byte(valueTypes[type]));
  fn.body.forEach(write);
  return opcode(ownOps.end).done();
}

function writeNumber({ type, value }: Code & { readonly kind: "number" }, bytes: Bytes): void {
  bytes.byte(ownOps[`${type}.const`]);
  if (type === "f32") bytes.f32(Number(value));
  else if (type === "f64") bytes.f64(Number(value));
  else bytes.signed(value);
}
