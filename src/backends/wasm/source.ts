import { stringText } from "../module/names.ts";
import { lettersOf, zeroLetter } from "./letters.ts";
import { streamPieces, type Piece } from "./pieces.ts";
import { streamsOf, streamText } from "./streams.ts";

/** The encoded kernels: for every host with SIMD, and, unless left out, for those with relaxed SIMD too. */
export interface Variants {
  readonly plain: Uint8Array;
  readonly relaxed: Uint8Array | null;
}
/** How the emitted module comes by an instance: definitions, a constant for the end of the module, and a call. */
export interface WasmSource {
  readonly definitions: readonly string[];
  readonly last: readonly string[];
  readonly instance: string;
  /** True where the caller compiles the module and gives it. */
  readonly given: boolean;
}

/** The bytes as text in the module, compiled when the first instance is made. */
export function inlineSource({ plain, relaxed }: Variants): WasmSource {
  const text = (bytes: Uint8Array): string => `"${lettersOf(bytes)}"`;
  const pieceText = (piece: Piece): string =>
    piece instanceof Uint8Array ? text(piece) : `[${piece.map(text).join(", ")}]`;
  const decoding = [
    "const bytes = new Uint8Array(letters.length);",
    "for (let i = 0, from = 0; i < bytes.length; i++) {",
    `  bytes[i] = ${zeroLetter} - letters.charCodeAt(places[from]++);`,
    `  if (from === 0) from = ${streamText(relaxed !== null)};`,
    "  else if (bytes[i] < 128) from = 0;",
    "}",
  ];
  const starts = (bytes: Uint8Array): string => {
    const [instructions, numbers] = streamsOf(bytes, relaxed !== null);
    return `[0, ${instructions.length}, ${instructions.length + numbers.length}]`;
  };
  const reading = relaxed
    ? [
        "function bytesOf(variant) {",
        '  let letters = "";',
        '  for (const piece of code) letters += typeof piece === "string" ? piece : piece[variant];',
        `  const places = variant === 0 ? ${starts(plain)} : ${starts(relaxed)};`,
        ...decoding.map((line) => `  ${line}`),
        "  return bytes;",
        "}",
      ]
    : [];
  const code = relaxed
    ? [
        "// Of two strings the second is for hosts with relaxed SIMD, which multiplies and adds in one.",
        "const code = [",
        ...streamPieces(plain, relaxed).map((piece) => `  ${pieceText(piece)},`),
        "];",
      ]
    : [`const letters = "${streamsOf(plain, false).map(lettersOf).join("")}";`];
  const compiling = relaxed
    ? [
        "const relaxed = bytesOf(1);",
        "compiled = new WebAssembly.Module(WebAssembly.validate(relaxed) ? relaxed : bytesOf(0));",
      ]
    : [`const places = ${starts(plain)};`, ...decoding, "compiled = new WebAssembly.Module(bytes);"];
  return {
    definitions: [
      "let compiled;",
      "",
      ...reading,
      "function instantiate() {",
      "  if (!compiled) {",
      ...compiling.map((line) => `    ${line}`),
      "  }",
      "  return new WebAssembly.Instance(compiled).exports;",
      "}",
      "",
    ],
    last: ["// The kernels: see gradc inspect --stage code.", ...code],
    instance: "instantiate()",
    given: false,
  };
}

/** The bytes in a file of their own: whoever makes an instance gives the compiled module, which carries this key. */
export function givenSource(key: string, files: readonly string[]): WasmSource {
  const sentence = `the option wasm must be ${files.join(" or ")} of this very build, compiled by WebAssembly.compile`;
  return {
    definitions: [
      "function instantiate(wasm) {",
      `  if (!(wasm instanceof WebAssembly.Module) || WebAssembly.Module.customSections(wasm, ${stringText(key)}).length === 0) {`,
      `    throw new RangeError(${stringText(sentence)});`,
      "  }",
      "  return new WebAssembly.Instance(wasm).exports;",
      "}",
      "",
    ],
    last: [],
    instance: "instantiate(wasm)",
    given: true,
  };
}
