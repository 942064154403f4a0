export { buildGraph, type BuildOptions, type BuiltModel } from "./model/build.ts";
export { isModel, modelMark, type Model } from "./model/define.ts";
export { differentiate } from "./model/differentiate.ts";
