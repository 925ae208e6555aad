/** What all kernels share: vectors of four floats or two doubles. */

// Constants stand in memory, `at32(memory.data<f32>([0.5]))`: one instruction reads and repeats them, where V8 takes five to
// put a vector together from an immediate.

/** The float (or the integer) at `p`, four times. */
// @inline
export function at32(p: usize): v128 {
  return v128.load32_splat(p);
}

/** The double at `p`, twice. */
// @inline
export function at64(p: usize): v128 {
  return v128.load64_splat(p);
}

/** a · b + c, in one rounding where the build has it. */
// @inline
export function madd64(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** a · b + c of four floats, rounded once in either build: through doubles where there is no fused multiply-add. */
// @inline
export function fused32(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  const low = fusedPair(a, b, c);
  const high = fusedPair(upper(a), upper(b), upper(c));
  return i32x4.shuffle(low, high, 0, 1, 4, 5);
}

/** c − a · b of four floats, rounded once in either build. */
// @inline
export function fusedLess32(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return fused32(f32x4.neg(a), b, c);
}

// @inline
function upper(x: v128): v128 {
  return i32x4.shuffle(x, x, 2, 3, 2, 3);
}

// @inline
function fusedPair(a: v128, b: v128, c: v128): v128 {
  const product = f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  return f32x4.demote_f64x2_zero(f64x2.add(product, f64x2.promote_low_f32x4(c)));
}

/** a · b + c for vectors of T: f32, rounded once, or f64. */
// @inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  return sizeof<T>() === 4 ? fused32(a, b, c) : madd64(a, b, c);
}
