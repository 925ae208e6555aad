/** Optimisers that scale each parameter by the gradients it has seen: RMSprop, Adagrad, Adadelta; and ASGD, Rprop. */
import { tensor } from "../construct";
import { ValueError } from "../errors";
import { keywordArguments, leading } from "../keywords";
import { floatText } from "../pythonText";
import type { Tensor } from "../tensor";
import { atLeastZero, type CommonOptions, isEmpty, Optimizer, type Options, type Params } from "./optimizer";

const decayed = (grad: Tensor, p: Tensor, weight_decay: number): Tensor =>
  weight_decay === 0 ? grad : grad.add(p, { alpha: weight_decay });

export interface RMSpropOptions extends CommonOptions {
  /** Coefficient of the running average of squares. */
  alpha?: number;
  /** Keeps the denominator from zero. */
  eps?: number;
  momentum?: number;
  /** Divides by the standard deviation instead of the root mean square. */
  centered?: boolean;
  /** The steps themselves are recorded in the graph. */
  differentiable?: boolean;
}

/**
 * `v ← α v + (1 − α) g²`, `θ ← θ − lr g / (√v + ε)`; centred, v loses the square of the mean gradient.
 * Throws ValueError for negative options. Source: Hinton, lecture 6 of "Neural Networks for Machine Learning" (2012);
 * centred: Graves, "Generating Sequences With Recurrent Neural Networks" (2013).
 */
export class RMSprop extends Optimizer {
  constructor(params: Params, ...options: Options<RMSpropOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const names = [
      "lr",
      "alpha",
      "eps",
      "weight_decay",
      "momentum",
      "centered",
      "foreach",
      "maximize",
      "differentiable",
    ];
    const given: Record<string, any> = {
      lr: 1e-2,
      momentum: 0,
      alpha: 0.99,
      eps: 1e-8,
      centered: false,
      weight_decay: 0,
      foreach: null,
      maximize: false,
      differentiable: false,
      ...keywordArguments("RMSprop.__init__", names, options),
    };
    atLeastZero("learning rate", given.lr);
    atLeastZero("epsilon value", given.eps);
    atLeastZero("momentum value", given.momentum);
    atLeastZero("weight_decay value", given.weight_decay);
    atLeastZero("alpha value", given.alpha);
    super(params, given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, alpha, eps, weight_decay, momentum, centered }, state) => {
      if (isEmpty(state)) {
        state.step = 0;
        state.square_avg = p.detach().zeros_like();
        if (momentum > 0) state.momentum_buffer = p.detach().zeros_like();
        if (centered) state.grad_avg = p.detach().zeros_like();
      }
      state.step += 1;
      grad = decayed(grad, p, weight_decay);
      state.square_avg.mul_(alpha).addcmul_(grad, grad, { value: 1 - alpha });
      let variance: Tensor = state.square_avg;
      if (centered) {
        state.grad_avg.mul_(alpha).add_(grad, { alpha: 1 - alpha });
        variance = variance.addcmul(state.grad_avg, state.grad_avg, { value: -1 });
      }
      const average = variance.sqrt().add(eps);
      if (momentum > 0) {
        state.momentum_buffer.mul_(momentum).addcdiv_(grad, average);
        p.add_(state.momentum_buffer, { alpha: -lr });
      } else {
        p.addcdiv_(grad, average, { value: -lr });
      }
    });
  }
}

export interface AdagradOptions extends CommonOptions {
  /** The learning rate falls as `lr / (1 + (t − 1) · lr_decay)`. */
  lr_decay?: number;
  /** What the sum of squares begins with. */
  initial_accumulator_value?: number;
  /** Keeps the denominator from zero. */
  eps?: number;
}

/**
 * `s ← s + g²`, `θ ← θ − lr g / (√s + ε)`. Throws ValueError for negative options.
 * Source: Duchi, Hazan, Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization" (2011).
 */
export class Adagrad extends Optimizer {
  constructor(params: Params, ...options: Options<AdagradOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const names = ["lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps", "foreach", "maximize"];
    const given: Record<string, any> = {
      lr: 1e-2,
      lr_decay: 0,
      eps: 1e-10,
      weight_decay: 0,
      initial_accumulator_value: 0,
      foreach: null,
      maximize: false,
      ...keywordArguments("Adagrad.__init__", names, options),
    };
    atLeastZero("learning rate", given.lr);
    atLeastZero("lr_decay value", given.lr_decay);
    atLeastZero("weight_decay value", given.weight_decay);
    atLeastZero("initial_accumulator_value value", given.initial_accumulator_value);
    atLeastZero("epsilon value", given.eps);
    super(params, given);
    for (const group of this.param_groups) for (const p of group.params) this.#start(p);
  }

  #start(p: Tensor): any {
    const sum = p.detach().full_like(this.defaults.initial_accumulator_value);
    const state = { step: tensor(0), sum };
    this.state.set(p, state);
    return state;
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, lr_decay, weight_decay, eps }, state) => {
      // PyTorch would stop here at a group added later; that group may as well begin.
      if (isEmpty(state)) state = this.#start(p);
      const step = state.step.add_(1).item();
      grad = decayed(grad, p, weight_decay);
      state.sum.addcmul_(grad, grad, { value: 1 });
      p.addcdiv_(grad, state.sum.sqrt().add_(eps), { value: -(lr / (1 + (step - 1) * lr_decay)) });
    });
  }

  protected override restored(): void {
    this.numbersToTensors(tensor, ["step"]);
  }
}

export interface AdadeltaOptions extends CommonOptions {
  /** Coefficient of the running averages. */
  rho?: number;
  /** Keeps the denominator from zero. */
  eps?: number;
}

/**
 * `v ← ρ v + (1 − ρ) g²`, `Δ = √(u + ε) / √(v + ε) · g`, `u ← ρ u + (1 − ρ) Δ²`, `θ ← θ − lr Δ`.
 * Throws ValueError for options out of range. Source: Zeiler, "ADADELTA: An Adaptive Learning Rate Method" (2012).
 */
export class Adadelta extends Optimizer {
  constructor(params: Params, ...options: Options<AdadeltaOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const given: Record<string, any> = {
      lr: 1,
      rho: 0.9,
      eps: 1e-6,
      weight_decay: 0,
      maximize: false,
      foreach: null,
      ...keywordArguments("Adadelta.__init__", ["lr", "rho", "eps", "weight_decay", "foreach", "maximize"], options),
    };
    atLeastZero("learning rate", given.lr);
    if (!(given.rho >= 0 && given.rho <= 1)) throw new ValueError(`Invalid rho value: ${floatText(given.rho)}`);
    atLeastZero("epsilon value", given.eps);
    atLeastZero("weight_decay value", given.weight_decay);
    super(params, given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, rho, eps, weight_decay }, state) => {
      if (isEmpty(state)) {
        state.step = 0;
        state.square_avg = p.zeros_like();
        state.acc_delta = p.zeros_like();
      }
      state.step += 1;
      grad = decayed(grad, p, weight_decay);
      state.square_avg.mul_(rho).addcmul_(grad, grad, { value: 1 - rho });
      const std = state.square_avg.add(eps).sqrt_();
      const delta = state.acc_delta.add(eps).sqrt_().div_(std).mul_(grad);
      state.acc_delta.mul_(rho).addcmul_(delta, delta, { value: 1 - rho });
      p.add_(delta, { alpha: -lr });
    });
  }
}

export interface ASGDOptions extends CommonOptions {
  /** Decay of the parameter. */
  lambd?: number;
  /** Power with which the learning rate falls. */
  alpha?: number;
  /** The step from which parameters are averaged. */
  t0?: number;
}

/**
 * Averaged stochastic gradient descent: `θ ← (1 − λ η) θ − η g` with `η = lr / (1 + λ lr t)^α`; `state.ax` is the average
 * of θ from step t0 on. Throws ValueError for negative options.
 * Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).
 */
export class ASGD extends Optimizer {
  constructor(params: Params, ...options: Options<ASGDOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const names = ["lr", "lambd", "alpha", "t0", "weight_decay", "foreach", "maximize"];
    const given: Record<string, any> = {
      lr: 1e-2,
      lambd: 1e-4,
      alpha: 0.75,
      t0: 1e6,
      weight_decay: 0,
      foreach: null,
      maximize: false,
      ...keywordArguments("ASGD.__init__", names, options),
    };
    atLeastZero("learning rate", given.lr);
    atLeastZero("weight_decay value", given.weight_decay);
    super(params, given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, lambd, alpha, t0, weight_decay }, state) => {
      if (isEmpty(state)) {
        state.step = tensor(0);
        state.eta = tensor(lr);
        state.mu = tensor(1);
        state.ax = p.zeros_like();
      }
      const { eta, mu, ax } = state;
      const step = state.step.add_(1).item();
      grad = decayed(grad, p, weight_decay);
      p.mul_(1 - lambd * eta.item());
      p.add_(grad, { alpha: -eta.item() });
      if (mu.item() === 1) ax.copy_(p);
      else ax.add_(p.sub(ax).mul(mu));
      eta.fill_(lr / (1 + lambd * lr * step) ** alpha);
      mu.fill_(1 / Math.max(1, step - t0));
    });
  }

  protected override restored(): void {
    this.numbersToTensors(tensor, ["step", "eta", "mu"]);
  }
}

export interface RpropOptions extends Pick<CommonOptions, "lr" | "foreach" | "maximize"> {
  /** Factors of the step size: after the gradient changed its sign, and after it kept it. */
  etas?: readonly [number, number];
  /** The smallest and the largest step. */
  step_sizes?: readonly [number, number];
}

/**
 * Resilient backpropagation: only the gradient's sign counts. A step size of its own for each element grows while the sign
 * stays and shrinks where it turned; there the element rests for one step. Throws ValueError for options out of range.
 * Source: Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning" (1993).
 */
export class Rprop extends Optimizer {
  constructor(params: Params, ...options: Options<RpropOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const given: Record<string, any> = {
      lr: 1e-2,
      etas: [0.5, 1.2],
      step_sizes: [1e-6, 50],
      foreach: null,
      maximize: false,
      ...keywordArguments("Rprop.__init__", ["lr", "etas", "step_sizes", "foreach", "maximize"], options),
    };
    atLeastZero("learning rate", given.lr);
    const [minus, plus] = given.etas;
    if (!(minus > 0 && minus < 1 && plus > 1)) {
      throw new ValueError(`Invalid eta values: ${floatText(minus)}, ${floatText(plus)}`);
    }
    super(params, given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, etas: [minus, plus], step_sizes: [smallest, largest] }, state) => {
      if (isEmpty(state)) {
        state.step = 0;
        state.prev = p.zeros_like();
        state.step_size = grad.full_like(lr);
      }
      state.step += 1;
      const agreement = grad.mul(state.prev);
      const turned = agreement.lt(0);
      const factor = agreement.ones_like().masked_fill_(agreement.gt(0), plus).masked_fill_(turned, minus);
      state.step_size.mul_(factor).clamp_(smallest, largest);
      const kept = grad.masked_fill(turned, 0);
      p.addcmul_(kept.sign(), state.step_size, { value: -1 });
      state.prev.copy_(kept);
    });
  }

  protected override wholeDefaults(): Record<string, number> {
    return { ...super.wholeDefaults(), step_sizes: 50 };
  }
}
