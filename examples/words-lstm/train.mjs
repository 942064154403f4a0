// Trains the model and writes words-lstm.safetensors: node examples/words-lstm/train.mjs (a few minutes)
import * as generated from "../../generated/words-lstm/words-lstm.gen.js";
import { trainWords } from "../words/train.mjs";

const weights = new URL("words-lstm.safetensors", import.meta.url);
await trainWords(generated, { epochs: 6, weights });
