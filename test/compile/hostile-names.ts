import {
  accuracy,
  adam,
  add,
  assign,
  batch,
  defineModel,
  dense,
  f32,
  i32,
  mul,
  ones,
  param,
  sgd,
  softmax,
  softmaxCrossEntropy,
  state,
  sum,
  type Model,
} from "gradc";

const attack = "globalThis.hacked = 1";
/** Names that break out of strings, comments and templates, or stand for something already. */
export const names: readonly string[] = [
  '"', "'", "`", "\\", "\n", "\r", "\t", "\0", "\u2028", "\u2029", "\ufeff", "\u200b", "\u202e", "\u0085", "\ud800",
  "*/", "/*", "//", "-->", "<!--", "</script>", "<script>", "]]>", "${", "${1}", "#{", "%>", "{{x}}", ";", "}", "{", ")", "(",
  `"; ${attack}; "`, `'; ${attack}; '`, `\`; ${attack}; \``, `\${${attack}}`, `\n${attack};\n`, `*/ ${attack}; /*`,
  `\u2028${attack}\u2028`, `\\"; ${attack}; //`, `"] = 1; ${attack}; x["`, `x) { ${attack} } function y(`, `//\r${attack}`,
  `</script><script>${attack}</script>`, `<!--\n${attack}`, `x\n*/\n${attack}\n/*`, `__proto__: (${attack})`,
  "__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "then", "toJSON", "length", "name",
  "class", "function", "return", "await", "yield", "let", "static", "eval", "arguments", "new", "this", "null", "true", "import", "enum", "async", "of", "get", "set",
  "undefined", "NaN", "Infinity", "Object", "Math", "Float32Array", "Float64Array", "RangeError", "ArrayBuffer", "Uint8Array", "String", "globalThis", "process",
  "spec", "create", "createPredictor", "encodeRow", "Predictor", "Network", "Row", "checkRows", "checkIndices", "checkState", "powersOfTwo", "buffer", "scratch", "WebAssembly", "CompiledModule", "plain", "relaxed", "compiled", "bytesOf", "instantiate", "wasm", "memory",
  "state", "step", "params", "gradients", "hyper", "init", "forward", "backward", "update", "trainStep", "evaluate", "resetMetrics", "predict",
  "load", "fresh", "net", "pending", "running", "outputs", "totals", "metrics", "powers", "bits", "words", "scalars", "runForward", "runBackward", "n", "i", "j", "k", "x0", "p0", "t0", "c0", "seed", "options", "accumulate", "exp", "random", "training_step", "sum", "max", "whole0",
  "😀", "é", "𝒳", "名前", "ß", "İ", "ﬁ", " ", "  ", "a b", "a.b", "a-b", "1", "01", "-1", "1e3", "$", "_", "$x", "_0", "a/b", "/", ".", "..", "../../etc/passwd", "%00", "a".repeat(3000), "𝒳".repeat(500),
]; // prettier-ignore

/** A small model that is called so in every place. */
export function plain(name: string): Model {
  const n = batch(4);
  return defineModel({
    name,
    inputs: { [name]: f32(n, 2), y: i32(n) },
    build(inputs) {
      const logits = dense(inputs[name], { units: 2, name });
      return {
        outputs: { [name]: softmax(logits) },
        loss: softmaxCrossEntropy(logits, inputs["y"]),
        metrics: { [name]: accuracy(logits, inputs["y"]) },
        optimizer: adam(),
      };
    },
  });
}

const members = new Set(
  (
    "state step steps params gradients hyper init forward backward update trainStep evaluate resetMetrics predict " +
    "constructor"
  ).split(" "),
);
/** The name, or a longer one where a network has a member that is called so. */
export const functionName = (name: string): string =>
  members.has(name) || name.startsWith("$") ? `f${name}` : name;

/** A model whose function, output and steps are called so. */
export const stepsAndFunctions = (name: string, fn = functionName(name)): Model =>
  defineModel({
    name: "m",
    inputs: { x: f32(2) },
    build({ x }) {
      const w = param("w", [2], { initializer: ones() });
      const count = state("count", []);
      assign(count, add(count, 1));
      const step = { loss: sum(mul(w, x)), optimizer: sgd({ learningRate: 1 }) };
      return {
        functions: { [fn]: { [name]: mul(w, x), count } },
        steps: { [name]: step, [`${name}2`]: step },
      };
    },
  });
