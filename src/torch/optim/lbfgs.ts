/** L-BFGS: a quasi-Newton method, with an optional line search. */
import { enable_grad, withoutGrad } from "../autograd/gradMode";
import { RuntimeError, ValueError } from "../errors";
import { cat, dot, sub as minus, div as quotient, mul as times } from "../generated/functions";
import { keywordArguments, leading } from "../keywords";
import { seam } from "../observer";
import { Tensor } from "../tensor";
import { Optimizer, type Options, type Params, parametersOf } from "./optimizer";

export interface LBFGSOptions {
  /** Length of a step, before any line search. */
  lr?: number;
  /** Iterations within one `step`. */
  max_iter?: number;
  /** Calls of the closure within one `step`; by default 5/4 of `max_iter`. */
  max_eval?: number | null;
  /** Stops where no element of the gradient is larger. */
  tolerance_grad?: number;
  /** Stops where parameters and loss change by less. */
  tolerance_change?: number;
  /** Pairs of steps and gradient changes that approximate the curvature. */
  history_size?: number;
  line_search_fn?: "strong_wolfe" | null;
}

/**
 * A number of PyTorch's code is either Python's, a double, or a tensor of one element, rounded to its dtype: which one it is
 * decides the last digits of all that follows, so both are carried along.
 */
type Scalar = number | Tensor;

const plain = (a: Scalar, b: Scalar): boolean => typeof a === "number" && typeof b === "number";
const add = (a: Scalar, b: Scalar): Scalar => (plain(a, b) ? Number(a) + Number(b) : tensorOf(a, b).add(otherOf(a, b)));
const sub = (a: Scalar, b: Scalar): Scalar => (plain(a, b) ? Number(a) - Number(b) : minus(a, b));
const mul = (a: Scalar, b: Scalar): Scalar => (plain(a, b) ? Number(a) * Number(b) : times(a, b));
const div = (a: Scalar, b: Scalar): Scalar => (plain(a, b) ? Number(a) / Number(b) : over(a, b));
const abs = (a: Scalar): Scalar => (a instanceof Tensor ? a.abs() : Math.abs(a));
const neg = (a: Scalar): Scalar => (a instanceof Tensor ? a.neg() : -a);

const tensorOf = (a: Scalar, b: Scalar): Tensor => (a instanceof Tensor ? a : (b as Tensor));
const otherOf = (a: Scalar, b: Scalar): Scalar => (a instanceof Tensor ? b : a);

/** A number over a tensor is, in PyTorch, the number times the reciprocal. */
const over = (a: Scalar, b: Scalar): Tensor =>
  typeof a === "number" ? (b as Tensor).reciprocal().mul(a) : quotient(a, b);

/** Next to a tensor a number counts as rounded to the tensor's dtype. */
function less(a: Scalar, b: Scalar): boolean {
  const cast = a instanceof Tensor ? a.dtype.cast : b instanceof Tensor ? b.dtype.cast : (x: number) => x;
  return cast(Number(a)) < cast(Number(b));
}
const equalOrLess = (a: Scalar, b: Scalar): boolean => !Number.isNaN(Number(a) + Number(b)) && !less(b, a);

// Python's min and max: the first of equals.
const min = (a: Scalar, b: Scalar): Scalar => (less(b, a) ? b : a);
const max = (a: Scalar, b: Scalar): Scalar => (less(a, b) ? b : a);

/** Where the cubic through two points with given slopes is least, within the bounds. */
function cubicInterpolate(
  [x1, f1, g1]: readonly Scalar[],
  [x2, f2, g2]: readonly Scalar[],
  bounds?: readonly [Scalar, Scalar],
): Scalar {
  const [low, high] = bounds ?? (equalOrLess(x1, x2) ? [x1, x2] : [x2, x1]);
  const d1 = sub(add(g1, g2), div(mul(3, sub(f1, f2)), sub(x1, x2)));
  const square = sub(mul(d1, d1), mul(g1, g2));
  if (!equalOrLess(0, square)) return div(add(low, high), 2);
  const d2 = square instanceof Tensor ? square.sqrt() : Math.sqrt(square);
  const part = (from: Scalar, to: Scalar, ga: Scalar, gb: Scalar) =>
    sub(from, mul(sub(from, to), div(sub(add(gb, d2), d1), add(sub(gb, ga), mul(2, d2)))));
  const position = equalOrLess(x1, x2) ? part(x2, x1, g1, g2) : part(x1, x2, g2, g1);
  return min(max(position, low), high);
}

interface Trial {
  t: Scalar;
  loss: number;
  grad: Tensor;
  /** The slope along the direction. */
  slope: Scalar;
}

/**
 * A step length that fulfils the strong Wolfe conditions: the loss falls enough (c1) and the slope flattens enough (c2).
 * First a bracket is found, then narrowed. Source: Nocedal and Wright, "Numerical Optimization", algorithms 3.5 and 3.6.
 */
function strongWolfe(
  evaluate: (t: Scalar) => { loss: number; grad: Tensor },
  first: Scalar,
  d: Tensor,
  start: { loss: number; grad: Tensor },
  slope: Tensor,
  tolerance: number,
): { trial: Trial; evaluations: number } {
  const [c1, c2, most] = [1e-4, 0.9, 25];
  const norm = d.abs().max();
  let evaluations = 0;
  const tryAt = (t: Scalar): Trial => {
    evaluations++;
    const { loss, grad } = evaluate(t);
    return { t, loss, grad, slope: dot(grad, d) };
  };
  const tooHigh = (trial: Trial) => less(add(start.loss, mul(mul(c1, trial.t), slope)), trial.loss);
  const flat = (trial: Trial) => equalOrLess(abs(trial.slope), mul(-c2, slope));

  const origin: Trial = { t: 0, loss: start.loss, grad: start.grad.clone(), slope };
  let previous = origin;
  let trial = tryAt(first);
  let bracket: Trial[] = [];
  let done = false;
  let iterations = 0;
  for (; iterations < most; iterations++) {
    if (tooHigh(trial) || (iterations > 1 && trial.loss >= previous.loss)) {
      bracket = [previous, trial];
      break;
    }
    if (flat(trial)) {
      bracket = [trial];
      done = true;
      break;
    }
    if (equalOrLess(0, trial.slope)) {
      bracket = [previous, trial];
      break;
    }
    const shortest = add(trial.t, mul(0.01, sub(trial.t, previous.t)));
    const longest = mul(trial.t, 10);
    const next = cubicInterpolate(
      [previous.t, previous.loss, previous.slope],
      [trial.t, trial.loss, trial.slope],
      [shortest, longest],
    );
    previous = trial;
    trial = tryAt(next);
  }
  if (iterations === most) bracket = [origin, trial];

  let stuck = false;
  const order = () => (bracket[0].loss <= bracket[bracket.length - 1].loss ? [0, 1] : [1, 0]);
  let [low, high] = order();
  while (!done && iterations < most) {
    if (less(mul(abs(sub(bracket[1].t, bracket[0].t)), norm), tolerance)) break;
    const [a, b] = bracket;
    let t = cubicInterpolate([a.t, a.loss, a.slope], [b.t, b.loss, b.slope]);
    // Too near a boundary, twice in a row or on it: a tenth of the bracket away from it instead.
    const [left, right] = [min(a.t, b.t), max(a.t, b.t)];
    const margin = mul(0.1, sub(right, left));
    if (less(min(sub(right, t), sub(t, left)), margin)) {
      if (stuck || equalOrLess(right, t) || equalOrLess(t, left)) {
        t = less(abs(sub(t, right)), abs(sub(t, left))) ? sub(right, margin) : add(left, margin);
        stuck = false;
      } else {
        stuck = true;
      }
    } else {
      stuck = false;
    }
    trial = tryAt(t);
    iterations++;
    if (tooHigh(trial) || trial.loss >= bracket[low].loss) {
      bracket[high] = trial;
      [low, high] = order();
    } else {
      if (flat(trial)) done = true;
      else if (equalOrLess(0, mul(trial.slope, sub(bracket[high].t, bracket[low].t)))) bracket[high] = bracket[low];
      bracket[low] = trial;
    }
  }
  return { trial: bracket[low], evaluations };
}

/**
 * Limited-memory BFGS over all parameters at once, as one vector. `step` calls the closure many times, so it must clear the
 * gradients, compute the loss, call backward and return the loss. One group only: ValueError otherwise.
 * Source: Nocedal and Wright, "Numerical Optimization", algorithm 7.4; after Schmidt's minFunc.
 */
export class LBFGS extends Optimizer {
  constructor(params: Params, ...options: Options<LBFGSOptions>) {
    [params, ...options] = leading(["params"], [params, ...options]);
    const names = [
      "lr",
      "max_iter",
      "max_eval",
      "tolerance_grad",
      "tolerance_change",
      "history_size",
      "line_search_fn",
    ];
    const given = keywordArguments("LBFGS.__init__", names, options);
    const max_iter = given.max_iter ?? 20;
    super(params, {
      lr: given.lr ?? 1,
      max_iter,
      max_eval: given.max_eval ?? Math.floor((max_iter * 5) / 4),
      tolerance_grad: given.tolerance_grad ?? 1e-7,
      tolerance_change: given.tolerance_change ?? 1e-9,
      history_size: given.history_size ?? 100,
      line_search_fn: given.line_search_fn ?? null,
    });
    if (this.param_groups.length !== 1) {
      throw new ValueError("LBFGS doesn't support per-parameter options (parameter groups)");
    }
  }

  get #params(): Tensor[] {
    return this.param_groups[0].params;
  }

  #flatGradient(): Tensor {
    return cat(
      this.#params.map((p) => (p.grad === null ? p.detach().new_zeros([p.numel()]) : p.grad.reshape([-1]))),
      0,
    );
  }

  #advance(size: Scalar, direction: Tensor): void {
    let offset = 0;
    for (const p of this.#params) {
      const part = direction.narrow(0, offset, p.numel()).view_as(p);
      p.add_(part, { alpha: Number(size) });
      offset += p.numel();
    }
  }

  override step<T = any>(closure?: (() => T) | null): T {
    if (typeof closure !== "function") {
      throw new TypeError("LBFGS.step() missing 1 required positional argument: 'closure'");
    }
    const observer = seam.observer;
    observer?.stepStart?.(this, parametersOf(this));
    const loss = withoutGrad(() => this.#minimise(() => enable_grad(closure)));
    observer?.stepEnd?.(this, parametersOf(this));
    return loss;
  }

  #minimise<T>(closure: () => T): T {
    const group = this.param_groups[0];
    const { lr, max_iter, max_eval, tolerance_grad, tolerance_change, history_size, line_search_fn } = group;
    // There is one state for all; PyTorch keeps it with the first parameter.
    const owner = this.#params[0];
    const state: any = this.state.get(owner) ?? { func_evals: 0, n_iter: 0 };
    this.state.set(owner, state);

    const first = closure();
    let loss = Number(first);
    let evaluations = 1;
    state.func_evals += 1;
    let grad = this.#flatGradient();
    const small = (t: Tensor, limit: number) => equalOrLess(t.abs().max(), limit);
    let optimal = small(grad, tolerance_grad);
    if (optimal) return first;

    let { d, t, old_dirs, old_stps, ro, H_diag, prev_flat_grad, prev_loss } = state;
    let iterations = 0;
    while (iterations < max_iter) {
      iterations++;
      state.n_iter += 1;
      if (state.n_iter === 1) {
        d = grad.neg();
        old_dirs = [];
        old_stps = [];
        ro = [];
        H_diag = 1;
      } else {
        const y = grad.sub(prev_flat_grad);
        const s = d.mul(t);
        const ys = y.dot(s);
        if (less(1e-10, ys)) {
          if (old_dirs.length === history_size) {
            old_dirs.shift();
            old_stps.shift();
            ro.shift();
          }
          old_dirs.push(y);
          old_stps.push(s);
          ro.push(over(1, ys));
          H_diag = ys.div(y.dot(y));
        }
        // The inverse Hessian times the gradient, by the two loops.
        state.al ??= new Array(history_size).fill(null);
        const { al } = state;
        const q = grad.neg();
        for (let i = old_dirs.length - 1; i >= 0; i--) {
          al[i] = old_stps[i].dot(q).mul(ro[i]);
          q.add_(old_dirs[i], { alpha: Number(neg(al[i])) });
        }
        d = times(q, H_diag);
        for (let i = 0; i < old_dirs.length; i++) {
          const be = old_dirs[i].dot(d).mul(ro[i]);
          d.add_(old_stps[i], { alpha: Number(sub(al[i], be)) });
        }
      }
      if (prev_flat_grad == null) prev_flat_grad = grad.clone();
      else prev_flat_grad.copy_(grad);
      prev_loss = loss;

      t = state.n_iter === 1 ? mul(min(1, over(1, grad.abs().sum())), lr) : lr;
      const slope = grad.dot(d);
      if (less(-tolerance_change, slope)) break;
      let used = 0;
      if (line_search_fn != null) {
        if (line_search_fn !== "strong_wolfe") throw new RuntimeError("only 'strong_wolfe' is supported");
        const origin = this.#params.map((p) => p.clone());
        const evaluate = (size: Scalar) => {
          this.#advance(size, d);
          const out = { loss: Number(closure()), grad: this.#flatGradient() };
          this.#params.forEach((p, i) => void p.copy_(origin[i]));
          return out;
        };
        const found = strongWolfe(evaluate, t, d, { loss, grad }, slope, tolerance_change);
        used = found.evaluations;
        ({ loss, grad, t } = found.trial);
        this.#advance(t, d);
        optimal = small(grad, tolerance_grad);
      } else {
        this.#advance(t, d);
        if (iterations !== max_iter) {
          loss = Number(closure());
          grad = this.#flatGradient();
          optimal = small(grad, tolerance_grad);
          used = 1;
        }
      }
      evaluations += used;
      state.func_evals += used;
      if (iterations === max_iter || evaluations >= max_eval || optimal) break;
      if (small(d.mul(t), tolerance_change)) break;
      if (Math.abs(loss - prev_loss) < tolerance_change) break;
    }
    Object.assign(state, { d, t, old_dirs, old_stps, ro, H_diag, prev_flat_grad, prev_loss });
    return first;
  }

  protected override wholeDefaults(): Record<string, number> {
    return { ...super.wholeDefaults(), lr: 1 };
  }
}
