import {
  abs,
  add,
  div,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  relu,
  rsqrt,
  sigmoid,
  exp,
  sqrt,
  square,
  sub,
} from "../../ops/elementwise.ts";
import { rule, type Rule } from "../rule.ts";
import { isModest, isPowerOfTwo, like, numberOf } from "../values.ts";

/** x·c, unless c would leave the range in which constants can be merged safely. */
const scaled = (c: number, make: (c: number) => ReturnType<typeof mul>) => (isModest(c) ? make(c) : null);
const n = (value: Parameters<typeof numberOf>[0]): number => numberOf(value) as number;
const withConstant = ["f32[]", "const"];
const withConstants = ["f32[]", "const", "const"];

/**
 * Numbers. Not here, because NaN, ∞ or a negative x would be lost: x·0 = 0, x − x = 0, x/x = 1, √(x²) = x,
 * (√x)² = x, log(exp x) = x, exp(log x) = x.
 */
export const algebra: readonly Rule[] = [
  // Neutral elements.
  rule("x + 0 = x", (x) => add(x, like(x, 0)), (x) => x, { class: "finite" }),
  rule("x − 0 = x", (x) => sub(x, like(x, 0)), (x) => x, { class: "exact" }),
  rule("0 − x = −x", (x) => sub(like(x, 0), x), (x) => neg(x), { class: "finite" }),
  rule("x·1 = x", (x) => mul(x, like(x, 1)), (x) => x, { class: "exact" }),
  rule("x/1 = x", (x) => div(x, like(x, 1)), (x) => x, { class: "exact" }),
  rule("x·(−1) = −x", (x) => mul(x, like(x, -1)), (x) => neg(x), { class: "exact" }),
  rule("x/(−1) = −x", (x) => div(x, like(x, -1)), (x) => neg(x), { class: "exact" }),

  // Signs move outwards, where they meet and vanish.
  rule("−(−x) = x", (x) => neg(neg(x)), (x) => x, { class: "exact" }),
  rule("x + (−y) = x − y", (x, y) => add(x, neg(y)), (x, y) => sub(x, y), { class: "exact" }),
  rule("x − (−y) = x + y", (x, y) => sub(x, neg(y)), (x, y) => add(x, y), { class: "exact" }),
  rule("−(x − y) = y − x", (x, y) => neg(sub(x, y)), (x, y) => sub(y, x), { class: "finite" }),
  rule("−(x·c) = x·(−c)", (x, c) => neg(mul(x, c)), (x, c) => mul(x, like(x, -n(c))), { class: "exact", types: withConstant }),
  rule("−(x/c) = x/(−c)", (x, c) => neg(div(x, c)), (x, c) => div(x, like(x, -n(c))), { class: "exact", types: withConstant }),
  rule("(−x)·(−y) = x·y", (x, y) => mul(neg(x), neg(y)), (x, y) => mul(x, y), { class: "exact" }),
  rule("(−x)/(−y) = x/y", (x, y) => div(neg(x), neg(y)), (x, y) => div(x, y), { class: "exact" }),
  rule("(−x)·y = −(x·y)", (x, y) => mul(neg(x), y), (x, y) => neg(mul(x, y)), { class: "exact" }),
  rule("(−x)/y = −(x/y)", (x, y) => div(neg(x), y), (x, y) => neg(div(x, y)), { class: "exact" }),
  rule("x/(−y) = −(x/y)", (x, y) => div(x, neg(y)), (x, y) => neg(div(x, y)), { class: "exact" }),
  rule("(−x)² = x²", (x) => square(neg(x)), (x) => square(x), { class: "exact" }),
  rule("|−x| = |x|", (x) => abs(neg(x)), (x) => abs(x), { class: "exact" }),
  rule("|x|² = x²", (x) => square(abs(x)), (x) => square(x), { class: "exact" }),

  // What has been done needs no doing again.
  rule("||x|| = |x|", (x) => abs(abs(x)), (x) => abs(x), { class: "exact" }),
  rule("|x²| = x²", (x) => abs(square(x)), (x) => square(x), { class: "exact" }),
  rule("|exp x| = exp x", (x) => abs(exp(x)), (x) => exp(x), { class: "exact" }),
  rule("relu(relu x) = relu x", (x) => relu(relu(x)), (x) => relu(x), { class: "exact" }),
  rule("relu(x²) = x²", (x) => relu(square(x)), (x) => square(x), { class: "exact" }),
  rule("relu(exp x) = exp x", (x) => relu(exp(x)), (x) => exp(x), { class: "exact" }),
  rule("relu(sigmoid x) = sigmoid x", (x) => relu(sigmoid(x)), (x) => sigmoid(x), { class: "exact" }),
  rule("relu|x| = |x|", (x) => relu(abs(x)), (x) => abs(x), { class: "exact" }),
  rule("max(x, x) = x", (x) => maximum(x, x), (x) => x, { class: "exact" }),
  rule("min(x, x) = x", (x) => minimum(x, x), (x) => x, { class: "exact" }),
  rule("max(max(x, y), y) = max(x, y)", (x, y) => maximum(maximum(x, y), y), (x, y) => maximum(x, y), { class: "exact" }),
  rule("min(min(x, y), y) = min(x, y)", (x, y) => minimum(minimum(x, y), y), (x, y) => minimum(x, y), { class: "exact" }),
  rule("max(x, 0) = relu x", (x) => maximum(x, like(x, 0)), (x) => relu(x), { class: "finite" }),

  // Cheaper ops.
  rule("x·x = x²", (x) => mul(x, x), (x) => square(x), { class: "exact" }),
  rule("1/x = reciprocal x", (x) => div(like(x, 1), x), (x) => reciprocal(x), { class: "exact" }),
  rule("x/2ᵏ = x·2⁻ᵏ", (x, c) => div(x, c), (x, c) => (isPowerOfTwo(n(c)) ? mul(x, like(x, 1 / n(c))) : null), { class: "exact", types: withConstant }),
  rule("x^1 = x", (x) => pow(x, like(x, 1)), (x) => x, { class: "exact" }),
  rule("x^0 = 1", (x) => pow(x, like(x, 0)), (x) => like(x, 1), { class: "exact" }),
  rule("x^2 = x²", (x) => pow(x, like(x, 2)), (x) => square(x), { class: "rounding", domain: [-9, 9] }),
  rule("x^3 = x²·x", (x) => pow(x, like(x, 3)), (x) => mul(square(x), x), { class: "rounding", domain: [-9, 9] }),
  rule("x^−1 = reciprocal x", (x) => pow(x, like(x, -1)), (x) => reciprocal(x), { class: "rounding", domain: [0.1, 9] }),
  rule("1/√x = rsqrt x", (x) => reciprocal(sqrt(x)), (x) => rsqrt(x), { class: "rounding", domain: [0.1, 9] }),
  rule("1/rsqrt x = √x", (x) => reciprocal(rsqrt(x)), (x) => sqrt(x), { class: "rounding", domain: [0.1, 9] }),

  // Constants meet.
  rule("(x·a)·b = x·(a·b)", (x, a, b) => mul(mul(x, a), b), (x, a, b) => scaled(n(a) * n(b), (c) => mul(x, like(x, c))), { class: "rounding", types: withConstants }),
  rule("(x/a)·b = x·(b/a)", (x, a, b) => mul(div(x, a), b), (x, a, b) => scaled(n(b) / n(a), (c) => mul(x, like(x, c))), { class: "rounding", types: withConstants }),
  rule("(x·a)/b = x·(a/b)", (x, a, b) => div(mul(x, a), b), (x, a, b) => scaled(n(a) / n(b), (c) => mul(x, like(x, c))), { class: "rounding", types: withConstants }),
  rule("(x/a)/b = x/(a·b)", (x, a, b) => div(div(x, a), b), (x, a, b) => scaled(n(a) * n(b), (c) => div(x, like(x, c))), { class: "rounding", types: withConstants }),
  rule("(x + a) + b = x + (a + b)", (x, a, b) => add(add(x, a), b), (x, a, b) => add(x, like(x, n(a) + n(b))), { class: "rounding", types: withConstants }),
]; // prettier-ignore
