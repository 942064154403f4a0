// Prints words that the trained model invents: node examples/words-lstm/invent.mjs [seed]
import * as generated from "../../generated/words-lstm/words-lstm.gen.js";
import { invent, trained } from "../words/train.mjs";

const weights = new URL("words-lstm.safetensors", import.meta.url);
const net = trained(generated, weights);
console.log(invent(net, generated.spec, Number(process.argv[2] ?? 1)).join(" "));
