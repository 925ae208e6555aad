/**
 * Softmax and layer normalisation of `rows` rows of `n` floats, one after the other. Behind the last row there is room for a
 * vector; what is read there is masked out.
 */
import { exp4, log4, pick, splat } from "./math";
import { at32, fused32 } from "./vectors";

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
  let best = at32(memory.data<f32>([-Infinity]));
  const end = from + ((<usize>(n & ~3)) << 2);
  for (; from < end; from += 16) best = f32x4.max(best, v128.load(from));
  if (n & 3) best = f32x4.max(best, pick(lanesOf(n), v128.load(from), at32(memory.data<f32>([-Infinity]))));
  const a = max<f32>(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1));
  return max<f32>(a, max<f32>(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)));
}

/** The first `count` lanes (a negative count: none), zeros in the others. */
// @inline
function first(x: v128, count: i32): v128 {
  return v128.and(i32x4.gt_s(i32x4.splat(count), i32x4(0, 1, 2, 3)), x);
}

/** Eight lanes in two vectors: those four apart first, then two apart, then neighbours. */
// @inline
function folded(a: v128, b: v128): f32 {
  const four = f32x4.add(a, b);
  const two = f32x4.add(four, i32x4.shuffle(four, four, 2, 3, 0, 1));
  return f32x4.extract_lane(two, 0) + f32x4.extract_lane(two, 1);
}

/** The sum of n floats as PyTorch's rows have it: eight lanes take turns; fewer than eight one after the other. */
function sumOf(from: usize, n: i32): f32 {
  if (n < 8) {
    let sum = f32.load(from);
    for (let k: usize = 4; k < (<usize>n) << 2; k += 4) sum += f32.load(from + k);
    return sum;
  }
  let a = v128.load(from);
  let b = v128.load(from + 16);
  const body = (<usize>(n & ~7)) << 2;
  for (let k: usize = 32; k < body; k += 32) {
    a = f32x4.add(a, v128.load(from + k));
    b = f32x4.add(b, v128.load(from + k + 16));
  }
  const rest = n & 7;
  if (rest > 0) a = f32x4.add(a, first(v128.load(from + body), rest));
  if (rest > 4) b = f32x4.add(b, first(v128.load(from + body + 16), rest - 4));
  return folded(a, b);
}

/** Σ x y in the same order; each lane's products are fused into its sum. */
function productOf(x: usize, y: usize, n: i32): f32 {
  if (n < 8) {
    let sum = f32.load(x) * f32.load(y);
    for (let k: usize = 4; k < (<usize>n) << 2; k += 4) sum += f32.load(x + k) * f32.load(y + k);
    return sum;
  }
  let a = f32x4.mul(v128.load(x), v128.load(y));
  let b = f32x4.mul(v128.load(x + 16), v128.load(y + 16));
  const body = (<usize>(n & ~7)) << 2;
  for (let k: usize = 32; k < body; k += 32) {
    a = fused32(v128.load(x + k), v128.load(y + k), a);
    b = fused32(v128.load(x + k + 16), v128.load(y + k + 16), b);
  }
  const rest = n & 7;
  if (rest > 0) a = fused32(first(v128.load(x + body), rest), first(v128.load(y + body), rest), a);
  if (rest > 4) {
    b = fused32(first(v128.load(x + body + 16), rest - 4), first(v128.load(y + body + 16), rest - 4), b);
  }
  return folded(a, b);
}

/** Writes eˣ⁻ᵐ of one row. */
function expRow(from: usize, to: usize, n: i32, most: v128): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let k: usize = 0; k < body; k += 16) v128.store(to + k, exp4(f32x4.sub(v128.load(from + k), most)));
  if (n & 3) storeTail(to + body, exp4(f32x4.sub(v128.load(from + body), most)), n);
}

/** eˣ⁻ᵐ / Σ */
export function softmax32(from: usize, to: usize, rows: i32, n: i32): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let row = 0; row < rows; row++, from += (<usize>n) << 2, to += (<usize>n) << 2) {
    expRow(from, to, n, splat(largest(from, n)));
    const scale = splat(<f32>1 / sumOf(to, n));
    for (let k: usize = 0; k < body; k += 16) v128.store(to + k, f32x4.mul(v128.load(to + k), scale));
    if (n & 3) storeTail(to + body, f32x4.mul(v128.load(to + body), scale), n);
  }
}

/** x − m − log Σ eˣ⁻ᵐ */
export function log_softmax32(from: usize, to: usize, rows: i32, n: i32): void {
  const body = (<usize>(n & ~3)) << 2;
  for (let row = 0; row < rows; row++, from += (<usize>n) << 2, to += (<usize>n) << 2) {
    const most = splat(largest(from, n));
    expRow(from, to, n, most);
    const log = log4(splat(sumOf(to, n)));
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
    const share = splat(productOf(g, y, n));
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
    const share = splat(-sumOf(g, n));
    for (let k: usize = 0; k < body; k += 16) {
      v128.store(to + k, fused32(exp4(v128.load(y + k)), share, v128.load(g + k)));
    }
    if (n & 3) storeTail(to + body, fused32(exp4(v128.load(y + body)), share, v128.load(g + body)), n);
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
