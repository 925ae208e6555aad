/**
 * Softmax and layer normalisation of `rows` rows of `n` floats, one after the other. Behind the last row there is room for a
 * vector; what is read there is masked out.
 */
import { exp4, pick, splat } from "./math";

/** All ones in the lanes of a row's last vector that are the row's. */
// @inline
function lanesOf(n: i32): v128 {
  return i32x4.gt_s(i32x4.splat(n & 3), i32x4(0, 1, 2, 3));
}

/** Stores a row's last, incomplete vector. */
// @inline
function storeTail(to: usize, x: v128, n: i32): void {
  f32.store(to, f32x4.extract_lane(x, 0));
  if ((n & 3) > 1) f32.store(to + 4, f32x4.extract_lane(x, 1));
  if ((n & 3) > 2) f32.store(to + 8, f32x4.extract_lane(x, 2));
}

// @inline
function total(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Adds four floats to two doubles. */
// @inline
function plus(sum: v128, x: v128): v128 {
  const high = i32x4.shuffle(x, x, 2, 3, 2, 3);
  return f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(high)));
}

function largest(from: usize, n: i32): f32 {
  let best = splat(-Infinity);
  const end = from + ((<usize>(n & ~3)) << 2);
  for (; from < end; from += 16) best = f32x4.max(best, v128.load(from));
  if (n & 3) best = f32x4.max(best, pick(lanesOf(n), v128.load(from), splat(-Infinity)));
  const a = max<f32>(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1));
  return max<f32>(a, max<f32>(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)));
}

/** eˣ⁻ᵐ / Σ */
export function softmax32(from: usize, to: usize, rows: i32, n: i32): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let row = 0; row < rows; row++, from += (<usize>n) << 2, to += (<usize>n) << 2) {
    const most = splat(largest(from, n));
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < body; k += 16) {
      const e = exp4(f32x4.sub(v128.load(from + k), most));
      v128.store(to + k, e);
      sum = plus(sum, e);
    }
    let tail = splat(0);
    if (n & 3) {
      tail = v128.and(lanesOf(n), exp4(f32x4.sub(v128.load(from + body), most)));
      sum = plus(sum, tail);
    }
    const scale = splat(<f32>total(sum));
    for (let k: usize = 0; k < body; k += 16) v128.store(to + k, f32x4.div(v128.load(to + k), scale));
    if (n & 3) storeTail(to + body, f32x4.div(tail, scale), n);
  }
}

/** x − m − log Σ eˣ⁻ᵐ */
export function log_softmax32(from: usize, to: usize, rows: i32, n: i32): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let row = 0; row < rows; row++, from += (<usize>n) << 2, to += (<usize>n) << 2) {
    const most = splat(largest(from, n));
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < body; k += 16) sum = plus(sum, exp4(f32x4.sub(v128.load(from + k), most)));
    if (n & 3) sum = plus(sum, v128.and(lanesOf(n), exp4(f32x4.sub(v128.load(from + body), most))));
    const log = splat(<f32>Math.log(total(sum)));
    for (let k: usize = 0; k < body; k += 16) {
      v128.store(to + k, f32x4.sub(f32x4.sub(v128.load(from + k), most), log));
    }
    if (n & 3) storeTail(to + body, f32x4.sub(f32x4.sub(v128.load(from + body), most), log), n);
  }
}

/** (g − Σ g y) y */
export function softmax_backward32(g: usize, y: usize, to: usize, rows: i32, n: i32): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let row = 0; row < rows; row++, g += (<usize>n) << 2, y += (<usize>n) << 2, to += (<usize>n) << 2) {
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < body; k += 16) sum = plus(sum, f32x4.mul(v128.load(g + k), v128.load(y + k)));
    if (n & 3) sum = plus(sum, v128.and(lanesOf(n), f32x4.mul(v128.load(g + body), v128.load(y + body))));
    const share = splat(<f32>total(sum));
    for (let k: usize = 0; k < body; k += 16) {
      v128.store(to + k, f32x4.mul(f32x4.sub(v128.load(g + k), share), v128.load(y + k)));
    }
    if (n & 3) storeTail(to + body, f32x4.mul(f32x4.sub(v128.load(g + body), share), v128.load(y + body)), n);
  }
}

/** g − eʸ Σ g */
export function log_softmax_backward32(g: usize, y: usize, to: usize, rows: i32, n: i32): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let row = 0; row < rows; row++, g += (<usize>n) << 2, y += (<usize>n) << 2, to += (<usize>n) << 2) {
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < body; k += 16) sum = plus(sum, v128.load(g + k));
    if (n & 3) sum = plus(sum, v128.and(lanesOf(n), v128.load(g + body)));
    const share = splat(<f32>total(sum));
    for (let k: usize = 0; k < body; k += 16) {
      v128.store(to + k, f32x4.sub(v128.load(g + k), f32x4.mul(exp4(v128.load(y + k)), share)));
    }
    if (n & 3) {
      storeTail(to + body, f32x4.sub(v128.load(g + body), f32x4.mul(exp4(v128.load(y + body)), share)), n);
    }
  }
}

/** Mean and 1 / √(variance + ε) of each row. */
export function moments32(from: usize, mean: usize, rstd: usize, rows: i32, n: i32, eps: f64): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let row = 0; row < rows; row++, from += (<usize>n) << 2, mean += 4, rstd += 4) {
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < body; k += 16) sum = plus(sum, v128.load(from + k));
    if (n & 3) sum = plus(sum, v128.and(lanesOf(n), v128.load(from + body)));
    const m = total(sum) / n;
    const centre = f64x2.splat(m);
    let squares = f64x2.splat(0);
    for (let k: usize = 0; k < body; k += 16) squares = plusSquares(squares, v128.load(from + k), centre);
    let rest: f64 = 0;
    for (let k = body; k < (<usize>n) << 2; k += 4) {
      const off = <f64>f32.load(from + k) - m;
      rest += off * off;
    }
    f32.store(mean, <f32>m);
    f32.store(rstd, <f32>1 / <f32>Math.sqrt(<f32>((total(squares) + rest) / n + eps)));
  }
}

/** Adds the squared distances of four floats from a centre, in doubles. */
// @inline
function plusSquares(sum: v128, x: v128, centre: v128): v128 {
  const low = f64x2.sub(f64x2.promote_low_f32x4(x), centre);
  const high = f64x2.sub(f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3)), centre);
  return f64x2.add(sum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
}

/** (x · rstd − mean · rstd) · weight + bias; `weight` and `bias` hold n floats. */
export function normalize32(
  from: usize,
  to: usize,
  mean: usize,
  rstd: usize,
  weight: usize,
  bias: usize,
  rows: i32,
  n: i32,
): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let row = 0; row < rows; row++, from += (<usize>n) << 2, to += (<usize>n) << 2, mean += 4, rstd += 4) {
    const s = f32.load(rstd);
    const scale = splat(s);
    const shift = splat(-s * f32.load(mean));
    for (let k: usize = 0; k < body; k += 16) {
      const hat = f32x4.add(f32x4.mul(v128.load(from + k), scale), shift);
      v128.store(to + k, f32x4.add(f32x4.mul(hat, v128.load(weight + k)), v128.load(bias + k)));
    }
    if (n & 3) {
      const hat = f32x4.add(f32x4.mul(v128.load(from + body), scale), shift);
      storeTail(to + body, f32x4.add(f32x4.mul(hat, v128.load(weight + body)), v128.load(bias + body)), n);
    }
  }
}

/** rstd (h − mean(h) − x̂ mean(h x̂)), h = g · weight */
export function normalize_backward32(
  from: usize,
  g: usize,
  weight: usize,
  mean: usize,
  rstd: usize,
  to: usize,
  rows: i32,
  n: i32,
): void {
  const body = (<usize>(n & ~3)) << 2;
  const lanes = lanesOf(n);
  for (let row = 0; row < rows; row++) {
    const centre = splat(f32.load(mean));
    const scale = splat(f32.load(rstd));
    let sum = f64x2.splat(0);
    let product = f64x2.splat(0);
    for (let k: usize = 0; k < body; k += 16) {
      const h = f32x4.mul(v128.load(g + k), v128.load(weight + k));
      const hat = f32x4.mul(f32x4.sub(v128.load(from + k), centre), scale);
      sum = plus(sum, h);
      product = plus(product, f32x4.mul(h, hat));
    }
    if (n & 3) {
      const h = v128.and(lanes, f32x4.mul(v128.load(g + body), v128.load(weight + body)));
      const hat = v128.and(lanes, f32x4.mul(f32x4.sub(v128.load(from + body), centre), scale));
      sum = plus(sum, h);
      product = plus(product, f32x4.mul(h, hat));
    }
    const first = splat(<f32>(total(sum) / n));
    const second = splat(<f32>(total(product) / n));
    for (let k: usize = 0; k < body; k += 16) {
      const h = f32x4.mul(v128.load(g + k), v128.load(weight + k));
      const hat = f32x4.mul(f32x4.sub(v128.load(from + k), centre), scale);
      v128.store(to + k, f32x4.mul(f32x4.sub(h, f32x4.add(first, f32x4.mul(hat, second))), scale));
    }
    if (n & 3) {
      const h = f32x4.mul(v128.load(g + body), v128.load(weight + body));
      const hat = f32x4.mul(f32x4.sub(v128.load(from + body), centre), scale);
      storeTail(to + body, f32x4.mul(f32x4.sub(h, f32x4.add(first, f32x4.mul(hat, second))), scale), n);
    }
    from += (<usize>n) << 2;
    g += (<usize>n) << 2;
    to += (<usize>n) << 2;
    mean += 4;
    rstd += 4;
  }
}

/** Adds g · x̂ of each row to `to`, n floats that were zeroed and have room for a whole vector. */
export function normalize_weight32(
  from: usize,
  g: usize,
  mean: usize,
  rstd: usize,
  to: usize,
  rows: i32,
  n: i32,
): void {
  for (let row = 0; row < rows; row++, mean += 4, rstd += 4) {
    const centre = splat(f32.load(mean));
    const scale = splat(f32.load(rstd));
    for (let k: usize = 0; k < (<usize>n) << 2; k += 16) {
      const hat = f32x4.mul(f32x4.sub(v128.load(from + k), centre), scale);
      v128.store(to + k, f32x4.add(v128.load(to + k), f32x4.mul(v128.load(g + k), hat)));
    }
    from += (<usize>n) << 2;
    g += (<usize>n) << 2;
  }
}
