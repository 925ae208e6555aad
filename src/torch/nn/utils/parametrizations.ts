/** `torch.nn.utils.parametrizations`: ready-made ones. */
import { withoutGrad } from "../../autograd/gradMode";
import { IndexError, ValueError } from "../../errors";
import { dot, mv } from "../../generated/functions";
import { Tensor } from "../../tensor";
import { bind } from "../arguments";
import * as F from "../functional";
import { Module } from "../module";
import { register_parametrization } from "./parametrize";
import { asMatrix, outputDim } from "./reparametrizations";

export { orthogonal } from "./orthogonal";

/** A weight divided by its largest singular value, which a few power iterations estimate in training. */
class _SpectralNorm extends Module {
  declare dim: number;
  declare eps: number;
  declare n_power_iterations: number;
  declare _u: Tensor;
  declare _v: Tensor;

  constructor(weight: Tensor, n_power_iterations: number, dim: number, eps: number) {
    super();
    const n = weight.ndim;
    if (dim >= n || dim < -n) {
      throw new IndexError(`Dimension out of range (expected to be in range of [-${n}, ${n - 1}] but got ${dim})`);
    }
    if (n_power_iterations <= 0) {
      throw new ValueError(
        `Expected n_power_iterations to be positive, but got n_power_iterations=${n_power_iterations}`,
      );
    }
    this.dim = dim < 0 ? dim + n : dim;
    this.eps = eps;
    if (n === 1) return;
    this.n_power_iterations = n_power_iterations;
    const matrix = asMatrix(weight, this.dim);
    const [u, v] = matrix.shape.map((k) => weight.new_empty([k]).normal_(0, 1));
    this.register_buffer("_u", F.normalize(u, { dim: 0, eps }));
    this.register_buffer("_v", F.normalize(v, { dim: 0, eps }));
    this.iterate(matrix, 15);
  }

  private iterate(matrix: Tensor, times: number): void {
    const { eps } = this;
    withoutGrad(() => {
      for (let i = 0; i < times; i++) {
        this._u.copy_(F.normalize(mv(matrix, this._v), { dim: 0, eps }));
        this._v.copy_(F.normalize(mv(matrix.t(), this._u), { dim: 0, eps }));
      }
    });
  }

  override forward(weight: Tensor): Tensor {
    if (weight.ndim === 1) return F.normalize(weight, { dim: 0, eps: this.eps });
    const matrix = asMatrix(weight, this.dim);
    if (this.training) this.iterate(matrix, this.n_power_iterations);
    // The graph keeps copies: the next call will change the buffers.
    return weight.div(dot(this._u.clone(), mv(matrix, this._v.clone())));
  }

  right_inverse(value: Tensor): Tensor {
    return value;
  }
}

/** Parametrises a weight by its division by its largest singular value (Miyato et al., 2018). Throws ValueError for a name without tensor. */
export function spectral_norm<M extends Module>(
  module: M,
  ...args:
    | [name?: string, n_power_iterations?: number, eps?: number, dim?: number | null]
    | [...any[], { name?: string; n_power_iterations?: number; eps?: number; dim?: number | null }]
): M {
  const spec = { name: "weight", n_power_iterations: 1, eps: 1e-12, dim: null };
  const { name, n_power_iterations, eps, dim } = bind("spectral_norm", spec, args);
  const weight = (module as Module)[name];
  if (!(weight instanceof Tensor)) {
    throw new ValueError(`Module '${module}' has no parameter or buffer with name '${name}'`);
  }
  const norm = new _SpectralNorm(weight, n_power_iterations, dim ?? outputDim(module), eps);
  return register_parametrization(module, name, norm);
}
