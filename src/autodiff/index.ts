export { perExampleGradients } from "./batching.ts";
export { grad } from "./grad.ts";
export { jacobian } from "./jacobian.ts";
export { hvp, jvp } from "./jvp.ts";
export { vjp } from "./vjp.ts";
