/** Orthogonal and semi-orthogonal matrices as functions of unconstrained ones. */
import { withoutGrad } from "../../autograd/gradMode";
import { NotImplementedError, ValueError } from "../../errors";
import { add, allclose, cat, eye, geqrf, matrix_exp, randn, zeros_like } from "../../generated/functions";
import { householder_product, solve } from "../../generated/linalg";
import { sameShape } from "../../shape";
import { Tensor } from "../../tensor";
import { bind } from "../arguments";
import { Module } from "../module";
import { size } from "../text";
import { register_parametrization } from "./parametrize";

type OrthogonalMap = "matrix_exp" | "cayley" | "householder";

const maps: readonly string[] = ["matrix_exp", "cayley", "householder"];
const EPSILON32 = 2 ** -23;
const EPSILON64 = 2 ** -52;

const diagonal = (t: Tensor): Tensor => t.diagonal(0, -2, -1);

function isOrthogonal(q: Tensor): boolean {
  const [n, k] = q.shape.slice(-2);
  const atol = 10 * n * (q.dtype.itemsize === 8 ? EPSILON64 : EPSILON32);
  return allclose(q.mT.matmul(q), eye(k, { dtype: q.dtype }), { atol });
}

/** The factor Q of a tall matrix, with the diagonal of R positive. */
function orthogonalFactor(a: Tensor): Tensor {
  const [x, tau] = geqrf(a);
  return householder_product(x, tau).mul_(diagonal(x).sign().unsqueeze(-2));
}

/** From any matrix to an orthogonal one, `base` times the map of its lower triangle. */
class _Orthogonal extends Module {
  declare shape: number[];
  declare orthogonal_map: OrthogonalMap;
  declare base: Tensor | null;

  constructor(weight: Tensor, orthogonalMap: OrthogonalMap, useTrivialization: boolean) {
    super();
    this.shape = [...weight.shape];
    this.orthogonal_map = orthogonalMap;
    if (useTrivialization) this.register_buffer("base", null);
  }

  override forward(input: Tensor): Tensor {
    const wide = input.shape[input.ndim - 2] < input.shape[input.ndim - 1];
    const x = wide ? input.mT : input;
    let q = this.orthogonal_map === "householder" ? this.reflected(x) : this.rotated(x);
    if (this.base !== undefined) q = this.base!.matmul(q);
    return wide ? q.mT : q;
  }

  /** A product of Householder reflections, the signs on the diagonal of x. */
  private reflected(x: Tensor): Tensor {
    const a = x.tril(-1);
    const tau = a.mul(a).sum(-2).add(1).reciprocal().mul(2);
    return householder_product(a, tau).mul(diagonal(x).int().unsqueeze(-2));
  }

  /** exp A, or Cayley's (I − A/2)⁻¹ (I + A/2), for the skew-symmetric A with x below its diagonal. */
  private rotated(x: Tensor): Tensor {
    const [n, k] = x.shape.slice(-2);
    let lower = x.tril();
    if (n !== k) {
      lower = cat([lower, lower.new_zeros([n, n - k]).expand([...lower.shape.slice(0, -2), n, n - k])], -1);
    }
    const a = lower.sub(lower.mT);
    let q: Tensor;
    if (this.orthogonal_map === "matrix_exp") {
      q = matrix_exp(a);
    } else {
      const id = eye(n, { dtype: a.dtype });
      q = solve(add(id, a, { alpha: -0.5 }), add(id, a, { alpha: 0.5 }));
    }
    return n === k ? q : q.index("...", `:${k}`);
  }

  /** What gives the matrix `q`. Throws ValueError for another shape, NotImplementedError where there is no way back. */
  right_inverse(q: Tensor): Tensor {
    if (!sameShape(q.shape, this.shape)) {
      throw new ValueError(
        `Expected a matrix or batch of matrices of shape ${size(this.shape)}. Got a tensor of shape ${size(q.shape)}.`,
      );
    }
    return withoutGrad(() => (this.base === undefined ? this.reflectorsOf(q) : this.trivialized(q)));
  }

  /** Moves the whole matrix into `base`; minus the identity, which all three maps send to the identity, is left to learn. */
  private trivialized(q: Tensor): Tensor {
    const tall = q.shape[q.ndim - 2] < q.shape[q.ndim - 1] ? q.mT : q;
    const [n, k] = tall.shape.slice(-2);
    if (n === k) {
      this.base = isOrthogonal(tall) ? tall.clone() : orthogonalFactor(tall);
    } else {
      const more = randn([...tall.shape.slice(0, -2), n, n - k], { dtype: tall.dtype });
      this.base = orthogonalFactor(cat([tall, more], -1));
    }
    const left = zeros_like(q);
    diagonal(left).fill_(-1);
    return left;
  }

  private reflectorsOf(q: Tensor): Tensor {
    if (this.orthogonal_map !== "householder") {
      throw new NotImplementedError(
        "It is not possible to assign to the matrix exponential or the Cayley parametrizations when use_trivialization=False.",
      );
    }
    const wide = q.shape[q.ndim - 2] < q.shape[q.ndim - 1];
    const [a, tau] = geqrf(wide ? q.mT : q);
    const signs = diagonal(a);
    signs.sign_();
    signs.index_put_([tau.eq(0)], signs.index(tau.eq(0)).neg());
    return wide ? a.mT : a;
  }
}

/**
 * Keeps a matrix, or each of a batch, (semi-)orthogonal in training: it is parametrised by `orthogonal_map`, one of
 * `"matrix_exp"`, `"cayley"`, `"householder"` (the first for square and wide matrices unless said, the last for tall ones).
 * Throws ValueError for a name without tensor, fewer than two dimensions or an unknown map.
 */
export function orthogonal<M extends Module>(module: M, ...args: any[]): M {
  const spec = { name: "weight", orthogonal_map: null, use_trivialization: true };
  const { name, orthogonal_map, use_trivialization } = bind("orthogonal", spec, args);
  const weight = (module as Module)[name];
  if (!(weight instanceof Tensor)) {
    throw new ValueError(`Module '${module}' has no parameter or buffer with name '${name}'`);
  }
  if (weight.ndim < 2)
    throw new ValueError(`Expected a matrix or batch of matrices. Got a tensor of ${weight.ndim} dimensions.`);
  const [n, k] = weight.shape.slice(-2);
  const map = orthogonal_map ?? (n === k ? "matrix_exp" : "householder");
  if (!maps.includes(map)) {
    throw new ValueError(`orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: ${map}`);
  }
  return register_parametrization(module, name, new _Orthogonal(weight, map, use_trivialization), { unsafe: true });
}
