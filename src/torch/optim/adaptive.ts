/** Relatives of Adam: Adamax, NAdam, RAdam; SparseAdam's name. */
import { tensor } from "../construct";
import { NotImplementedError } from "../errors";
import { power } from "../exact";
import { amax, cat } from "../generated/functions";
import { keywordArguments, leading } from "../keywords";
import type { Tensor } from "../tensor";
import {
  atLeastZero,
  type CommonOptions,
  checkBetas,
  isEmpty,
  Optimizer,
  type Options,
  type Params,
} from "./optimizer";

export interface AdaptiveOptions extends CommonOptions {
  /** Coefficients of the running averages of the gradient and of its size. */
  betas?: readonly [number, number];
  /** Keeps the denominator from zero. */
  eps?: number;
}

export interface NAdamOptions extends Omit<AdaptiveOptions, "maximize"> {
  /** How fast the momentum's schedule settles. */
  momentum_decay?: number;
}

const names = ["lr", "betas", "eps", "weight_decay"];

function check({ lr, eps, betas, weight_decay }: Record<string, any>): void {
  atLeastZero("learning rate", lr);
  atLeastZero("epsilon value", eps);
  checkBetas(betas);
  atLeastZero("weight_decay value", weight_decay);
}

const decayed = (grad: Tensor, p: Tensor, weight_decay: number): Tensor =>
  weight_decay === 0 ? grad : grad.add(p, { alpha: weight_decay });

/** The next step's number. */
const count = (state: any): number => state.step.add_(1).item();

/**
 * Adam with the largest (decayed) gradient in the place of its mean square: `u ← max(β₂ u, |g| + ε)`,
 * `θ ← θ − lr / (1 − β₁ᵗ) · m / u`. Throws ValueError for options out of range.
 * Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), section 7.
 */
export class Adamax extends Optimizer {
  constructor(params: Params, ...options: Options<AdaptiveOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const given: Record<string, any> = {
      lr: 2e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weight_decay: 0,
      foreach: null,
      maximize: false,
      ...keywordArguments("Adamax.__init__", [...names, "foreach", "maximize"], options),
    };
    check(given);
    super(params, given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, betas, eps, weight_decay }, state) => {
      if (isEmpty(state)) {
        state.step = tensor(0);
        state.exp_avg = p.zeros_like();
        state.exp_inf = p.zeros_like();
      }
      const step = count(state);
      const [beta1, beta2] = betas;
      grad = decayed(grad, p, weight_decay);
      state.exp_avg.mul_(beta1).add_(grad, { alpha: 1 - beta1 });
      const sizes = cat([state.exp_inf.mul_(beta2).unsqueeze(0), grad.abs().add_(eps).unsqueeze(0)], 0);
      state.exp_inf.copy_(amax(sizes, 0));
      p.addcdiv_(state.exp_avg, state.exp_inf, { value: -(lr / (1 - power(beta1, step))) });
    });
  }

  protected override restored(): void {
    this.numbersToTensors(tensor, ["step"]);
  }
}

/**
 * Adam with Nesterov's momentum: `μₜ = β₁ (1 − ½ 0.96^(t ψ))`,
 * `θ ← θ − lr ((1 − μₜ) g / (1 − Π μ) + μₜ₊₁ m / (1 − Π μ μₜ₊₁)) / (√v̂ + ε)`. Throws ValueError for options out of range.
 * As in PyTorch 1.13, the second product has μₜ twice.
 * Source: Dozat, "Incorporating Nesterov Momentum into Adam" (2016).
 */
export class NAdam extends Optimizer {
  constructor(params: Params, ...options: Options<NAdamOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const given: Record<string, any> = {
      lr: 2e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weight_decay: 0,
      momentum_decay: 4e-3,
      foreach: null,
      ...keywordArguments("NAdam.__init__", [...names, "momentum_decay", "foreach"], options),
    };
    check(given);
    atLeastZero("momentum_decay value", given.momentum_decay);
    super(params, given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, betas, eps, weight_decay, momentum_decay }, state) => {
      if (isEmpty(state)) {
        state.step = tensor(0);
        state.mu_product = tensor(1);
        state.exp_avg = p.zeros_like();
        state.exp_avg_sq = p.zeros_like();
      }
      const step = count(state);
      const [beta1, beta2] = betas;
      grad = decayed(grad, p, weight_decay);
      const mu = beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay));
      const next = beta1 * (1 - 0.5 * 0.96 ** ((step + 1) * momentum_decay));
      state.mu_product.mul_(mu);
      const productNext: Tensor = state.mu_product.mul(mu).mul(next);
      state.exp_avg.mul_(beta1).add_(grad, { alpha: 1 - beta1 });
      state.exp_avg_sq.mul_(beta2).addcmul_(grad, grad, { value: 1 - beta2 });
      const denominator = state.exp_avg_sq
        .div(1 - power(beta2, step))
        .sqrt()
        .add_(eps);
      p.addcdiv_(grad, denominator, { value: (-lr * (1 - mu)) / (1 - state.mu_product.item()) });
      p.addcdiv_(state.exp_avg, denominator, { value: (-lr * next) / (1 - productNext.item()) });
    });
  }

  protected override restored(): void {
    this.numbersToTensors(tensor, ["step", "mu_product"]);
  }
}

/**
 * Adam that goes without the second moment until enough gradients are seen, and rectifies its variance after that:
 * `ρₜ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)` with `ρ∞ = 2 / (1 − β₂) − 1`; from `ρₜ > 5` on the step is scaled by
 * `√((ρₜ − 4)(ρₜ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρₜ))`. Throws ValueError for options out of range.
 * Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond" (2020).
 */
export class RAdam extends Optimizer {
  constructor(params: Params, ...options: Options<Omit<AdaptiveOptions, "maximize">>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const given: Record<string, any> = {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weight_decay: 0,
      foreach: null,
      ...keywordArguments("RAdam.__init__", [...names, "foreach"], options),
    };
    check(given);
    super(params, given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, betas, eps, weight_decay }, state) => {
      if (isEmpty(state)) {
        state.step = tensor(0);
        state.exp_avg = p.zeros_like();
        state.exp_avg_sq = p.zeros_like();
      }
      const step = count(state);
      const [beta1, beta2] = betas;
      grad = decayed(grad, p, weight_decay);
      state.exp_avg.mul_(beta1).add_(grad, { alpha: 1 - beta1 });
      state.exp_avg_sq.mul_(beta2).addcmul_(grad, grad, { value: 1 - beta2 });
      const corrected: Tensor = state.exp_avg.div(1 - power(beta1, step));
      const decay2 = power(beta2, step);
      const end = 2 / (1 - beta2) - 1;
      const length = end - (2 * step * decay2) / (1 - decay2);
      if (length > 5) {
        const rect = Math.sqrt(((length - 4) * (length - 2) * end) / ((end - 4) * (end - 2) * length));
        // A number over a tensor is, in PyTorch, the number times the reciprocal.
        const adaptive = state.exp_avg_sq
          .sqrt()
          .add_(eps)
          .reciprocal()
          .mul(Math.sqrt(1 - decay2));
        p.add_(corrected.mul(lr).mul(adaptive).mul(rect), { alpha: -1 });
      } else {
        p.add_(corrected.mul(lr), { alpha: -1 });
      }
    });
  }

  protected override restored(): void {
    this.numbersToTensors(tensor, ["step"]);
  }
}

const denseOnly = (): never => {
  throw new NotImplementedError("SparseAdam needs sparse gradients, and gradients are dense here: use Adam");
};

/** Adam for sparse gradients, which there are none of here. Throws NotImplementedError. */
export class SparseAdam extends Optimizer {
  constructor(_params: Params, ..._options: Options<AdaptiveOptions>) {
    super(denseOnly(), {});
  }
}
