import { ValueError } from "../errors";
import { sgdUpdate } from "../kernels/updates";
import { keywordArguments, leading } from "../keywords";
import type { Tensor } from "../tensor";
import { inOneLoop, mayFuse } from "./fused";
import { atLeastZero, type CommonOptions, Optimizer, type Options, type Params, required } from "./optimizer";

export interface SGDOptions extends CommonOptions {
  /** How much of the last step goes into this one. */
  momentum?: number;
  /** How much of the gradient does not go into the momentum. */
  dampening?: number;
  /** Looks ahead along the momentum. */
  nesterov?: boolean;
  /** The steps themselves are recorded in the graph. */
  differentiable?: boolean;
}

const names = ["lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize", "foreach", "differentiable"];

/**
 * Stochastic gradient descent: `b ← μ b + (1 − τ) g`, `θ ← θ − lr b`, with Nesterov's momentum `θ ← θ − lr (g + μ b)`.
 * The first `b` is `g`. `lr` must be given. Throws ValueError for negative options.
 * Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013).
 */
export class SGD extends Optimizer {
  constructor(params: Params, ...options: Options<SGDOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const given = {
      lr: required,
      momentum: 0,
      dampening: 0,
      weight_decay: 0,
      nesterov: false,
      maximize: false,
      foreach: null,
      differentiable: false,
      ...keywordArguments("SGD.__init__", names, options),
    } as Record<string, any>;
    if (given.lr !== required) atLeastZero("learning rate", given.lr);
    atLeastZero("momentum value", given.momentum);
    atLeastZero("weight_decay value", given.weight_decay);
    if (given.nesterov && (given.momentum <= 0 || given.dampening !== 0)) {
      throw new ValueError("Nesterov momentum requires a momentum and zero dampening");
    }
    super(params, given);
  }

  override step<T = any>(closure?: (() => T) | null): T {
    return this.run(closure, (p, grad, { lr, momentum, dampening, weight_decay, nesterov, differentiable }, state) => {
      const moving: Tensor | null = momentum === 0 ? null : (state.momentum_buffer ?? null);
      // The first step with momentum makes its buffer.
      const ready = momentum === 0 || moving !== null;
      if (ready && !differentiable && mayFuse(p, grad, moving)) {
        if (momentum === 0) state.momentum_buffer ??= null;
        const step = { lr, momentum, share: 1 - dampening, penalty: weight_decay, nesterov };
        inOneLoop("_fused_sgd_", p, moving === null ? [] : [moving], 1, () => sgdUpdate(p, grad, moving, step));
        return;
      }
      let d = weight_decay === 0 ? grad : grad.add(p, { alpha: weight_decay });
      if (momentum !== 0) {
        const buffer = state.momentum_buffer;
        if (buffer == null) state.momentum_buffer = d.clone().detach();
        else buffer.mul_(momentum).add_(d, { alpha: 1 - dampening });
        d = nesterov ? d.add(state.momentum_buffer, { alpha: momentum }) : state.momentum_buffer;
      } else {
        state.momentum_buffer ??= null;
      }
      p.add_(d, { alpha: -lr });
    });
  }
}
