// brain.js and synaptic. usage: node online.mjs W2 --lib=brain.js|synaptic
// Neither has batches or softmax cross-entropy, nor have they Adam: the same layers are trained online on squared error
// with sigmoid units, one example after another; a step is as many examples as the workload's batch.
import { createRequire } from "node:module";
import { batches, options, params, refuse, serve, workload, workloads } from "./common.mjs";

const library = createRequire(import.meta.url)(options.lib);
const w = workloads[workload];
const hidden = { W1: [2], W2: [16] }[workload];
const rate = workload === "W1" ? 0.5 : 0.1;

function examplesOf() {
  if (w.kind === "seed") return [[{ input: w.data.x, output: w.data.y }]];
  const row = (values, i, width) => Array.from(values.slice(i * width, (i + 1) * width));
  return batches(workload).map(({ x, y, onehot }) =>
    Array.from(y, (_, i) => ({ input: row(x, i, w.inputs), output: row(onehot, i, w.classes) })),
  );
}

function brain(data) {
  const o = { activation: "sigmoid", learningRate: rate };
  const [{ input, output }] = data[0];
  const net = new library.NeuralNetwork({
    inputSize: input.length,
    hiddenLayers: hidden,
    outputSize: output.length,
    ...o,
  });
  net.train([data[0][0]], { iterations: 1, ...o }); // allocates the typed arrays
  if (workload === "W1") {
    const P = Object.fromEntries(params("W1").map((p) => [p.name, p.data]));
    for (const l of [1, 2])
      for (const unit of [0, 1]) {
        net.biases[l][unit] = P[`b${l}`][unit];
        for (const i of [0, 1]) net.weights[l][unit][i] = P[`w${l}`][i * 2 + unit];
      }
  }
  return (k) => {
    let error = 0;
    for (const example of data[k % data.length]) error += net.trainPattern(example, true);
    return error / data[0].length;
  };
}

function synaptic(data) {
  const [{ input, output }] = data[0];
  const net = new library.Architect.Perceptron(input.length, ...hidden, output.length);
  return (k) => {
    let error = 0;
    for (const example of data[k % data.length]) {
      const found = net.activate(example.input);
      net.propagate(rate, example.output);
      for (let j = 0; j < found.length; j++) error += (example.output[j] - found[j]) ** 2;
    }
    return error / data[0].length / output.length;
  };
}

try {
  await serve((options.lib === "synaptic" ? synaptic : brain)(examplesOf()));
} catch (error) {
  refuse(error);
}
