/**
 * The steps of optimisers as one loop over a parameter's own memory. Every number goes through the same roundings as by
 * the ops that the optimisers are written with: the loops below are those ops, one after the other.
 */
import { float32 } from "../dtype";
import { sameShape } from "../shape";
import type { Tensor } from "../tensor";
import { kernels } from "./wasm";

export interface UpdateFunctions {
  adam32(
    p: number,
    g: number,
    m: number,
    v: number,
    n: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    root: number,
    eps: number,
    size: number,
    decay: number,
    penalty: number,
  ): void;
  sgd32(
    p: number,
    g: number,
    b: number,
    n: number,
    lr: number,
    momentum: number,
    share: number,
    penalty: number,
    nesterov: number,
  ): void;
}

/** From so many elements on the copies into scratch memory pay. */
const WASM_FROM = 256;
const CHUNK = 1 << 13;
const r = Math.fround;

/** Whether all of them are float32, of one shape and row-major: what the loops below take. */
export const areAlike = (p: Tensor, ...rest: (Tensor | null)[]): boolean =>
  p.dtype === float32 &&
  p.is_contiguous() &&
  rest.every((t) => t === null || (t.dtype === float32 && sameShape(t.shape, p.shape) && t.is_contiguous()));

const memory = (t: Tensor): Float32Array => {
  const { data } = t.storageOf as { data: Float32Array };
  return data.subarray(t.offset, t.offset + t.numel());
};

/** Runs a kernel over blocks of `tensors`, the first of which (`written` of them) it writes. */
function inBlocks(
  tensors: readonly Float32Array[],
  written: readonly boolean[],
  run: (at: number[], n: number) => void,
): void {
  const wasm = kernels()!;
  const n = tensors[0].length;
  const mark = wasm.mark();
  const at = tensors.map(() => wasm.take(4 * Math.min(n, CHUNK)));
  const { f32 } = wasm;
  for (let start = 0; start < n; start += CHUNK) {
    const size = Math.min(CHUNK, n - start);
    for (let k = 0; k < at.length; k++) f32.set(tensors[k].subarray(start, start + size), at[k] >> 2);
    run(at, size);
    for (let k = 0; k < at.length; k++) {
      if (written[k]) tensors[k].set(f32.subarray(at[k] >> 2, (at[k] >> 2) + size), start);
    }
  }
  wasm.release(mark);
}

export interface AdamStep {
  betas: readonly [number, number];
  eps: number;
  /** lr over the first moment's correction. */
  size: number;
  /** The root of the second moment's correction. */
  root: number;
  /** What the parameter itself is multiplied with first: 1 − lr λ. */
  decay: number;
  /** How much of the parameter goes into the gradient. */
  penalty: number;
}

/** m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← decay θ − size m / (√v / root + ε) */
export function adamUpdate(p: Tensor, grad: Tensor, first: Tensor, second: Tensor, step: AdamStep): void {
  const [beta1, beta2] = step.betas.map(r);
  const [rest1, rest2] = step.betas.map((beta) => r(1 - beta));
  const [eps, size, root, decay, penalty] = [step.eps, step.size, step.root, step.decay, step.penalty].map(r);
  const all = [p, grad, first, second].map(memory);
  const [x, g, m, v] = all;
  if (x.length >= WASM_FROM && kernels() !== null) {
    const { adam32 } = kernels()!.call;
    inBlocks(all, [true, false, true, true], ([px, pg, pm, pv], n) =>
      adam32(px, pg, pm, pv, n, beta1, rest1, beta2, rest2, root, eps, size, decay, penalty),
    );
    return;
  }
  for (let i = 0; i < x.length; i++) {
    const theta = decay === 1 ? x[i] : r(x[i] * decay);
    const dx = penalty === 0 ? g[i] : r(g[i] + penalty * x[i]);
    m[i] = r(m[i] * beta1) + rest1 * dx;
    v[i] = r(v[i] * beta2) + r(rest2 * dx) * dx;
    x[i] = theta + r(r(-size * m[i]) / r(r(r(Math.sqrt(v[i])) / root) + eps));
  }
}

export interface SgdStep {
  lr: number;
  momentum: number;
  /** How much of the gradient goes into the momentum. */
  share: number;
  penalty: number;
  nesterov: boolean;
}

/** b ← μ b + τ g, θ ← θ − lr b, or with Nesterov's momentum θ − lr (g + μ b); θ − lr g where there is no `buffer`. */
export function sgdUpdate(p: Tensor, grad: Tensor, buffer: Tensor | null, step: SgdStep): void {
  const [lr, share, penalty] = [step.lr, step.share, step.penalty].map(r);
  const momentum = buffer === null ? 0 : r(step.momentum);
  const all = (buffer === null ? [p, grad] : [p, grad, buffer]).map(memory);
  const [x, g, b] = all;
  if (x.length >= WASM_FROM && kernels() !== null) {
    const { sgd32 } = kernels()!.call;
    inBlocks(all, [true, false, true], ([px, pg, pb = 0], n) =>
      sgd32(px, pg, pb, n, lr, momentum, share, penalty, Number(step.nesterov)),
    );
    return;
  }
  for (let i = 0; i < x.length; i++) {
    let d = penalty === 0 ? g[i] : r(g[i] + penalty * x[i]);
    if (momentum !== 0) {
      b[i] = r(b[i] * momentum) + share * d;
      d = step.nesterov ? r(d + momentum * b[i]) : b[i];
    }
    x[i] += -lr * d;
  }
}
