// English words letter by letter: an LSTM reads what there is of a word, and gives what may come next.
import {
  adam,
  batch,
  cosineDecay,
  defineModel,
  dense,
  dropout,
  embedding,
  i32,
  lstm,
  softmax,
  softmaxCrossEntropy,
  uniform,
} from "gradc";

const n = batch(32);
const length = 13; // twelve letters and the end of the word
const vocabulary = 27; // the letters, and 0 for the boundaries of words

export default defineModel({
  name: "words-lstm",
  inputs: { x: i32(n, length), y: i32(n, length) },
  build({ x, y }) {
    const letters = embedding(x, {
      inputDim: vocabulary,
      outputDim: 32,
      embeddingsInitializer: uniform({ min: -0.5, max: 0.5 }),
      name: "letters",
    });
    const memory = lstm(letters, { units: 96, returnSequences: true, name: "memory" });
    const logits = dense(dropout(memory, { rate: 0.1 }), { units: vocabulary, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y, { ignoreIndex: -1 }),
      optimizer: adam({ learningRate: cosineDecay({ peak: 5e-3, steps: 6 * 500, warmup: 100 }) }),
    };
  },
});
