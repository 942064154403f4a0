import {
  adadelta,
  adagrad,
  adam,
  adamW,
  adamax,
  lamb,
  lars,
  lion,
  nadam,
  rmsprop,
  sgd,
  type OptimizerSpec,
} from "gradc";
import { elementwise, type Reference } from "./tools.ts";

/** PyTorch's loop, uncombined. */
const adamLoop = (
  lr: number,
  b1: number,
  b2: number,
  epsilon: number,
  l2: number,
  decoupled: number,
  amsgrad = false,
) =>
  elementwise((p, raw, slots, step) => {
    const shrunk = p * (1 - lr * decoupled);
    const g = raw + l2 * p;
    slots[0] = b1 * slots[0] + (1 - b1) * g;
    slots[1] = b2 * slots[1] + (1 - b2) * g * g;
    slots[2] = amsgrad ? Math.max(slots[2], slots[1]) : slots[1];
    const [m, v] = [slots[0] / (1 - b1 ** step), slots[2] / (1 - b2 ** step)];
    return shrunk - (lr * m) / (Math.sqrt(v) + epsilon);
  });

const rmspropLoop = (
  lr: number,
  decay: number,
  epsilon: number,
  momentum: number,
  centered: boolean,
  l2: number,
) =>
  elementwise((p, raw, slots) => {
    const g = raw + l2 * p;
    slots[0] = decay * slots[0] + (1 - decay) * g * g;
    slots[1] = centered ? decay * slots[1] + (1 - decay) * g : 0;
    slots[2] = momentum * slots[2] + g / (Math.sqrt(slots[0] - slots[1] ** 2) + epsilon);
    return p - lr * slots[2];
  });

const adagradLoop = (lr: number, initial: number, epsilon: number, l2: number) =>
  elementwise(
    (p, raw, slots) => {
      const g = raw + l2 * p;
      slots[0] += g * g;
      return p - (lr * g) / (Math.sqrt(slots[0]) + epsilon);
    },
    [initial],
  );

const adadeltaLoop = (lr: number, rho: number, epsilon: number) =>
  elementwise((p, g, slots) => {
    slots[0] = rho * slots[0] + (1 - rho) * g * g;
    const delta = (Math.sqrt(slots[1] + epsilon) / Math.sqrt(slots[0] + epsilon)) * g;
    slots[1] = rho * slots[1] + (1 - rho) * delta * delta;
    return p - lr * delta;
  });

const adamaxLoop = (lr: number, b1: number, b2: number, epsilon: number) =>
  elementwise((p, g, slots, step) => {
    slots[0] = b1 * slots[0] + (1 - b1) * g;
    slots[1] = Math.max(b2 * slots[1], Math.abs(g) + epsilon);
    return p - (lr / (1 - b1 ** step)) * (slots[0] / slots[1]);
  });

const nadamLoop = (lr: number, b1: number, b2: number, epsilon: number, decay: number) =>
  elementwise(
    (p, g, slots, step) => {
      const mu = b1 * (1 - 0.5 * 0.96 ** (step * decay));
      const next = b1 * (1 - 0.5 * 0.96 ** ((step + 1) * decay));
      slots[2] *= mu;
      slots[0] = b1 * slots[0] + (1 - b1) * g;
      slots[1] = b2 * slots[1] + (1 - b2) * g * g;
      const root = Math.sqrt(slots[1] / (1 - b2 ** step)) + epsilon;
      const along = (lr * (1 - mu) * g) / (1 - slots[2]) / root;
      return p - along - (lr * next * slots[0]) / (1 - slots[2] * next) / root;
    },
    [0, 0, 1],
  );

const lionLoop = (lr: number, b1: number, b2: number, decay: number) =>
  elementwise((p, g, slots) => {
    const direction = Math.sign(b1 * slots[0] + (1 - b1) * g);
    slots[0] = b2 * slots[0] + (1 - b2) * g;
    return p - lr * (direction + decay * p);
  });

const norm = (list: readonly number[]): number => Math.sqrt(list.reduce((sum, x) => sum + x * x, 0));

const lambLoop = (lr: number, b1: number, b2: number, epsilon: number, decay: number) => (): Reference => {
  const memory = new Map<string, { m: number[]; v: number[] }>();
  return (weights, gradients, step) => {
    for (const [name, p] of Object.entries(weights)) {
      const { m, v } = memory.get(name) ?? { m: p.map(() => 0), v: p.map(() => 0) };
      memory.set(name, { m, v });
      const u = p.map((x, k) => {
        m[k] = b1 * m[k] + (1 - b1) * gradients[name][k];
        v[k] = b2 * v[k] + (1 - b2) * gradients[name][k] ** 2;
        return m[k] / (1 - b1 ** step) / (Math.sqrt(v[k] / (1 - b2 ** step)) + epsilon) + decay * x;
      });
      const trust = norm(p) === 0 || norm(u) === 0 ? 1 : norm(p) / norm(u);
      for (const k of p.keys()) p[k] -= lr * trust * u[k];
    }
  };
};

const larsLoop = (lr: number, momentum: number, coefficient: number, decay: number) => (): Reference => {
  const memory = new Map<string, number[]>();
  return (weights, gradients) => {
    for (const [name, p] of Object.entries(weights)) {
      const v = memory.get(name) ?? p.map(() => 0);
      memory.set(name, v);
      const g = p.map((x, k) => gradients[name][k] + decay * x);
      const trust = norm(p) === 0 || norm(g) === 0 ? 1 : (coefficient * norm(p)) / norm(g);
      for (const k of p.keys()) p[k] -= v[k] = momentum * v[k] + lr * trust * g[k];
    }
  };
};

/** Every optimizer, at its defaults and with every option, with the loop that its paper or PyTorch would write. */
export const cases: readonly (readonly [string, OptimizerSpec, () => Reference])[] = [
  ["sgd", sgd({ learningRate: 0.1 }), elementwise((p, g) => p - 0.1 * g)],
  [
    "sgd with weight decay",
    sgd({ learningRate: 0.1, weightDecay: 0.3 }),
    elementwise((p, g) => p - 0.1 * (g + 0.3 * p)),
  ],
  [
    "sgd with decoupled weight decay",
    sgd({ learningRate: 0.1, weightDecay: 0.3, decoupledWeightDecay: true, momentum: 0.5 }),
    elementwise((p, g, slots) => p * (1 - 0.1 * 0.3) - 0.1 * (slots[0] = 0.5 * slots[0] + g)),
  ],
  [
    "sgd with momentum",
    sgd({ learningRate: 0.1, momentum: 0.9 }),
    elementwise((p, g, slots) => p - 0.1 * (slots[0] = 0.9 * slots[0] + g)),
  ],
  [
    "sgd with Nesterov's momentum",
    sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.01 }),
    elementwise((p, raw, slots) => {
      const g = raw + 0.01 * p;
      slots[0] = 0.8 * slots[0] + g;
      return p - 0.1 * (g + 0.8 * slots[0]);
    }),
  ],
  ["adam", adam(), adamLoop(1e-3, 0.9, 0.999, 1e-8, 0, 0)],
  [
    "adam with every option",
    adam({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 0.1, weightDecay: 0.2, amsgrad: true }),
    adamLoop(0.05, 0.8, 0.95, 0.1, 0.2, 0, true),
  ],
  [
    "adam with decoupled decay is adamW",
    adam({ learningRate: 0.05, weightDecay: 0.1, decoupledWeightDecay: true }),
    adamLoop(0.05, 0.9, 0.999, 1e-8, 0, 0.1),
  ],
  ["adamW", adamW({ learningRate: 0.05 }), adamLoop(0.05, 0.9, 0.999, 1e-8, 0, 0.01)],
  ["rmsprop", rmsprop(), rmspropLoop(0.01, 0.9, 1e-8, 0, false, 0)],
  [
    "rmsprop with every option",
    rmsprop({
      learningRate: 0.02,
      decay: 0.7,
      epsilon: 1e-3,
      momentum: 0.6,
      centered: true,
      weightDecay: 0.1,
    }),
    rmspropLoop(0.02, 0.7, 1e-3, 0.6, true, 0.1),
  ],
  ["adagrad", adagrad(), adagradLoop(0.01, 0, 1e-10, 0)],
  [
    "adagrad with every option",
    adagrad({ learningRate: 0.1, epsilon: 0.01, initialAccumulator: 0.1, weightDecay: 0.2 }),
    adagradLoop(0.1, 0.1, 0.01, 0.2),
  ],
  ["adadelta", adadelta(), adadeltaLoop(1, 0.9, 1e-6)],
  [
    "adadelta with every option",
    adadelta({ learningRate: 0.5, rho: 0.6, epsilon: 1e-2 }),
    adadeltaLoop(0.5, 0.6, 1e-2),
  ],
  ["adamax", adamax(), adamaxLoop(2e-3, 0.9, 0.999, 1e-8)],
  [
    "adamax with every option",
    adamax({ learningRate: 0.1, beta1: 0.5, beta2: 0.8, epsilon: 0.05 }),
    adamaxLoop(0.1, 0.5, 0.8, 0.05),
  ],
  ["nadam", nadam(), nadamLoop(2e-3, 0.9, 0.999, 1e-8, 4e-3)],
  [
    "nadam with every option",
    nadam({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 0.02, momentumDecay: 0.5 }),
    nadamLoop(0.05, 0.8, 0.95, 0.02, 0.5),
  ],
  ["lion", lion({ learningRate: 0.01 }), lionLoop(0.01, 0.9, 0.99, 0)],
  [
    "lion with every option",
    lion({ learningRate: 0.02, beta1: 0.6, beta2: 0.8, weightDecay: 0.3 }),
    lionLoop(0.02, 0.6, 0.8, 0.3),
  ],
  ["lamb", lamb(), lambLoop(1e-3, 0.9, 0.999, 1e-6, 0)],
  [
    "lamb with every option",
    lamb({ learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 0.1, weightDecay: 0.2 }),
    lambLoop(0.05, 0.8, 0.95, 0.1, 0.2),
  ],
  ["lars", lars({ learningRate: 1 }), larsLoop(1, 0.9, 1e-3, 0)],
  [
    "lars with every option",
    lars({ learningRate: 0.5, momentum: 0.5, trust: 0.1, weightDecay: 0.2 }),
    larsLoop(0.5, 0.5, 0.1, 0.2),
  ],
];
