import { invariant } from "../../base/errors.ts";
import type { DType } from "../../ir/type.ts";
import { w, type Code, type Local, type VectorConstant } from "./encode/code.ts";
import { floatText } from "./encode/number-text.ts";
import type { ValueType } from "./encode/opcodes.ts";
import { anything, type Atom, type Linear, type Range } from "./linear.ts";
import { Loops } from "./loops.ts";
import { Scope } from "./scope.ts";
import type { Variable } from "./variable.ts";

/** Where an array of a function is: bytes from the start of memory, and what a call passes if calls differ. */
export interface ArrayPlace {
  readonly dtype: DType;
  readonly base: number;
  readonly address: Atom | null;
  /** True where the base is part of addresses, and not of every offset. */
  readonly apart: boolean;
}

/** Vector constants that are made in one place, before what reads them. */
interface Constants {
  readonly scope: Scope;
  readonly locals: Map<string, Local>;
  readonly code: Code[];
}

/** What is known while one function is written. */
export class Context {
  readonly root = new Scope();
  readonly loops = new Loops();
  readonly arrays = new Map<string, ArrayPlace>();
  /** Functions of the module that this one calls: of its own library, and scalar functions on lanes. */
  readonly called = new Set<string>();
  private scope: Scope = this.root;
  private variables = new Map<string, Variable>();
  /** Vector constants go into locals, since one inside a loop is made anew in each round; the innermost place comes last. */
  private readonly constants: Constants[] = [{ scope: this.root, locals: new Map(), code: [] }];
  private readonly constantIn = new Map<Local, VectorConstant>();
  private readonly atoms = new Map<string, Atom>();
  private count = 0;

  /** Runs `inside` in a scope of its own, of which names and locals end with it. */
  within<T>(inside: (scope: Scope) => T): T {
    const [scope, variables] = [this.scope, this.variables];
    this.scope = scope.open();
    this.variables = new Map(variables);
    const result = inside(this.scope);
    [this.scope, this.variables] = [scope, variables];
    return result;
  }

  /** What a function does first. */
  get start(): readonly Code[] {
    return this.constants[0].code;
  }

  /**
   * Code that comes after the loops of a block. Constants that it alone reads are made right before it: over the loops they
   * would take registers from a tile.
   */
  afterLoops(inside: () => Code[]): Code[] {
    const here: Constants = { scope: this.scope, locals: new Map(), code: [] };
    this.constants.push(here);
    const code = inside();
    this.constants.pop();
    return [...here.code, ...code];
  }

  define(variable: Variable): void {
    this.variables.set(variable.name, variable);
  }
  variable(name: string): Variable {
    const found = this.variables.get(name);
    invariant(found, `"${name}" is not defined here`);
    return found;
  }
  array(name: string): ArrayPlace {
    const found = this.arrays.get(name);
    invariant(found, `"${name}" is not an array parameter`);
    return found;
  }
  local = (name: string, type: ValueType): Local => this.scope.add(name, type);

  /** An atom of its own for each `key`, or always a new one. */
  atom(key: string | null, made: Omit<Atom, "id">): Atom {
    const known = key === null ? undefined : this.atoms.get(key);
    if (known) return known;
    const atom: Atom = { ...made, id: this.count++ };
    if (key !== null) this.atoms.set(key, atom);
    return atom;
  }

  /** The atom of a whole number that lies in a variable's local. */
  atomOf(variable: Omit<Variable, "form">, range: Range = anything): Atom {
    const { local } = variable;
    invariant(local, `${variable.name} has no local`);
    return this.atom(null, {
      range,
      reads: [variable],
      named: true,
      pinned: false,
      code: () => w.get(local),
    });
  }

  /** A value that is needed twice: the code that comes first and the code for every later use. */
  twice(value: Code, type: ValueType): readonly [first: Code, again: Code] {
    if (value.kind === "get" || value.kind === "number") return [value, value];
    const local = this.local("t", type);
    return [w.tee(local, value), w.get(local)];
  }

  vector(value: VectorConstant): Code {
    const [x] = value.values;
    const same = value.values.every((y) => Object.is(x, y));
    // Zeros are made in no time.
    if (same && Object.is(x, 0)) return w.vector(value);
    // Four copies of a number take fewer bytes so.
    const copies = copiesOf(value.shape, x);
    const code = same ? copies : w.vector(value);
    const key = `${value.shape} ${value.values.map((x) => (Object.is(x, -0) ? "-0" : x)).join()}`;
    const known = this.constants.find(({ locals }) => locals.has(key))?.locals.get(key);
    if (known) return w.get(known);
    // Outside loops it is made once anyway.
    if (this.loops.frames.length === 0) return code;
    const { scope, locals, code: start } = this.constants[this.constants.length - 1];
    const local = scope.add(same ? constantName(value.shape, x) : `lanes_${locals.size}`, "v128");
    locals.set(key, local);
    this.constantIn.set(local, value);
    start.push(w.set(local, code));
    return w.get(local);
  }
  /** The numbers of a constant, if the code is one. */
  constant(code: Code): readonly (number | bigint)[] | undefined {
    if (code.kind === "number") return [code.value];
    if (code.kind === "vector") return code.value.values;
    if (code.kind === "plain" && code.op.endsWith(".splat")) return this.constant(code.args[0]);
    return code.kind === "get" ? this.constantIn.get(code.local)?.values : undefined;
  }

  sum = (form: Linear): Code => this.loops.value(form);
}

/** A constant is called what it is; those in float32 and in integers differ in their points. */
function constantName(shape: VectorConstant["shape"], x: number): string {
  if (shape === "i32x4" || shape === "i8x16") return String(x);
  const text = floatText(x, shape === "f32x4" ? "f32" : "f64");
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

const copiesOf = (shape: VectorConstant["shape"], x: number): Code => {
  if (shape === "f32x4") return w.op("f32x4.splat", w.f32(x));
  return shape === "f64x2" ? w.op("f64x2.splat", w.f64(x)) : w.op("i32x4.splat", w.i32(x));
};
