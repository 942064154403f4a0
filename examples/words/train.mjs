// How both character models are trained and judged; their own folders hold what differs.
import { readFileSync, writeFileSync } from "node:fs";
import { batches } from "gradc/data";
import { fit, loadWeights, saveWeights } from "gradc/train";
import { inventWords } from "./invent.mjs";
import { trigramModel } from "./trigram.mjs";
import { encodeWords, ignored, readWords, splitWords, vocabulary } from "./words.mjs";

const words = readWords();
const parts = splitWords(words, 1);

/** The mean of −log p over every character of some words and every end of a word. */
export function natsOf(net, spec, some) {
  let [sum, count] = [0, 0];
  for (const { inputs, n } of batches(encodeWords(some), { size: spec.batch })) {
    const { probabilities } = net.predict(inputs[0], n);
    for (const [at, token] of inputs[1].entries()) {
      if (token === ignored) continue;
      sum -= Math.log(probabilities[at * vocabulary + token]);
      count++;
    }
  }
  return sum / count;
}

/** The figure of a model on the test words, and that of the trigram model counted from the same training words. */
export const judged = (net, spec) => ({
  nats: natsOf(net, spec, parts.test),
  trigram: trigramModel(parts.train, parts.validation).nats(parts.test),
});

/** Words of the model's own, none of which is in the list. */
export const invent = (net, spec, seed = 1, count = 24) =>
  inventWords(net, spec, { count, seed, known: words });

/** Trains, goes back to what was best on the validation words, saves it, and says what it has learnt. */
export async function trainWords({ create, spec }, { epochs, weights }) {
  const net = create({ seed: 1 });
  const onEpochEnd = ({ epoch, columns }) =>
    console.error(
      `epoch ${epoch}: loss ${columns.loss.toFixed(4)}, validation ${columns.val_loss.toFixed(4)}`,
    );
  await fit(net, {
    train: batches(encodeWords(parts.train), { size: spec.batch, seed: 1 }),
    validation: batches(encodeWords(parts.validation), { size: spec.batch }),
    epochs,
    restoreBest: true,
    callbacks: [{ onEpochEnd }],
  });
  writeFileSync(weights, saveWeights(net, spec));
  console.log(invent(net, spec).join(" "));
  const { nats, trigram } = judged(net, spec);
  console.log(
    `test nats a character ${nats.toFixed(4)}, ${(trigram - nats).toFixed(4)} less than a trigram model`,
  );
}

/** The trained model, from its saved weights. */
export function trained({ create, spec }, weights) {
  const net = create();
  loadWeights(net, spec, readFileSync(weights));
  return net;
}
