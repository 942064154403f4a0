export * from "./elementwise.ts";
export * from "./movement.ts";
export * from "./reduce.ts";
export * from "./matmul.ts";
export { checkpoint, type Values } from "./checkpoint.ts";
export * from "./derivative.ts";
export * from "./gradient.ts";
export type { Operand } from "./operand.ts";
export * from "./indexing.ts";
