// jax-js. usage: node jaxjs.mjs W3 [--onehot]: one jitted function does forward, gradient and update.
//   --onehot embeds by a product with one-hot rows in place of np.take, whose gradient jit rejects.
import { init, defaultDevice, numpy as np, nn, lax, jit, valueAndGrad, tree } from "@jax-js/jax";
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

await init("cpu", "wasm"); // without arguments it needs a global navigator
defaultDevice("wasm");

// Ownership: every argument is consumed; x.ref keeps x for one more use.
const pool = (x) => {
  const [b, c, h, w] = x.shape;
  return np.max(np.max(x.reshape([b, c, h / 2, 2, w / 2, 2]), 5), 3);
};
const dense = (x, w, b) => np.matmul(x, w).add(b);

const embed = (e, x, vocab) => (options.onehot ? np.matmul(nn.oneHot(x, vocab), e) : np.take(e, x, 0));
const forward = {
  seed: (P, x) => nn.sigmoid(dense(nn.sigmoid(dense(x, P.w1, P.b1)), P.w2, P.b2)),
  mlp: (P, x) =>
    P.w3
      ? dense(nn.relu(dense(nn.relu(dense(x, P.w1, P.b1)), P.w2, P.b2)), P.w3, P.b3)
      : dense(nn.relu(dense(x, P.w1, P.b1)), P.w2, P.b2),
  cnn: (P, x) => {
    const pad = [
      [2, 2],
      [2, 2],
    ];
    let h = pool(nn.relu(lax.conv(x, P.c1, [1, 1], pad).add(P.cb1.reshape([1, 8, 1, 1]))));
    h = pool(nn.relu(lax.conv(h, P.c2, [1, 1], pad).add(P.cb2.reshape([1, 16, 1, 1]))));
    return dense(h.reshape([-1, 784]), P.w, P.b);
  },
  lstm: (P, x, w) => {
    const H = w.hidden;
    const gx = dense(embed(P.emb, x.reshape([w.batch * w.seq]), w.vocab), P.wx, P.b).reshape([
      w.batch,
      w.seq,
      4 * H,
    ]);
    const g1 = np.unstack(gx, 1);
    let h = null,
      c = null;
    const hs = [];
    for (let t = 0; t < w.seq; t++) {
      const g = h ? g1[t].add(np.matmul(h, P.wh.ref)) : g1[t];
      const [i, f, u, o] = np.split(g, 4, 1);
      const iu = nn.sigmoid(i).mul(np.tanh(u));
      if (c) c = nn.sigmoid(f).mul(c).add(iu);
      else {
        f.dispose();
        c = iu;
      }
      h = nn.sigmoid(o).mul(np.tanh(c.ref));
      hs.push(h.ref);
    }
    h.dispose();
    c.dispose();
    P.wh.dispose();
    return dense(np.stack(hs, 1).reshape([w.batch * w.seq, H]), P.wo, P.bo);
  },
  gpt: (P, x, w) => {
    const { batch: B, seq: T, d: D, heads: H } = w;
    const ln = (h, g, b) => nn.standardize(h, -1, { epsilon: w.lnEps }).mul(g).add(b);
    let h = embed(P.tok, x.reshape([B * T]), w.vocab)
      .reshape([B, T, D])
      .add(P.pos)
      .reshape([B * T, D]);
    for (let l = 0; l < w.blocks; l++) {
      const p = (n) => P[`l${l}.${n}`];
      const a = dense(ln(h.ref, p("ln1g"), p("ln1b")), p("wqkv"), p("bqkv"));
      const [q, k, v] = np.split(a, 3, 1).map((t) => t.reshape([B, T, H, D / H]));
      const o = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([B * T, D]);
      h = h.add(dense(o, p("wo"), p("bo")));
      const m = nn.gelu(dense(ln(h.ref, p("ln2g"), p("ln2b")), p("w1"), p("b1")), { approximate: true });
      h = h.add(dense(m, p("w2"), p("b2")));
    }
    return np.matmul(ln(h, P.lnfg, P.lnfb), P.head);
  },
};

const initial = (id) =>
  Object.fromEntries(params(id).map((p) => [p.name, np.array(p.data, { shape: p.shape })]));

function model(id) {
  const w = workloads[id],
    o = w.optimizer;
  const data = batches(id).map(({ x, y, onehot }) =>
    w.kind === "seed"
      ? { x: np.array(x, { shape: [1, 2] }), y: np.array(y, { shape: [1, 2] }) }
      : {
          x: np.array(x, { shape: w.kind === "cnn" ? [w.batch, 1, 28, 28] : [w.batch, x.length / w.batch] }),
          y: np.array(onehot, { shape: [y.length, onehot.length / y.length] }),
        },
  );
  const loss = (P, x, y) =>
    w.kind === "seed"
      ? np
          .square(y.sub(forward.seed(P, x)))
          .sum()
          .mul(0.5)
      : nn
          .logSoftmax(forward[w.kind](P, x, w), -1)
          .mul(y)
          .sum()
          .mul(-1 / (w.batch * (w.seq ?? 1)));
  const names = w.params.map((p) => p.name);
  const update = (S, x, y) => {
    const [l, g] = valueAndGrad(loss)(tree.ref(S.P), x, y);
    const P = {},
      m = {},
      v = {};
    if (o.type === "sgd") {
      for (const n of names) P[n] = S.P[n].sub(g[n].mul(o.lr));
      return { S: { P }, l };
    }
    const b1t = S.b1t.mul(o.beta1),
      b2t = S.b2t.mul(o.beta2);
    const c1 = np.subtract(1, b1t.ref),
      c2 = np.subtract(1, b2t.ref);
    for (const n of names) {
      m[n] = S.m[n].mul(o.beta1).add(g[n].ref.mul(1 - o.beta1));
      v[n] = S.v[n].mul(o.beta2).add(np.square(g[n]).mul(1 - o.beta2));
      P[n] = S.P[n].sub(
        m[n].ref
          .div(c1.ref)
          .mul(o.lr)
          .div(np.sqrt(v[n].ref.div(c2.ref)).add(o.eps)),
      );
    }
    c1.dispose();
    c2.dispose();
    return { S: { P, m, v, b1t, b2t }, l };
  };
  const f = jit(update);
  const P = initial(id);
  let S =
    o.type === "sgd"
      ? { P }
      : {
          P,
          m: tree.map((p) => np.zeros(p.shape), P),
          v: tree.map((p) => np.zeros(p.shape), P),
          b1t: np.array(1),
          b2t: np.array(1),
        };
  return (i) => {
    const b = data[i % data.length];
    const r = f(S, b.x.ref, b.y.ref);
    S = r.S;
    return r.l.item();
  };
}

function stepOf() {
  if (workload === "W8") {
    const { n } = workloads.W8;
    const [a, b] = factorsOf("W8").map((values) => np.array(values, { shape: [n, n] }));
    const f = jit((a, b) => np.matmul(a, b));
    return () => f(a.ref, b.ref).dataSync()[5];
  }
  if (workload.startsWith("W7")) {
    const { of, row } = oneRow(workload);
    const P = initial(of);
    const x = np.array(row, { shape: of === "W3" ? [1, 784] : [1, 1, 28, 28] });
    const f = jit((P, x) => forward[workloads[of].kind](P, x, workloads[of]));
    return () => f(tree.ref(P), x.ref).dataSync()[0];
  }
  return model(workload);
}

try {
  await serve(stepOf());
} catch (error) {
  refuse(error);
}
