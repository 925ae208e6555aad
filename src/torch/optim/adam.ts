/** Adam and AdamW. */
import { tensor } from "../construct";
import { power } from "../exact";
import { maximum, pow } from "../generated/functions";
import { adamUpdate } from "../kernels/updates";
import { keywordArguments, leading } from "../keywords";
import type { Tensor } from "../tensor";
import { inOneLoop, mayFuse } from "./fused";
import {
  atLeastZero,
  type CommonOptions,
  checkBetas,
  checkPlacement,
  isEmpty,
  Optimizer,
  type Options,
  type Params,
} from "./optimizer";

export interface AdamOptions extends CommonOptions {
  /** Coefficients of the running averages of the gradient and of its square. */
  betas?: readonly [number, number];
  /** Keeps the denominator from zero. */
  eps?: number;
  /** Divides by the largest second moment so far. */
  amsgrad?: boolean;
  /** The steps themselves are recorded in the graph. */
  differentiable?: boolean;
  /** For GPUs: throws. */
  capturable?: boolean;
  /** For GPUs: throws. */
  fused?: boolean;
}

const names = ["lr", "betas", "eps", "weight_decay", "amsgrad"];

function check({ lr, eps, betas, weight_decay }: Record<string, any>): void {
  atLeastZero("learning rate", lr);
  atLeastZero("epsilon value", eps);
  checkBetas(betas);
  atLeastZero("weight_decay value", weight_decay);
}

/** m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − lr m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) */
function move(p: Tensor, grad: Tensor, { lr, betas, eps, amsgrad }: any, state: any, differentiable: boolean): void {
  const [beta1, beta2] = betas;
  const { exp_avg, exp_avg_sq } = state;
  exp_avg.mul_(beta1).add_(grad, { alpha: 1 - beta1 });
  exp_avg_sq.mul_(beta2).addcmul_(grad, grad, { value: 1 - beta2 });
  let second: Tensor = exp_avg_sq;
  if (amsgrad) {
    const largest = differentiable ? state.max_exp_avg_sq.clone() : state.max_exp_avg_sq;
    second = state.max_exp_avg_sq.copy_(maximum(largest, exp_avg_sq));
  }
  if (differentiable) {
    const correction = (beta: number) => pow(beta, state.step).rsub(1);
    const size = correction(beta1).reciprocal().mul(lr).neg();
    const denominator = second.sqrt().div(correction(beta2).sqrt().mul(size)).add_(size.reciprocal().mul(eps));
    p.addcdiv_(exp_avg, denominator);
    return;
  }
  const step = state.step.item();
  const size = lr / (1 - power(beta1, step));
  const denominator = second
    .sqrt()
    .div(Math.sqrt(1 - power(beta2, step)))
    .add_(eps);
  p.addcdiv_(exp_avg, denominator, { value: -size });
}

/** The same in one loop, where that is possible. Adam's decay enters the gradient (`penalty`), AdamW's the parameter. */
function fused(p: Tensor, grad: Tensor, group: any, state: any, penalty: number, decay: number): boolean {
  const { exp_avg, exp_avg_sq } = state;
  if (group.amsgrad || group.differentiable || !mayFuse(p, grad, exp_avg, exp_avg_sq)) return false;
  const { lr, betas, eps } = group;
  const step = state.step.item();
  const size = lr / (1 - power(betas[0], step));
  const root = Math.sqrt(1 - power(betas[1], step));
  inOneLoop("_fused_adam_", p, [exp_avg, exp_avg_sq], decay === 1 ? 1 : 2, () =>
    adamUpdate(p, grad, exp_avg, exp_avg_sq, { betas, eps, size, root, decay, penalty }),
  );
  return true;
}

function start(p: Tensor, state: any, amsgrad: boolean): void {
  if (!isEmpty(state)) return;
  state.step = tensor(0);
  state.exp_avg = p.detach().zeros_like();
  state.exp_avg_sq = p.detach().zeros_like();
  if (amsgrad) state.max_exp_avg_sq = p.detach().zeros_like();
}

/**
 * Adaptive moments: each parameter's step is its mean gradient over the root of its mean squared gradient.
 * Throws ValueError for options out of range. Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015).
 */
export class Adam extends Optimizer {
  constructor(params: Params, ...options: Options<AdamOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const all = [...names, "foreach", "maximize", "capturable", "differentiable", "fused"];
    const given: Record<string, any> = {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weight_decay: 0,
      amsgrad: false,
      maximize: false,
      foreach: null,
      capturable: false,
      differentiable: false,
      fused: false,
      ...keywordArguments("Adam.__init__", all, options),
    };
    check(given);
    super(params, given);
    checkPlacement(given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, group, state) => {
      start(p, state, group.amsgrad);
      state.step.add_(1);
      if (fused(p, grad, group, state, group.weight_decay, 1)) return;
      if (group.weight_decay !== 0) grad = grad.add(p, { alpha: group.weight_decay });
      move(p, grad, group, state, group.differentiable);
    });
  }

  protected override restored(): void {
    this.numbersToTensors(tensor, ["step"]);
  }
}

/**
 * Adam whose weight decay shrinks the parameter itself, `θ ← (1 − lr λ) θ`, instead of entering the moments.
 * Throws ValueError for options out of range. Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019).
 */
export class AdamW extends Optimizer {
  constructor(params: Params, ...options: Options<Omit<AdamOptions, "differentiable" | "fused">>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const all = [...names, "maximize", "foreach", "capturable"];
    const given: Record<string, any> = {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weight_decay: 1e-2,
      amsgrad: false,
      foreach: null,
      maximize: false,
      capturable: false,
      ...keywordArguments("AdamW.__init__", all, options),
    };
    check(given);
    super(params, given);
    checkPlacement(given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, group, state) => {
      start(p, state, group.amsgrad);
      state.step.add_(1);
      const decay = 1 - group.lr * group.weight_decay;
      if (fused(p, grad, group, state, 0, decay)) return;
      p.mul_(decay);
      move(p, grad, group, state, false);
    });
  }

  protected override restored(): void {
    this.numbersToTensors(tensor, ["step"]);
  }
}
