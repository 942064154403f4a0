// English words letter by letter: a small transformer in the manner of GPT reads what there is of a word, and gives
// what may come next.
import {
  adamW,
  add,
  batch,
  cosineDecay,
  defineModel,
  dense,
  embedding,
  i32,
  layerNorm,
  multiHeadAttention,
  normal,
  positionEmbedding,
  scope,
  softmax,
  softmaxCrossEntropy,
  type Value,
} from "gradc";

const n = batch(16);
const length = 13; // twelve letters and the end of the word
const vocabulary = 27; // the letters, and 0 for the boundaries of words
const width = 40;

/** Each place looks at those before it, then thinks about what it saw; both are added to what it knew. */
const block = (x: Value, name: string): Value =>
  scope(name, () => {
    const attention = { numHeads: 4, keyDim: width / 4, causal: true, name: "attention" };
    const seen = add(x, multiHeadAttention(layerNorm(x, { name: "norm" }), attention));
    const wide = dense(layerNorm(seen, { name: "norm2" }), {
      units: 4 * width,
      activation: "gelu",
      name: "wide",
    });
    return add(seen, dense(wide, { units: width, name: "narrow" }));
  });

export default defineModel({
  name: "words-gpt",
  inputs: { x: i32(n, length), y: i32(n, length) },
  build({ x, y }) {
    const embeddingsInitializer = normal({ stddev: 0.1 });
    const letters = embedding(x, {
      inputDim: vocabulary,
      outputDim: width,
      embeddingsInitializer,
      name: "letters",
    });
    const places = positionEmbedding(letters, { embeddingsInitializer, name: "places" });
    const last = block(block(add(letters, places), "first"), "second");
    const logits = dense(layerNorm(last, { name: "norm" }), { units: vocabulary, name: "logits" });
    return {
      outputs: { probabilities: softmax(logits) },
      loss: softmaxCrossEntropy(logits, y, { ignoreIndex: -1 }),
      optimizer: adamW({
        learningRate: cosineDecay({ peak: 4e-3, steps: 8 * 1000, warmup: 100 }),
        beta2: 0.99,
        weightDecay: 0.01,
      }),
    };
  },
});
