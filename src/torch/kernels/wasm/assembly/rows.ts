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

/** Two vectors of means, two of squared distances, and their count: the moments of eight lanes. */
const LEVEL = 80;
/** Rows are shorter than 128 · 2²⁴ floats. */
const levels = memory.data(LEVEL * 25, 16);
/** Vectors of eight in a chunk. */
const CHUNK = 16;

/** Merges moments of `count` numbers a lane into those of a level (Chan et al., 1979). */
function merge(level: usize, count: f32, m0: v128, m1: v128, s0: v128, s1: v128): void {
  const old = f32.load(level, 64);
  const n = old + count;
  const share = splat(n === 0 ? 0 : count / n);
  const weight = splat(old);
  const a = v128.load(level);
  const b = v128.load(level, 16);
  const d0 = f32x4.sub(m0, a);
  const d1 = f32x4.sub(m1, b);
  v128.store(level, f32x4.add(a, f32x4.mul(share, d0)));
  v128.store(level, f32x4.add(b, f32x4.mul(share, d1)), 16);
  const q0 = f32x4.add(s0, f32x4.mul(f32x4.mul(f32x4.mul(d0, d0), share), weight));
  const q1 = f32x4.add(s1, f32x4.mul(f32x4.mul(f32x4.mul(d1, d1), share), weight));
  v128.store(level, f32x4.add(v128.load(level, 32), q0), 32);
  v128.store(level, f32x4.add(v128.load(level, 48), q1), 48);
  f32.store(level, n, 64);
}

function mergeLevel(from: usize, to: usize): void {
  merge(to, f32.load(from, 64), v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48));
}

/** Mean and 1 / √(variance + ε) of each row, as ../../normalization.ts has them. */
export function moments32(from: usize, mean: usize, rstd: usize, rows: i32, n: i32, eps: f32): void {
  const vectors = n >> 3;
  const chunks = (vectors + CHUNK - 1) / CHUNK;
  const depth = chunks <= 2 ? 1 : 32 - clz(chunks - 1);
  for (let row = 0; row < rows; row++, mean += 4, rstd += 4) {
    const end = from + ((<usize>n) << 2);
    memory.fill(levels, 0, LEVEL * depth);
    for (let i = 0; i < chunks; i++) {
      const count = min(CHUNK, vectors - i * CHUNK);
      let m0 = splat(0);
      let m1 = splat(0);
      let s0 = splat(0);
      let s1 = splat(0);
      for (let j = 0; j < count; j++, from += 32) {
        const share = splat(<f32>1 / <f32>(j + 1));
        const x0 = v128.load(from);
        const x1 = v128.load(from, 16);
        const d0 = f32x4.sub(x0, m0);
        const d1 = f32x4.sub(x1, m1);
        m0 = f32x4.add(m0, f32x4.mul(d0, share));
        m1 = f32x4.add(m1, f32x4.mul(d1, share));
        s0 = f32x4.add(s0, f32x4.mul(d0, f32x4.sub(x0, m0)));
        s1 = f32x4.add(s1, f32x4.mul(d1, f32x4.sub(x1, m1)));
      }
      merge(levels, <f32>count, m0, m1, s0, s1);
      let level = levels;
      for (let j = 1, mask = i + 1; j < depth && (mask & 1) === 0; j++, mask >>= 1, level += LEVEL) {
        mergeLevel(level, level + LEVEL);
        memory.fill(level, 0, LEVEL);
      }
    }
    for (let j = 1; j < depth; j++) mergeLevel(levels + <usize>(j * LEVEL), levels);
    let count: f32 = 0;
    let m: f32 = 0;
    let squares: f32 = 0;
    for (; from < end; from += 4) {
      const x = f32.load(from);
      const delta = x - m;
      m += delta / ++count;
      squares += delta * (x - m);
    }
    for (let k: usize = 0; k < 32 && vectors > 0; k += 4) {
      const share = <f32>vectors / (count + <f32>vectors);
      const delta = f32.load(levels + k) - m;
      m += share * delta;
      squares += f32.load(levels + k, 32) + delta * delta * share * count;
      count += <f32>vectors;
    }
    f32.store(mean, m);
    f32.store(rstd, <f32>1 / <f32>Math.sqrt(squares / <f32>n + eps));
  }
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
      const hat = fused32(v128.load(from + k), scale, shift);
      v128.store(to + k, fused32(hat, v128.load(weight + k), v128.load(bias + k)));
    }
    if (n & 3) {
      const hat = fused32(v128.load(from + body), scale, shift);
      storeTail(to + body, fused32(hat, v128.load(weight + body), v128.load(bias + body)), n);
    }
  }
}

/** a b + c, rounded once. */
// @inline
function fusedNumber(a: f32, b: f32, c: f32): f32 {
  return <f32>(<f64>a * <f64>b + <f64>c);
}

/**
 * rstd g w + b x + c, b and c from Σ g w x and Σ g w; `products` is room for a row, and `plain` says that the weight is ones
 * that nobody gave.
 */
export function normalize_backward32(
  from: usize,
  g: usize,
  weight: usize,
  mean: usize,
  rstd: usize,
  to: usize,
  products: usize,
  rows: i32,
  n: i32,
  plain: bool,
): void {
  const body = (<usize>(n & ~3)) << 2;
  const size = (<usize>n) << 2;
  const scale = <f32>1 / <f32>n;
  for (let row = 0; row < rows; row++) {
    if (!plain) {
      for (let k: usize = 0; k < size; k += 16) {
        v128.store(products + k, f32x4.mul(v128.load(g + k), v128.load(from + k)));
      }
    }
    const ds = plain ? productOf(g, from, n) : productOf(products, weight, n);
    const db = productOf(g, weight, n);
    const m = f32.load(mean);
    const a = f32.load(rstd);
    const b = fusedNumber(db, m, -ds) * a * a * a * scale;
    const c = splat(fusedNumber(-b, m, -(db * a * scale)));
    const by = splat(a);
    const slope = splat(b);
    for (let k: usize = 0; k < body; k += 16) {
      const h = f32x4.mul(f32x4.mul(by, v128.load(g + k)), v128.load(weight + k));
      v128.store(to + k, f32x4.add(fused32(slope, v128.load(from + k), h), c));
    }
    if (n & 3) {
      const h = f32x4.mul(f32x4.mul(by, v128.load(g + body)), v128.load(weight + body));
      storeTail(to + body, f32x4.add(fused32(slope, v128.load(from + body), h), c), n);
    }
    from += size;
    g += size;
    to += size;
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
    const s = f32.load(rstd);
    const scale = splat(s);
    const shift = splat(-s * f32.load(mean));
    for (let k: usize = 0; k < (<usize>n) << 2; k += 16) {
      const hat = fused32(scale, v128.load(from + k), shift);
      v128.store(to + k, fused32(v128.load(g + k), hat, v128.load(to + k)));
    }
    from += (<usize>n) << 2;
    g += (<usize>n) << 2;
  }
}
