import type { Local } from "./encode/code.ts";
import type { ValueType } from "./encode/opcodes.ts";

/** What an index LEB128 of one byte can name. */
const cheap = 128;

/** The locals of a block and of the blocks in it. A local of a block may have the slot of one in a block beside it. */
export class Scope {
  readonly own: Local[] = [];
  readonly inner: Scope[] = [];

  add(name: string, type: ValueType): Local {
    const local: Local = { name, type };
    this.own.push(local);
    return local;
  }

  open(): Scope {
    const scope = new Scope();
    this.inner.push(scope);
    return scope;
  }
}

/**
 * Slots for the locals of all scopes: a slot is used again under the same name and type once its block has ended, so
 * that the text stays readable, and under any name when indices would no longer fit into a byte.
 */
export function slotsOf(
  root: Scope,
  params: number,
): { slots: readonly Local[]; slotOf: ReadonlyMap<Local, Local> } {
  const slots: Local[] = [];
  const named = new Map<string, Local[]>();
  const slotOf = new Map<Local, Local>();
  const place = (scope: Scope, taken: ReadonlySet<Local>): void => {
    const mine = new Set(taken);
    const isFree = (slot: Local): boolean => !mine.has(slot);
    for (const local of scope.own) {
      const key = `${local.type} ${local.name}`;
      let slot = named.get(key)?.find(isFree);
      if (!slot && params + slots.length >= cheap)
        slot = slots.find((any) => any.type === local.type && isFree(any));
      if (!slot) {
        slot = { name: local.name, type: local.type };
        slots.push(slot);
        named.set(key, [...(named.get(key) ?? []), slot]);
      }
      mine.add(slot);
      slotOf.set(local, slot);
    }
    for (const inner of scope.inner) place(inner, mine);
  };
  place(root, new Set());
  // Those of one type side by side, since runs of one type are declared together.
  const order: readonly ValueType[] = ["i32", "i64", "f32", "f64", "v128"];
  slots.sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
  return { slots, slotOf };
}
