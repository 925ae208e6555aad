/**
 * The steps of optimisers, on a parameter's own memory: each element goes through the same roundings as by the ops, one
 * after the other, that the optimiser is written with.
 */
import { fused32 } from "./vectors";

/** m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², p ← decay p − size m / (√v / root + ε); g has `penalty` p added first. */
export function adam32(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  n: i32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  root: f32,
  eps: f32,
  size: f32,
  decay: f32,
  penalty: f32,
): void {
  for (const end = p + ((<usize>n) << 2); p < end; p += 16, g += 16, m += 16, v += 16) {
    let x = v128.load(p);
    let dx = v128.load(g);
    if (penalty !== 0) dx = fused32(x, f32x4.splat(penalty), dx);
    if (decay !== 1) x = f32x4.mul(x, f32x4.splat(decay));
    const first = fused32(dx, f32x4.splat(rest1), f32x4.mul(v128.load(m), f32x4.splat(beta1)));
    const square = f32x4.mul(f32x4.splat(rest2), dx);
    const second = fused32(square, dx, f32x4.mul(v128.load(v), f32x4.splat(beta2)));
    v128.store(m, first);
    v128.store(v, second);
    const below = f32x4.add(f32x4.div(f32x4.sqrt(second), f32x4.splat(root)), f32x4.splat(eps));
    v128.store(p, f32x4.add(x, f32x4.div(f32x4.mul(f32x4.splat(-size), first), below)));
  }
}

/** g has `penalty` p added; b ← μ b + τ g unless μ is 0; p ← p − lr d, d being g, b, or g + μ b (`nesterov`). */
export function sgd32(
  p: usize,
  g: usize,
  b: usize,
  n: i32,
  lr: f32,
  momentum: f32,
  share: f32,
  penalty: f32,
  nesterov: i32,
): void {
  for (const end = p + ((<usize>n) << 2); p < end; p += 16, g += 16, b += 16) {
    const x = v128.load(p);
    let d = v128.load(g);
    if (penalty !== 0) d = fused32(x, f32x4.splat(penalty), d);
    if (momentum !== 0) {
      const buffer = fused32(d, f32x4.splat(share), f32x4.mul(v128.load(b), f32x4.splat(momentum)));
      v128.store(b, buffer);
      d = nesterov ? fused32(buffer, f32x4.splat(momentum), d) : buffer;
    }
    v128.store(p, fused32(d, f32x4.splat(-lr), x));
  }
}
