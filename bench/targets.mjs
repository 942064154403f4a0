/** What can be measured: the compiler's targets, and wasm without the variant whose results depend on the machine. */
export const targets = {
  js: { target: "js" },
  wasm: { target: "wasm" },
  "wasm-strict": { target: "wasm", strict: true },
};

/** The same for the command line. */
export const flagsOf = (name) => [
  "--target",
  targets[name].target,
  ...(targets[name].strict ? ["--strict"] : []),
];
