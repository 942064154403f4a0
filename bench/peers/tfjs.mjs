// TensorFlow.js. usage: node tfjs.mjs W3 --backend=cpu|wasm [--onehot] [--im2col]
//   --onehot embeds by a product with one-hot rows (W5, W6), --im2col convolves by slices and a product (W4):
//   the two ways round the gradient kernels that the wasm backend lacks.
import { createRequire } from "node:module";
import path from "node:path";
import {
  batches,
  factorsOf,
  oneRow,
  options,
  params,
  refuse,
  serve,
  workload,
  workloads,
} from "./common.mjs";

const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs");
const backend = options.backend;
if (backend === "cpu") require("@tensorflow/tfjs-backend-cpu");
else {
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  // The flag is asked for first, since asking sets it; one thread is what everybody gets here.
  await tf.env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT");
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const binary = require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm");
  wasm.setWasmPaths(path.dirname(binary) + path.sep);
}
await tf.setBackend(backend);
await tf.ready();

const optimizer = (o) =>
  o.type === "sgd" ? tf.train.sgd(o.lr) : tf.train.adam(o.lr, o.beta1, o.beta2, o.eps);

const conv = options.im2col
  ? (x, f, b, w, h, cin, cout) => {
      const p = tf.pad(x, [
        [0, 0],
        [2, 2],
        [2, 2],
        [0, 0],
      ]);
      const cols = [];
      for (let i = 0; i < 5; i++)
        for (let j = 0; j < 5; j++) cols.push(tf.slice(p, [0, i, j, 0], [-1, h, w, cin]));
      const m = tf.reshape(tf.concat(cols, 3), [-1, 25 * cin]);
      return tf.reshape(tf.add(tf.matMul(m, tf.reshape(f, [25 * cin, cout])), b), [-1, h, w, cout]);
    }
  : (x, f, b) => tf.add(tf.conv2d(x, f, 1, 2), b);

const forward = {
  seed: (P, x) => tf.sigmoid(tf.add(tf.matMul(tf.sigmoid(tf.add(tf.matMul(x, P.w1), P.b1)), P.w2), P.b2)),
  mlp: (P, x) => {
    let h = x;
    const n = P.w3 ? 3 : 2;
    for (let i = 1; i <= n; i++) {
      h = tf.add(tf.matMul(h, P["w" + i]), P["b" + i]);
      if (i < n) h = tf.relu(h);
    }
    return h;
  },
  cnn: (P, x) => {
    let h = tf.maxPool(tf.relu(conv(x, P.c1, P.cb1, 28, 28, 1, 8)), 2, 2, "valid");
    h = tf.maxPool(tf.relu(conv(h, P.c2, P.cb2, 14, 14, 8, 16)), 2, 2, "valid");
    return tf.add(tf.matMul(tf.reshape(h, [-1, 784]), P.w), P.b);
  },
  lstm: (P, x, w) => {
    const emb = options.onehot
      ? tf.matMul(tf.oneHot(tf.reshape(x, [-1]), w.vocab).cast("float32"), P.emb)
      : tf.gather(P.emb, tf.reshape(x, [-1]));
    const gx = tf.unstack(tf.reshape(tf.add(tf.matMul(emb, P.wx), P.b), [w.batch, w.seq, 4 * w.hidden]), 1);
    let h = null,
      c = null;
    const hs = [];
    for (let t = 0; t < w.seq; t++) {
      const g = h ? tf.add(gx[t], tf.matMul(h, P.wh)) : gx[t];
      const [i, f, u, o] = tf.split(g, 4, 1);
      const iu = tf.mul(tf.sigmoid(i), tf.tanh(u));
      c = c ? tf.add(tf.mul(tf.sigmoid(f), c), iu) : iu;
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
      hs.push(h);
    }
    return tf.add(tf.matMul(tf.reshape(tf.stack(hs, 1), [-1, w.hidden]), P.wo), P.bo);
  },
  gpt: (P, x, w) => {
    const { batch: B, seq: T, d: D, heads: H } = w,
      dh = D / H;
    const ln = (h, g, b) => {
      const { mean, variance } = tf.moments(h, -1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(h, mean), tf.rsqrt(tf.add(variance, w.lnEps))), g), b);
    };
    const gelu = (h) =>
      tf.mul(
        tf.mul(h, 0.5),
        tf.add(1, tf.tanh(tf.mul(0.7978845608028654, tf.add(h, tf.mul(0.044715, tf.mul(h, tf.mul(h, h))))))),
      );
    const ids = tf.reshape(x, [-1]);
    const tok = options.onehot
      ? tf.matMul(tf.oneHot(ids, w.vocab).cast("float32"), P.tok)
      : tf.gather(P.tok, ids);
    let h = tf.reshape(tf.add(tf.reshape(tok, [B, T, D]), P.pos), [B * T, D]);
    for (let l = 0; l < w.blocks; l++) {
      const p = (n) => P[`l${l}.${n}`];
      const a = tf.add(tf.matMul(ln(h, p("ln1g"), p("ln1b")), p("wqkv")), p("bqkv"));
      const [q, k, v] = tf
        .split(a, 3, 1)
        .map((t) => tf.transpose(tf.reshape(t, [B, T, H, dh]), [0, 2, 1, 3]));
      const s = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(dh)), w.mask);
      const o = tf.reshape(tf.transpose(tf.matMul(tf.softmax(s), v), [0, 2, 1, 3]), [B * T, D]);
      h = tf.add(h, tf.add(tf.matMul(o, p("wo")), p("bo")));
      const m = gelu(tf.add(tf.matMul(ln(h, p("ln2g"), p("ln2b")), p("w1")), p("b1")));
      h = tf.add(h, tf.add(tf.matMul(m, p("w2")), p("b2")));
    }
    return tf.matMul(ln(h, P.lnfg, P.lnfb), P.head);
  },
};

function initial(id) {
  const P = {};
  for (const p of params(id)) {
    let t = tf.tensor(p.data, p.shape);
    if (id === "W4" && p.shape.length === 4) t = tf.transpose(t, [2, 3, 1, 0]);
    if (id === "W4" && p.name === "w")
      t = tf.reshape(tf.transpose(tf.reshape(t, [16, 7, 7, 10]), [1, 2, 0, 3]), [784, 10]);
    P[p.name] = tf.variable(t);
  }
  return P;
}

function model(id) {
  const w = { ...workloads[id] };
  if (w.kind === "gpt")
    w.mask = tf.tensor(
      Float32Array.from({ length: w.seq * w.seq }, (_, i) => (i % w.seq > Math.floor(i / w.seq) ? -1e9 : 0)),
      [w.seq, w.seq],
    );
  const P = initial(id),
    opt = optimizer(w.optimizer);
  const vars = Object.values(P);
  const data = batches(id).map(({ x, y, onehot }) =>
    w.kind === "seed"
      ? { x: tf.tensor(x, [1, 2]), y: tf.tensor(y, [1, 2]) }
      : {
          x:
            x instanceof Int32Array
              ? tf.tensor(x, [w.batch, w.seq], "int32")
              : w.kind === "cnn"
                ? tf.tensor(x, [w.batch, 28, 28, 1])
                : tf.tensor(x, [w.batch, w.inputs]),
          y: tf.tensor(onehot, [y.length, onehot.length / y.length]),
        },
  );
  const loss = (b) =>
    w.kind === "seed"
      ? tf.mul(0.5, tf.sum(tf.square(tf.sub(b.y, forward.seed(P, b.x)))))
      : tf.losses.softmaxCrossEntropy(b.y, forward[w.kind](P, b.x, w));
  return (i) => {
    const cost = opt.minimize(() => loss(data[i % data.length]), true, vars);
    const [value] = cost.dataSync();
    cost.dispose();
    return value;
  };
}

function stepOf() {
  if (workload === "W8") {
    const { n } = workloads.W8;
    const [a, b] = factorsOf("W8").map((values) => tf.tensor(values, [n, n]));
    return () => {
      const product = tf.matMul(a, b);
      const element = product.dataSync()[5];
      product.dispose();
      return element;
    };
  }
  if (workload.startsWith("W7")) {
    const { of, row } = oneRow(workload);
    const P = initial(of);
    const x = tf.tensor(row, of === "W3" ? [1, 784] : [1, 28, 28, 1]);
    return () => {
      const logits = tf.tidy(() => forward[workloads[of].kind](P, x, workloads[of]));
      const [first] = logits.dataSync();
      logits.dispose();
      return first;
    };
  }
  return model(workload);
}

try {
  await serve(stepOf());
} catch (error) {
  refuse(error);
}
