// What one core can do here: a product of 64×784 by 784×128 with the best tile known for an engine, written by hand.
// usage: node tile.mjs T --kind=js|simd|relaxed
import { createRequire } from "node:module";
import { options, refuse, serve } from "./common.mjs";
import { uniform } from "../workloads/data.mjs";

const [rows, depth, columns] = [64, 784, 128];
const [a, b] = [uniform(1, rows * depth), uniform(2, depth * columns)].map((u) => Float32Array.from(u));

/** 4×4 sums in float64 locals, which is the most that V8 keeps in registers. */
function product(a, b, c) {
  for (let i = 0; i < 64; i += 4) {
    for (let j = 0; j < 128; j += 4) {
      let s00 = 0,
        s01 = 0,
        s02 = 0,
        s03 = 0;
      let s10 = 0,
        s11 = 0,
        s12 = 0,
        s13 = 0;
      let s20 = 0,
        s21 = 0,
        s22 = 0,
        s23 = 0;
      let s30 = 0,
        s31 = 0,
        s32 = 0,
        s33 = 0;
      let p = i * 784;
      let q = j;
      for (let k = 0; k < 784; k++) {
        const x0 = a[p],
          x1 = a[p + 784],
          x2 = a[p + 1568],
          x3 = a[p + 2352];
        const y0 = b[q],
          y1 = b[q + 1],
          y2 = b[q + 2],
          y3 = b[q + 3];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
        s20 += x2 * y0;
        s21 += x2 * y1;
        s22 += x2 * y2;
        s23 += x2 * y3;
        s30 += x3 * y0;
        s31 += x3 * y1;
        s32 += x3 * y2;
        s33 += x3 * y3;
        p++;
        q += 128;
      }
      const o = i * 128 + j;
      c[o] = s00;
      c[o + 1] = s01;
      c[o + 2] = s02;
      c[o + 3] = s03;
      c[o + 128] = s10;
      c[o + 129] = s11;
      c[o + 130] = s12;
      c[o + 131] = s13;
      c[o + 256] = s20;
      c[o + 257] = s21;
      c[o + 258] = s22;
      c[o + 259] = s23;
      c[o + 384] = s30;
      c[o + 385] = s31;
      c[o + 386] = s32;
      c[o + 387] = s33;
    }
  }
}

/**
 * 4×8 sums in eight vectors; 6×8 where relaxed multiply-adds, which round once where the machine can, leave registers for
 * them. Each row is read right before its products.
 */
function wat(relaxed) {
  const sum = (r, h) => `$s${r}${h}`;
  const add = (r, h) =>
    relaxed
      ? `(local.set ${sum(r, h)} (f32x4.relaxed_madd (local.get $x) (local.get $y${h}) (local.get ${sum(r, h)})))`
      : `(local.set ${sum(r, h)} (f32x4.add (local.get ${sum(r, h)}) (f32x4.mul (local.get $x) (local.get $y${h}))))`;
  const row = depth * 4;
  const every = (height, text) => Array.from({ length: height }, (_, r) => text(r)).join("\n");
  const both = (text) => [0, 1].map(text).join("\n");
  /** The rows from `$i` to `end`, so many at a time. */
  const tiles = (height, end) => `
      (loop $rows${end}
        (local.set $j (i32.const 0))
        (loop $columns
          ${every(height, (r) => both((h) => `(local.set ${sum(r, h)} (v128.const i32x4 0 0 0 0))`))}
          (local.set $p (i32.add (local.get $a) (i32.mul (local.get $i) (i32.const ${row}))))
          (local.set $q (i32.add (local.get $b) (i32.shl (local.get $j) (i32.const 2))))
          (local.set $k (i32.const ${depth}))
          (loop $depth
            (local.set $y0 (v128.load (local.get $q)))
            (local.set $y1 (v128.load offset=16 (local.get $q)))
            ${every(height, (r) => `(local.set $x (v128.load32_splat offset=${r * row} (local.get $p)))\n${both((h) => add(r, h))}`)}
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (local.set $q (i32.add (local.get $q) (i32.const ${columns * 4})))
            (br_if $depth (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
          (local.set $o (i32.add (local.get $c) (i32.shl (i32.add
            (i32.mul (local.get $i) (i32.const ${columns})) (local.get $j)) (i32.const 2))))
          ${every(height, (r) => both((h) => `(v128.store offset=${r * columns * 4 + h * 16} (local.get $o) (local.get ${sum(r, h)}))`))}
          (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 8))) (i32.const ${columns}))))
        (br_if $rows${end} (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const ${height}))) (i32.const ${end}))))`;
  const most = relaxed ? 6 : 4;
  const whole = rows - (rows % most);
  return `(module
    (memory (export "memory") 16)
    (func (export "product") (param $a i32) (param $b i32) (param $c i32)
      (local $i i32) (local $j i32) (local $k i32) (local $p i32) (local $q i32) (local $o i32)
      (local $x v128) (local $y0 v128) (local $y1 v128)
      ${every(most, (r) => both((h) => `(local ${sum(r, h)} v128)`))}
      ${tiles(most, whole)}
      ${whole < rows ? tiles(rows - whole, rows) : ""}))`;
}

async function inWasm(relaxed) {
  const wabt = await createRequire(import.meta.url)("wabt")();
  const features = { simd: true, relaxed_simd: relaxed };
  const { buffer } = wabt.parseWat("tile.wat", wat(relaxed), features).toBinary({});
  if (!WebAssembly.validate(buffer)) throw new Error("this engine has no relaxed SIMD");
  const { memory, product } = new WebAssembly.Instance(new WebAssembly.Module(buffer)).exports;
  const floats = new Float32Array(memory.buffer);
  floats.set(a);
  floats.set(b, a.length);
  const [q, c] = [a.length * 4, (a.length + b.length) * 4];
  return { run: () => product(0, q, c), c: floats.subarray(c / 4, c / 4 + rows * columns) };
}

function inJs() {
  const c = new Float32Array(rows * columns);
  return { run: () => product(a, b, c), c };
}

/** A tile that computes something else would be no measure. */
function check(c) {
  for (const at of [0, 5, 4000, rows * columns - 1]) {
    const [i, j] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += a[i * depth + k] * b[k * columns + j];
    if (!(Math.abs(c[at] / sum - 1) < 1e-4)) throw new Error(`the tile computes ${c[at]} for ${sum}`);
  }
}

try {
  const { run, c } = options.kind === "js" ? inJs() : await inWasm(options.kind === "relaxed");
  run();
  check(c);
  await serve(() => (run(), c[0]));
} catch (error) {
  refuse(error);
}
