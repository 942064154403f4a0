// What issue and design ask for, as rows: a goal in words, the limit it sets, and how it is read from the results.
import { tileName } from "./peers/competitors.mjs";
import { nameOf } from "./gradc.mjs";

/** A goal is reached at `most` or less, or at `least` or more. */
export function goalsOf(results, engines) {
  const { us, against, gflops, compile, cold, size, difference } = results;
  const [old, recent] = [engines[0], engines.at(-1)];
  const [js, wasm] = ["js", "wasm"].map((target) => nameOf(target, recent));
  /** How many times as long as gradc the best of a library takes. */
  const slower = (library, name) => {
    const ratio = against(name, "W3", library);
    return ratio && 1 / ratio;
  };
  const onEngine = (engine, factor) => {
    const name = nameOf("wasm", engine);
    const where = `wasm, Node ${engine.major}`;
    const share = (workload, most) => ({
      goal: `${workload}, ${where}: time ÷ PyTorch's best`,
      most: most * factor,
      value: against(name, workload, "PyTorch"),
    });
    return [
      { goal: `W2, ${where}: µs`, most: 1.2 * factor, value: us(name, "W2") },
      share("W3", 1),
      { goal: `W3, ${where}: jax-js ÷ gradc`, least: 3.5 / factor, value: slower("jax-js", name) },
      { goal: `W3, ${where}: TensorFlow.js wasm ÷ gradc`, least: 12 / factor, value: slower("TensorFlow.js wasm", name) },
      share("W4", 0.8),
      share("W5", 0.8),
      share("W6", 0.8),
      { goal: `W8, ${where}: GFLOP/s`, least: factor === 1 ? 50 : 40, value: gflops(name, "W8") },
      { goal: `W3, ${where}: predicting one row, µs`, most: 13 * factor, value: us(name, "W7-W3") },
      { goal: `W4, ${where}: predicting one row, µs`, most: 42 * factor, value: us(name, "W7-W4") },
    ]; // prettier-ignore
  };
  return [
    ...onEngine(recent, 1),
    ...(old === recent ? [] : onEngine(old, 1.3)),
    { goal: `W3, js, Node ${recent.major}: TensorFlow.js wasm ÷ gradc`, least: 1, value: slower("TensorFlow.js wasm", js) },
    ...["js", "wasm"].flatMap((target) => [
      ...[["digits", 150], ["W6", 1000]].flatMap(([model, most]) => [
        { goal: `${model} compiled for ${target} in a process like the command's: ms`, most, value: compile(model, target)?.commandMs },
        { goal: `${model} compiled for ${target} in any other process: ms`, most, value: compile(model, target)?.firstMs },
      ]),
      { goal: `W6, cold gradc compile for ${target}: ms`, most: 1000, value: compile("W6", target)?.cold?.ms },
    ]),
    { goal: "first W3 step of a process, wasm: ms beyond the engine's start and the data", most: 100, value: cold(wasm) },
    { goal: "first W3 step of a process, js: ms beyond the engine's start and the data", most: 250, value: cold(js) },
    { goal: "W3 module, wasm --strict: kB gzip", most: 5, value: size("W3", "wasm-strict") },
    { goal: "W3 module, wasm with both variants: kB gzip", most: 9, value: size("W3", "wasm") },
    { goal: "W4 module, wasm with both variants: kB gzip", most: 12, value: size("W4", "wasm") },
    { goal: "js and wasm: greatest relative difference of a loss up to step 50", most: 1e-4, value: difference(js, wasm) },
  ]; // prettier-ignore
}

/** The tile that a build can be held against: what its engine reaches with the same instructions. */
export const ceilingOf = (target, engine, has) => {
  if (target === "js") return tileName("js", engine);
  const relaxed = tileName("relaxed", engine);
  return target === "wasm" && has(relaxed) ? relaxed : tileName("simd", engine);
};
