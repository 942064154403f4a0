import { encodeModule } from "./encode/binary.ts";
import { w, type Local } from "./encode/code.ts";

/** As much of the host's WebAssembly as the compiler asks; TypeScript knows it only together with a browser. */
export const host = (globalThis as unknown as { readonly WebAssembly: Host }).WebAssembly;
interface Host {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** Whether this host knows relaxed SIMD: it accepts a function of one relaxed multiply-add. */
export function hasRelaxed(): boolean {
  const x: Local = { name: "x", type: "v128" };
  const body = [w.op("f32x4.relaxed_madd", w.get(x), w.get(x), w.get(x))];
  const probe = { name: "probe", doc: [], params: [x], locals: [], results: ["v128" as const], body };
  return host.validate(encodeModule({ functions: [{ ...probe, exported: null }], pages: 1, data: [] }));
}
