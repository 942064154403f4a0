// Character LSTM: 64 characters, embedding 32, hidden 128, sequences of 32, softmax cross-entropy, Adam, batches of 16.
import { adam, batch, defineModel, dense, embedding, i32, lstm, softmax, softmaxCrossEntropy } from "gradc";

const n = batch(16);

export default defineModel({
  name: "W5",
  inputs: { x: i32(n, 32), y: i32(n, 32) },
  build({ x, y }) {
    const vectors = embedding(x, { inputDim: 64, outputDim: 32, name: "characters" });
    const hidden = lstm(vectors, { units: 128, returnSequences: true, name: "lstm" });
    const logits = dense(hidden, { units: 64, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y),
      optimizer: adam({ learningRate: 1e-3 }),
    };
  },
});
