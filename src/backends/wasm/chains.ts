import type { Code } from "./encode/code.ts";

/** Statements with every run of locals that are set to one constant as a chain, which writes the constant once. */
export function withChains(body: readonly Code[]): Code[] {
  const out: Code[] = [];
  for (const code of body.map(inside)) {
    const last = out.at(-1);
    const chains = code.kind === "set" && last?.kind === "set" && same(code.args[0], constantOf(last));
    if (chains) out[out.length - 1] = { ...code, args: [{ ...last, kind: "tee" }] };
    else out.push(code);
  }
  return out;
}

const constantOf = (code: Code): Code =>
  code.kind === "set" || code.kind === "tee" ? constantOf(code.args[0]) : code;

function same(a: Code, b: Code): boolean {
  if (a.kind === "number" && b.kind === "number") return a.type === b.type && Object.is(a.value, b.value);
  if (a.kind !== "vector" || b.kind !== "vector" || a.value.shape !== b.value.shape) return false;
  const { values } = b.value;
  return a.value.values.every((x, k) => Object.is(x, values[k]));
}

function inside(code: Code): Code {
  if (code.kind === "loop" || code.kind === "block") return { ...code, body: withChains(code.body) };
  return code.kind === "if"
    ? { ...code, then: withChains(code.then), otherwise: withChains(code.otherwise) }
    : code;
}
