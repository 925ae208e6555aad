/** Products of float32 with vectors, in the order of OpenBLAS: `src/torch/kernels/blas.ts` has the same in plain loops. */
import { fused32 } from "./vectors";

/** Two vectors of n floats, a multiple of 32, onto 32 sums. */
export function dot32(x: usize, y: usize, n: i32, sums: usize): void {
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32);
  let s3 = v128.load(sums, 48);
  let s4 = v128.load(sums, 64);
  let s5 = v128.load(sums, 80);
  let s6 = v128.load(sums, 96);
  let s7 = v128.load(sums, 112);
  for (const end = x + ((<usize>n) << 2); x < end; x += 128, y += 128) {
    s0 = fused32(v128.load(x), v128.load(y), s0);
    s1 = fused32(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = fused32(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = fused32(v128.load(x, 48), v128.load(y, 48), s3);
    s4 = fused32(v128.load(x, 64), v128.load(y, 64), s4);
    s5 = fused32(v128.load(x, 80), v128.load(y, 80), s5);
    s6 = fused32(v128.load(x, 96), v128.load(y, 96), s6);
    s7 = fused32(v128.load(x, 112), v128.load(y, 112), s7);
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(sums, s4, 64);
  v128.store(sums, s5, 80);
  v128.store(sums, s6, 96);
  v128.store(sums, s7, 112);
}

/** y += the sum of eight lanes: halves first, then neighbours. */
// @inline
function addLanes(y: usize, low: v128, high: v128): void {
  const h = f32x4.add(low, high);
  const left = f32x4.extract_lane(h, 0) + f32x4.extract_lane(h, 1);
  const right = f32x4.extract_lane(h, 2) + f32x4.extract_lane(h, 3);
  store<f32>(y, load<f32>(y) + (left + right));
}

/** y += A x for rows of k floats (multiples of four, both), `line` bytes apart. */
export function rows32(a: usize, line: usize, x: usize, y: usize, rows: i32, k: i32): void {
  const end = x + ((<usize>k) << 2);
  for (let i = 0; i < rows; i += 4, a += 4 * line, y += 16) {
    let p0 = a;
    let p1 = a + line;
    let p2 = p1 + line;
    let p3 = p2 + line;
    let l0 = f32x4.splat(0);
    let l1 = f32x4.splat(0);
    let l2 = f32x4.splat(0);
    let l3 = f32x4.splat(0);
    let h0 = f32x4.splat(0);
    let h1 = f32x4.splat(0);
    let h2 = f32x4.splat(0);
    let h3 = f32x4.splat(0);
    let at = x;
    if (k & 4) {
      const v = v128.load(at);
      l0 = fused32(v128.load(p0), v, l0);
      l1 = fused32(v128.load(p1), v, l1);
      l2 = fused32(v128.load(p2), v, l2);
      l3 = fused32(v128.load(p3), v, l3);
      at += 16;
      p0 += 16;
      p1 += 16;
      p2 += 16;
      p3 += 16;
    }
    for (; at < end; at += 32, p0 += 32, p1 += 32, p2 += 32, p3 += 32) {
      const v = v128.load(at);
      const w = v128.load(at, 16);
      l0 = fused32(v128.load(p0), v, l0);
      h0 = fused32(v128.load(p0, 16), w, h0);
      l1 = fused32(v128.load(p1), v, l1);
      h1 = fused32(v128.load(p1, 16), w, h1);
      l2 = fused32(v128.load(p2), v, l2);
      h2 = fused32(v128.load(p2, 16), w, h2);
      l3 = fused32(v128.load(p3), v, l3);
      h3 = fused32(v128.load(p3, 16), w, h3);
    }
    addLanes(y, l0, h0);
    addLanes(y + 4, l1, h1);
    addLanes(y + 8, l2, h2);
    addLanes(y + 12, l3, h3);
  }
}

/**
 * y += A x for columns of `rows` floats (a multiple of four), `line` bytes apart: `steps` times `width` (4 or 8) of them in one
 * chain; for the first `paired` rows in two, of even and of odd ones.
 */
export function columns32(
  a: usize,
  line: usize,
  x: usize,
  y: usize,
  rows: i32,
  paired: i32,
  width: i32,
  steps: i32,
): void {
  const end = x + ((<usize>(width * steps)) << 2);
  const step = (<usize>width) << 2;
  let i = 0;
  for (; i < paired; i += 4, a += 16, y += 16) {
    let sum = v128.load(y);
    let from = a;
    for (let at = x; at < end; ) {
      let even = f32x4.splat(0);
      let odd = f32x4.splat(0);
      for (const stop = at + step; at < stop; at += 8, from += 2 * line) {
        even = fused32(v128.load(from), v128.load_splat<f32>(at), even);
        odd = fused32(v128.load(from + line), v128.load_splat<f32>(at, 4), odd);
      }
      sum = f32x4.add(sum, f32x4.add(even, odd));
    }
    v128.store(y, sum);
  }
  for (; i < rows; i += 16, a += 64, y += 64) {
    let from = a;
    for (let at = x; at < end; ) {
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      for (const stop = at + step; at < stop; at += 4, from += line) {
        const v = v128.load_splat<f32>(at);
        s0 = fused32(v128.load(from), v, s0);
        s1 = fused32(v128.load(from, 16), v, s1);
        s2 = fused32(v128.load(from, 32), v, s2);
        s3 = fused32(v128.load(from, 48), v, s3);
      }
      v128.store(y, f32x4.add(v128.load(y), s0));
      v128.store(y, f32x4.add(v128.load(y, 16), s1), 16);
      v128.store(y, f32x4.add(v128.load(y, 32), s2), 32);
      v128.store(y, f32x4.add(v128.load(y, 48), s3), 48);
    }
  }
}
