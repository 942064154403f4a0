import { cumsum, einsum, sort, square, topK, tril, triu } from "gradc";
import type { LayerSample } from "../sample.ts";

export const rows: readonly LayerSample[] = [
  {
    name: "cumsum, exclusive and from the other end",
    inputs: { x: "f32[n,4]", one: "f32[n,1]" },
    build: ({ x, one }) => ({
      plain: square(cumsum(x)),
      exclusive: square(cumsum(x, { exclusive: true })),
      reverse: square(cumsum(x, { exclusive: true, reverse: true })),
      rows: square(cumsum(x, { axis: 0, reverse: true })),
      one: cumsum(one, { exclusive: true }),
    }),
    smooth: true,
  },
  {
    name: "tril and triu of wide and tall matrices",
    inputs: { x: "f32[n,3,4]", y: "f32[4,2]" },
    build: ({ x, y }) => ({ low: square(tril(x)), high: triu(x, { k: 1 }), wide: tril(y, { k: -1 }), all: triu(y, { k: -4 }) }),
    smooth: true,
  },
  {
    name: "sort, its gradient going back to where elements came from",
    inputs: { x: "f32[n,5]", y: "f32[2,4,3]" },
    build: ({ x, y }) => ({ up: square(sort(x)), down: square(sort(y, { axis: 1, descending: true })) }),
    smooth: true,
  },
  {
    name: "topK",
    inputs: { x: "f32[n,5]" },
    build: ({ x }) => {
      const { values, indices } = topK(x, { k: 2 });
      return { values: square(values), indices };
    },
    smooth: true,
  },
  ...(
    [
      ["ij,jk->ik", "f32[n,3]", "f32[3,2]"],
      ["bij,bkj->bki", "f32[n,2,3]", "f32[n,4,3]"],
      ["ij,kl->ki", "f32[2,3]", "f32[2,4]"],
      ["...i,...i->...", "f32[n,2,3]", "f32[n,2,3]"],
      ["abc,cb", "f32[n,3,2]", "f32[2,3]"],
      ["i,j->ji", "f32[n]", "f32[3]"],
    ] as const
  ).map(([text, a, b]): LayerSample => ({
    name: `einsum ${text}`,
    inputs: { a, b },
    build: ({ a, b }) => einsum(text, a, b),
    smooth: true,
  })),
  {
    name: "einsum of one and of three operands",
    inputs: { a: "f32[n,2,3]", b: "f32[3,4]", c: "f32[4,2]" },
    build: ({ a, b, c }) => ({
      turned: einsum("nij->nji", a),
      summed: einsum("nij->i", a),
      chain: einsum("nij,jk,kl->nil", a, b, c),
      ring: einsum("nij,jk,ki->n", a, b, c),
    }),
    smooth: true,
  },
]; // prettier-ignore
