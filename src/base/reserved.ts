const words =
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false " +
  "finally for function if implements import in instanceof interface let new null package private protected public " +
  "return static super switch this throw true try typeof undefined var void while with yield async of get set";
const globals =
  "NaN Infinity Object Math Float32Array Float64Array Int32Array Uint32Array Uint8Array ArrayBuffer WebAssembly RangeError " +
  "Error String Number globalThis";

/** What no name in an emitted module may be: words that JavaScript or TypeScript gives a meaning, and names that it uses. */
export const reserved: readonly string[] = [...words.split(" "), ...globals.split(" ")];
