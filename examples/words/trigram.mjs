// What a character model has to beat: an interpolated trigram model, whose prediction is a weighted mean of what
// followed the same two characters, the same one character, any character, and of no knowledge at all.
import { boundary, tokensOf, vocabulary } from "./words.mjs";

/** Every prediction that a word asks for: the two tokens before, and the token that comes, its end included. */
function* predictions(words) {
  for (const word of words) {
    let [a, b] = [boundary, boundary];
    for (const c of [...tokensOf(word), boundary]) {
      yield [a, b, c];
      [a, b] = [b, c];
    }
  }
}

/** Counts the training words; gives the four estimates of how probable c is after a and b, the longest first. */
function countWords(words) {
  const v = vocabulary;
  const [pairs, singles, alone] = [new Float64Array(v ** 3), new Float64Array(v ** 2), new Float64Array(v)];
  const [afterPair, afterSingle] = [new Float64Array(v ** 2), new Float64Array(v)];
  let all = 0;
  for (const [a, b, c] of predictions(words)) {
    pairs[(a * v + b) * v + c]++;
    afterPair[a * v + b]++;
    singles[b * v + c]++;
    afterSingle[b]++;
    alone[c]++;
    all++;
  }
  const share = (part, whole) => (whole > 0 ? part / whole : 0);
  return (a, b, c) => [
    share(pairs[(a * v + b) * v + c], afterPair[a * v + b]),
    share(singles[b * v + c], afterSingle[b]),
    alone[c] / all,
    1 / v,
  ];
}

const mixed = (weights, estimates) => weights.reduce((sum, weight, k) => sum + weight * estimates[k], 0);

/**
 * The model: `weights` of the four estimates, fitted to the validation words by expectation and maximisation (a step
 * sets each weight to the share of the predictions that its estimate accounts for), and `nats`, the mean of −log p
 * over every character of some words and every end of a word.
 */
export function trigramModel(train, validation, { steps = 100 } = {}) {
  const estimates = countWords(train);
  const held = [...predictions(validation)].map((prediction) => estimates(...prediction));
  let weights = [0.25, 0.25, 0.25, 0.25];
  for (let step = 0; step < steps; step++) {
    const shares = [0, 0, 0, 0];
    for (const each of held) {
      const probability = mixed(weights, each);
      for (const k of shares.keys()) shares[k] += (weights[k] * each[k]) / probability;
    }
    weights = shares.map((share) => share / held.length);
  }
  const probability = (a, b, c) => mixed(weights, estimates(a, b, c));
  const nats = (words) => {
    let [sum, count] = [0, 0];
    for (const prediction of predictions(words)) {
      sum -= Math.log(probability(...prediction));
      count++;
    }
    return sum / count;
  };
  return { weights, probability, nats };
}
