import { fault, invariant } from "../base/errors.ts";
import { l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { mapExpr } from "../ir/loop-walk.ts";

/** One call of a template, whose statements are copied into `out` under fresh names. */
export class Substitution {
  private readonly call: LoopExpr;
  private readonly out: LoopStmt[];
  private readonly fresh: (name: string) => string;
  /** What the template's names stand for in this block. */
  private readonly values: Map<string, LoopExpr>;
  /** Locals that do not keep their first value. */
  private readonly changing: Set<string>;

  constructor(
    call: LoopExpr,
    out: LoopStmt[],
    fresh: (name: string) => string,
    values: ReadonlyMap<string, LoopExpr>,
    changing = new Set<string>(),
  ) {
    this.call = call;
    this.out = out;
    this.fresh = fresh;
    this.values = new Map(values);
    this.changing = changing;
  }

  /** Copies a block; gives the returned expression, if it ends in one. */
  block(body: readonly LoopStmt[]): LoopExpr | undefined {
    for (const stmt of body) {
      if (stmt.kind === "return") return this.spread(this.copy(stmt.value));
      this.statement(stmt);
    }
    return undefined;
  }

  private statement(stmt: LoopStmt): void {
    switch (stmt.kind) {
      case "let":
        return this.local(stmt);
      case "for": {
        const [from, to] = [this.copy(stmt.from), this.copy(stmt.to)];
        const name = this.rename(stmt.name, l.local(stmt.name));
        this.out.push({ ...stmt, name, from, to, body: this.inner(stmt.body) });
        return;
      }
      case "set": {
        const target = this.values.get(stmt.name);
        invariant(target?.kind === "local", `"${stmt.name}" is set but is not a local of its template`);
        this.out.push({ ...stmt, name: target.name, value: this.spread(this.copy(stmt.value)) });
        return;
      }
      case "if": {
        const test = this.copy(stmt.test);
        const [then, otherwise] = [this.inner(stmt.then), this.inner(stmt.otherwise)];
        this.out.push({ ...stmt, test, then, otherwise });
        return;
      }
      case "store":
        return fault("a scalar template cannot store into an array");
    }
  }

  private local(stmt: LoopStmt & { readonly kind: "let" }): void {
    const copied = this.copy(stmt.value);
    const value = stmt.mutable ? this.spread(copied) : copied;
    const still = value.kind === "number" || (value.kind === "local" && !this.changing.has(value.name));
    if (!stmt.mutable && still && value.type === stmt.type) {
      // Another name for a value that does not change needs no statement.
      this.values.set(stmt.name, value);
      return;
    }
    const { lanes } = this.widen(l.local(stmt.name, stmt.type));
    const name = this.rename(stmt.name, l.local(stmt.name, stmt.type, lanes));
    if (stmt.mutable) this.changing.add(name);
    this.out.push({ ...stmt, name, lanes, value });
  }

  private inner(stmts: readonly LoopStmt[]): LoopStmt[] {
    const own: LoopStmt[] = [];
    new Substitution(this.call, own, this.fresh, this.values, this.changing).block(stmts);
    return own;
  }

  private rename(name: string, like: LoopExpr): string {
    const local = this.fresh(name);
    this.values.set(name, { ...like, kind: "local", name: local } as LoopExpr);
    return local;
  }

  private copy(expr: LoopExpr): LoopExpr {
    return mapExpr(expr, (part) => {
      if (part.kind === "local") return this.values.get(part.name) ?? part;
      // A cast to the type that a value has already only served to make the template run as TypeScript.
      if (part.kind === "op" && part.op === "cast" && part.args[0].type === part.type) return part.args[0];
      // As an operand a number stands for four; how far a shift goes must even be a scalar.
      if (part.kind === "number") return part;
      const wide = this.widen(part);
      return wide.kind === "choose"
        ? { ...wide, yes: this.spread(wide.yes), no: this.spread(wide.no) }
        : wide;
    });
  }

  private widen(expr: LoopExpr): LoopExpr {
    const { lanes } = this.call;
    return lanes === expr.lanes || expr.type === "index" ? expr : { ...expr, lanes };
  }

  private spread(expr: LoopExpr): LoopExpr {
    const { lanes } = this.call;
    const fits = lanes === expr.lanes || expr.kind === "number";
    return fits ? this.widen(expr) : l.op("splat", [expr], expr.type, lanes);
  }
}
