/**
 * Loops that take each element by itself, over `n` floats rounded up to whole vectors: the scratch memory has room for the
 * last one. Source and result may be the same.
 */
import { exp4, gelu4, geluSlope4, negative, pow4, splat } from "./math";
import { at32, fused32, fusedLess32 } from "./vectors";

// ── of one number ───────────────────────────────────────────────────────────────────────────────────────────────

export function exp32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, exp4(x));
  }
}

export function gelu32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, gelu4(x));
  }
}

export function silu32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, f32x4.div(x, f32x4.add(at32(memory.data<f32>([1.0])), exp4(negative(x)))));
  }
}

export function sqrt32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, f32x4.sqrt(x));
  }
}

export function rsqrt32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, f32x4.div(at32(memory.data<f32>([1.0])), f32x4.sqrt(x)));
  }
}

export function reciprocal32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, f32x4.div(at32(memory.data<f32>([1.0])), x));
  }
}

export function neg32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, f32x4.neg(x));
  }
}

export function abs32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, f32x4.abs(x));
  }
}

export function square32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, f32x4.mul(x, x));
  }
}

export function relu32(from: usize, to: usize, n: i32): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += 16, to += 16) {
    const x = v128.load(from);
    v128.store(to, v128.andnot(x, f32x4.le(x, splat(0.0))));
  }
}

// ── of two numbers ──────────────────────────────────────────────────────────────────────────────────────────────

export function add32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.add(x, y));
  }
}

export function sub32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.sub(x, y));
  }
}

export function mul32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.mul(x, y));
  }
}

export function div32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.div(x, y));
  }
}

export function maximum32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.max(x, y));
  }
}

export function minimum32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.min(x, y));
  }
}

export function threshold_backward32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, v128.andnot(x, f32x4.le(y, splat(0.0))));
  }
}

export function tanh_backward32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.mul(x, fusedLess32(y, y, at32(memory.data<f32>([1.0])))));
  }
}

/** g / (x + 1) */
export function log1p_backward32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.div(x, f32x4.add(y, at32(memory.data<f32>([1.0])))));
  }
}

export function sigmoid_backward32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.mul(f32x4.mul(x, f32x4.sub(at32(memory.data<f32>([1.0])), y)), y));
  }
}

export function gelu_backward32(a: usize, b: usize, to: usize, n: i32): void {
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    v128.store(to, f32x4.mul(x, geluSlope4(y)));
  }
}

/** a + k b, rounded once. */
export function axpy32(a: usize, b: usize, to: usize, n: i32, k: f32): void {
  const factor = splat(k);
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    v128.store(to, fused32(v128.load(b), factor, v128.load(a)));
  }
}

/** aᵇ; 1 when there are elements that are not positive and finite, whose results mean nothing. */
export function pow32(a: usize, b: usize, to: usize, n: i32): i32 {
  let odd = i32x4.splat(0);
  for (const end = a + ((<usize>n) << 2); a < end; a += 16, b += 16, to += 16) {
    const x = v128.load(a);
    const y = v128.load(b);
    const plain = v128.and(f32x4.gt(x, splat(0.0)), f32x4.lt(x, at32(memory.data<f32>([Infinity]))));
    odd = v128.or(odd, v128.not(v128.and(plain, f32x4.lt(f32x4.abs(y), at32(memory.data<f32>([Infinity]))))));
    v128.store(to, pow4(x, y));
  }
  return i32(v128.any_true(odd));
}
