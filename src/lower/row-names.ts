import { plainName, type Buffer } from "../ir/kernel.ts";
import { l, type LoopExpr, type LoopStmt } from "../ir/loop.ts";
import { mapBlocks, namesIn, visitExprs, visitStmts } from "../ir/loop-walk.ts";
import { declaredIn } from "./jam.ts";
import { withLocals } from "./names.ts";
import { dropIdle } from "./share.ts";

type Const = LoopStmt & { readonly kind: "let" };

/**
 * Names the locals of straight lines as the comments on them speak of values: what a template computes is called like
 * what it is computed for, a sum that is under way like the sum, and numbers that told two locals apart of which one is
 * gone are gone too.
 * @param start the lines before templates took the place of their calls
 * @param buffers by what the lines call them
 */
export function nameParts(
  start: readonly LoopStmt[],
  buffers: ReadonlyMap<string, Buffer>,
): (body: readonly LoopStmt[]) => readonly LoopStmt[] {
  const known = new Set<string>();
  declaredIn(start, known);
  const isElement = (name: string): boolean => /_\d+$/.test(name) && buffers.has(plainName(name));
  return (body) => {
    const growing = new Growing(dropIdle(withResults(body, known)), known, isElement);
    return closed(growing.body, known, isElement);
  };
}

/** A template's result under the name of the local that it is computed for. */
function withResults(body: readonly LoopStmt[], known: ReadonlySet<string>): readonly LoopStmt[] {
  const constants = new Set<string>();
  const names = new Map<string, string>();
  visitStmts(body, (stmt) => {
    if (stmt.kind !== "let" || stmt.mutable) return;
    constants.add(stmt.name);
    if (stmt.value.kind !== "local" || !known.has(stmt.name)) return;
    const { name } = stmt.value;
    if (constants.has(name) && !known.has(name) && !names.has(name)) names.set(name, stmt.name);
  });
  const isItself = (stmt: LoopStmt): boolean =>
    stmt.kind === "let" && stmt.value.kind === "local" && stmt.value.name === stmt.name;
  const inBlock = (block: readonly LoopStmt[]): LoopStmt[] =>
    block.filter((stmt) => !isItself(stmt)).map((stmt) => mapBlocks(stmt, inBlock));
  return inBlock(withLocals(body, names));
}

/** Constants that only begin a sum or add a term to it become one local that grows. */
class Growing {
  readonly body: readonly LoopStmt[];
  private readonly uses = new Map<string, number>();
  private readonly known: ReadonlySet<string>;
  private readonly isElement: (name: string) => boolean;
  private readonly names = new Map<string, string>();

  constructor(body: readonly LoopStmt[], known: ReadonlySet<string>, isElement: (name: string) => boolean) {
    this.known = known;
    this.isElement = isElement;
    visitExprs(body, (x) => x.kind === "local" && this.uses.set(x.name, (this.uses.get(x.name) ?? 0) + 1));
    this.body = withLocals(this.inBlock(body), this.names);
  }

  private inBlock(block: readonly LoopStmt[]): LoopStmt[] {
    const constants = new Map<string, Const>();
    const chains = new Map<Const, Const[]>();
    for (const stmt of block) {
      if (stmt.kind !== "let" || stmt.mutable) continue;
      const part = constants.get(firstTerm(stmt.value) ?? "");
      const chain = part && this.isPart(part) && part.type === stmt.type ? [...chains.get(part)!, stmt] : [stmt];
      if (chain.length > 1) chains.delete(part!);
      chains.set(stmt, chain);
      constants.set(stmt.name, stmt);
    }
    const first = new Set<LoopStmt>();
    const later = new Set<LoopStmt>();
    for (const chain of [...chains.values()].filter(({ length }) => length > 1)) {
      const name = this.nameOf(chain.map((stmt) => stmt.name));
      for (const stmt of chain) this.names.set(stmt.name, name);
      first.add(chain[0]);
      for (const stmt of chain.slice(1)) later.add(stmt);
    }
    return block.map((stmt) => {
      if (stmt.kind !== "let") return mapBlocks(stmt, (inner) => this.inBlock(inner));
      if (later.has(stmt)) return l.set(stmt.name, stmt.value);
      return first.has(stmt) ? { ...stmt, mutable: true } : stmt;
    });
  } // prettier-ignore

  /** Whether a constant is no more than a part of the one value that is made of it. */
  private isPart({ name, value }: Const): boolean {
    return (isOp(value, "add") || isOp(value, "mul")) && this.uses.get(name) === 1 && !this.isElement(name);
  }

  /** A sum is called like the element that it is, or what it is of one. */
  private nameOf(chain: readonly string[]): string {
    const last = chain.at(-1)!;
    return this.isElement(last) ? last : (chain.find((name) => this.known.has(name)) ?? last);
  }
}

/** What the first operand of a sum is, or of the sum that is its first operand, and so on. */
function firstTerm(x: LoopExpr): string | undefined {
  if (!isOp(x, "add")) return undefined;
  const [first] = x.args;
  return first.kind === "local" ? first.name : firstTerm(first);
}

const isOp = (x: LoopExpr, op: string): x is LoopExpr & { readonly kind: "op" } =>
  x.kind === "op" && x.op === op;

/** Names without their numbers, or with lower ones, where those that they told them from are gone. */
function closed(
  body: readonly LoopStmt[],
  known: ReadonlySet<string>,
  isElement: (name: string) => boolean,
): readonly LoopStmt[] {
  const stemOf = (name: string): string =>
    !isElement(name) && /_\d+$/.test(name) ? stemOf(plainName(name)) : name;
  const numbered = new Set<string>();
  visitStmts(body, (stmt) => {
    if (stmt.kind === "let" && known.has(stmt.name) && stemOf(stmt.name) !== stmt.name) numbered.add(stmt.name);
  });
  const taken = new Set([...namesIn(body)].filter((name) => !numbered.has(name)));
  const names = new Map<string, string>();
  for (const old of numbered) {
    const stem = stemOf(old);
    let name = stem;
    for (let k = 2; taken.has(name); k++) name = `${stem}_${k}`;
    taken.add(name);
    names.set(old, name);
  }
  return withLocals(body, names);
} // prettier-ignore
