// A tiny GPT: 2 blocks, width 64, 4 heads, context 64, vocabulary 64, pre-norm, Adam, batches of 8.
import {
  adam,
  add,
  batch,
  defineModel,
  dense,
  embedding,
  gelu,
  i32,
  layerNorm,
  multiHeadAttention,
  positionEmbedding,
  scope,
  softmaxCrossEntropy,
  type Value,
} from "gradc";

const [n, tokens, vocabulary, width] = [batch(8), 64, 64, 64];

const block = (x: Value, name: string): Value =>
  scope(name, () => {
    const seen = layerNorm(x, { epsilon: 1e-5, name: "norm1" });
    const attention = { numHeads: 4, keyDim: 16, causal: true, packed: true, name: "attention" };
    const h = add(x, multiHeadAttention(seen, attention));
    const activation = (y: Value): Value => gelu(y, { approximate: true });
    const wide = dense(layerNorm(h, { epsilon: 1e-5, name: "norm2" }), { units: 4 * width, activation, name: "wide" });
    return add(h, dense(wide, { units: width, name: "narrow" }));
  }); // prettier-ignore

export default defineModel({
  name: "W6",
  inputs: { x: i32(n, tokens), y: i32(n, tokens) },
  build({ x, y }) {
    const words = embedding(x, { inputDim: vocabulary, outputDim: width, name: "tokens" });
    const first = block(add(words, positionEmbedding(words, { name: "positions" })), "block0");
    const last = layerNorm(block(first, "block1"), { epsilon: 1e-5, name: "norm" });
    const logits = dense(last, { units: vocabulary, useBias: false, name: "head" });
    return {
      outputs: { logits },
      loss: softmaxCrossEntropy(logits, y),
      optimizer: adam({ learningRate: 1e-3 }),
    };
  },
});
