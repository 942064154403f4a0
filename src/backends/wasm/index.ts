export { encodeModule } from "./encode/binary.ts";
export type { WasmModule } from "./encode/module.ts";
export { watText } from "./encode/wat.ts";
export { wasmModules, type WasmAct, type WasmEntry, type WasmModules } from "./module.ts";
export { relaxedModule } from "./relax.ts";
