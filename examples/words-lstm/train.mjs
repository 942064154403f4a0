// Trains the model and writes words-lstm.safetensors: node examples/words-lstm/train.mjs (about half a minute of processor time, in WebAssembly)
import * as generated from "../../generated/words-lstm/wasm/words-lstm.gen.js";
import { trainWords } from "../words/train.mjs";

const weights = new URL("words-lstm.safetensors", import.meta.url);
await trainWords(generated, { epochs: 6, weights });
