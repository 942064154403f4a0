import { mapCode, type Code, type Local } from "./encode/code.ts";

/** A function's statements without those that set a local to 0 where nothing has set it yet: a local begins as 0. */
export function withoutIdleZeros(body: readonly Code[], params: readonly Local[]): Code[] {
  const written = new Set(params);
  return body.filter((code) => {
    const idle = code.kind === "set" && !written.has(code.local) && isZero(code.args[0]);
    mapCode(code, (x) => {
      if (x.kind === "set" || x.kind === "tee") written.add(x.local);
      return x;
    });
    return !idle;
  });
}

const isZero = (code: Code): boolean =>
  (code.kind === "number" && Object.is(Number(code.value), 0)) ||
  (code.kind === "vector" && code.value.values.every((x) => Object.is(x, 0)));
