// Trains the model and writes words-gpt.safetensors: node examples/words-gpt/train.mjs (about half a minute of processor time, in WebAssembly)
import * as generated from "../../generated/words-gpt/wasm/words-gpt.gen.js";
import { trainWords } from "../words/train.mjs";

const weights = new URL("words-gpt.safetensors", import.meta.url);
await trainWords(generated, { epochs: 8, weights });
