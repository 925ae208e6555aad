/** Norms of vectors and matrices. */
import { op } from "../dispatch";
import { type DType, float32 } from "../dtype";
import { RuntimeError } from "../errors";
import { castTo } from "../kernels/copy";
import { reduce } from "../kernels/reduce";
import { sizeText, wrapDim, wrapDims } from "../shape";
import type { Tensor } from "../tensor";
import { svdvals } from "./decompositions";
import { checkMatrix, checkSquare } from "./matrices";
import { withDims } from "./reductions";
import { inv_ex } from "./solvers";

type Fold = (data: ArrayLike<number>, start: number, end: number) => number;

/** ‖x‖ₚ of a run. */
const powerNorm =
  (p: number): Fold =>
  (data, start, end) => {
    if (p === Number.POSITIVE_INFINITY) {
      let most = 0;
      for (let i = start; i < end && !Number.isNaN(most); i++) most = Math.max(most, Math.abs(data[i]));
      return most;
    }
    if (p === Number.NEGATIVE_INFINITY) {
      let least = Number.POSITIVE_INFINITY;
      for (let i = start; i < end; i++) least = Math.min(least, Math.abs(data[i]));
      return least;
    }
    let sum = 0;
    if (p === 2) {
      for (let i = start; i < end; i++) sum += data[i] * data[i];
      return Math.sqrt(sum);
    }
    for (let i = start; i < end; i++) sum += p === 0 ? Number(data[i] !== 0) : Math.abs(data[i]) ** p;
    return p === 0 ? sum : sum ** (1 / p);
  };

const f = Math.fround;

/** ‖x‖₂ of a run of float32 as PyTorch adds it up: eight lanes, then those, then the rest, squares fused into the sums. */
const norm32: Fold = (data, start, end) => {
  const whole = end - ((end - start) % 8);
  const lanes = new Float32Array(8);
  for (let i = start; i < whole; i++) lanes[(i - start) & 7] += data[i] * data[i];
  let sum = lanes[0];
  for (let i = 1; i < 8; i++) sum = f(sum + lanes[i]);
  let i = whole;
  // Four at a time their squares are rounded first.
  if (end - i >= 4) for (const four = i + 4; i < four; i++) sum = f(sum + f(data[i] * data[i]));
  for (; i < end; i++) sum = f(sum + data[i] * data[i]);
  return Math.sqrt(sum);
};

const chainedNorm32: Fold = (data, start, end) => {
  let sum = 0;
  for (let i = start; i < end; i++) sum = f(sum + data[i] * data[i]);
  return Math.sqrt(sum);
};

/** ∂‖x‖ₚ / ∂xᵢ = sgn(xᵢ) |xᵢ|ᵖ⁻¹ / ‖x‖ᵖ⁻¹, 0 at the origin */
export function normGradient(
  g: Tensor,
  x: Tensor,
  result: Tensor,
  p: number,
  dim: readonly number[] | null,
  keepdim: boolean,
): Tensor | null {
  if (p === 0) return null;
  const dims = wrapDims(dim, x.ndim);
  const norm = withDims(result, x.shape, dim, keepdim);
  g = withDims(g, x.shape, dim, keepdim);
  if (p === 1) return x.sgn().mul(g);
  const atOrigin = norm.eq(0);
  if (p === 2) return g.mul(x.div(norm).masked_fill(atOrigin, 0));
  if (Math.abs(p) === Number.POSITIVE_INFINITY) {
    const size = x.abs();
    const at = size.eq(norm).logical_or(size.ne(size));
    return x.sgn().mul(g.div(at.sum(dims, true)).mul(at));
  }
  const scale = g.div(norm.pow(p - 1)).masked_fill(atOrigin, 0);
  if (p < 1) {
    const power = x
      .abs()
      .pow(p - 1)
      .masked_fill(x.eq(0), 0);
    return x
      .sgn()
      .mul(power)
      .mul(g)
      .mul(norm.pow(1 - p));
  }
  if (p < 2)
    return x
      .sgn()
      .mul(x.abs().pow(p - 1))
      .mul(scale);
  return x.mul(x.abs().pow(p - 2)).mul(scale);
}

function checkNotEmpty(t: Tensor, p: number, dim: readonly number[] | null, name: string): void {
  if (t.numel() !== 0 || (p >= 0 && p !== Number.POSITIVE_INFINITY)) return;
  if (dim === null || dim.length === 0) {
    throw new RuntimeError(
      `${name} cannot compute the ${p === Number.POSITIVE_INFINITY ? "inf" : p} norm on an empty tensor because the operation does not have an identity`,
    );
  }
  for (const d of wrapDims(dim, t.ndim)) {
    if (t.shape[d] === 0) {
      throw new RuntimeError(
        `${name} cannot compute the ${p === Number.POSITIVE_INFINITY ? "inf" : p} norm on the dimension ${d}because this dimension is empty and the operation does not have an identity`,
      );
    }
  }
}

const inDtype = (t: Tensor, dtype: DType | null): Tensor => (dtype === null ? t : t.to(dtype));

/** The p-norm of the elements along dimensions. */
export function normOf(t: Tensor, p: number, dim: readonly number[] | null, keepdim: boolean): Tensor {
  if (!t.is_floating_point()) {
    throw new RuntimeError(
      `linalg.vector_norm: Expected a floating point or complex tensor as input. Got ${t.dtype.scalarName}`,
    );
  }
  const dims = wrapDims(dim, t.ndim);
  if (p !== 2 || t.dtype !== float32) return reduce(t, dims, keepdim, t.dtype, powerNorm(p));
  // Runs that lie together in memory are folded lane by lane, others one element after the other.
  const together = t.is_contiguous() && (dims.length === t.ndim || (dims.length === 1 && dims[0] === t.ndim - 1));
  return reduce(t, dims, keepdim, t.dtype, together ? norm32 : chainedNorm32);
}

export const norm = op("norm.ScalarOpt_dim(Tensor self, Scalar? p=2, int[1]? dim=None, bool keepdim=False) -> Tensor", {
  doc: "The p-norm along dimensions, over all elements when none is named.",
  forward: (t, p, dim, keepdim) => {
    if (!t.is_floating_point()) {
      throw new RuntimeError(
        `norm(): input dtype should be either floating point or complex. Got ${t.dtype.scalarName} instead.`,
      );
    }
    return normOf(t, Number(p ?? 2), dim, keepdim);
  },
  grad: { self: ["self result", (g, s) => normGradient(g, s.self, s.result, Number(s.p ?? 2), s.dim, s.keepdim)] },
  node: "NormBackward1",
});

op(
  "norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p=2, int[1]? dim=None, bool keepdim=False, *, ScalarType dtype) -> Tensor",
  {
    doc: "The p-norm along dimensions, computed in another dtype.",
    forward: (t, p, dim, keepdim, dtype) => normOf(castTo(t, dtype), Number(p ?? 2), dim, keepdim),
    grad: {
      self: [
        "self result",
        (g, s) =>
          normGradient(g, s.self.to(s.dtype), s.result, Number(s.p ?? 2), s.dim, s.keepdim)?.to(s.self.dtype) ?? null,
      ],
    },
    node: "NormBackward3",
  },
);

op("norm.named(Tensor self, str p, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", {
  doc: 'The Frobenius ("fro") or the nuclear ("nuc") norm: of all elements, or of matrices in two dimensions.',
  forward: (t, p, dim, keepdim, dtype) => {
    const x = inDtype(t, dtype);
    if (p === "fro") {
      if (dim === null) return norm(x, 2, null, keepdim);
      if (dim.length > 2) {
        throw new RuntimeError(`Expected at most 2 dimensions, but got ${dim.length} dimensions instead.`);
      }
      if (dim.length < 2) return norm(x, 2, dim, keepdim);
      return x.mul(x).sum(dim, keepdim).sqrt();
    }
    if (p !== "nuc") {
      throw new RuntimeError(`only valid string values are 'fro' and 'nuc', found ${p}`);
    }
    const dims = dim ?? [0, 1];
    if (dim === null && x.ndim !== 2) {
      throw new RuntimeError(
        `Expected a tensor with 2 dimensions, but got a tensor with ${x.ndim} dimension${x.ndim === 1 ? "" : "s"} instead.`,
      );
    }
    if (dims.length !== 2) {
      throw new RuntimeError(`nuclear norm requires a 'dim' argument of size 2`);
    }
    return overMatrices(x, wrapTwo(x, dims), keepdim, (s) => s.sum([-1]));
  },
  composite: true,
});

// ── torch.linalg ────────────────────────────────────────────────────────────────────────────────────────────────

export const vector_norm = op(
  "linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  {
    doc: "(Σ |x|ᵖ)^(1/p) along dimensions, or of all elements; for ±∞ the largest (smallest) |x|, for 0 the count of non-zeros.",
    forward: (t, ord, dim, keepdim, dtype) => {
      checkNotEmpty(t, Number(ord), dim, "linalg.vector_norm");
      return normOf(dtype === null ? t : castTo(t, dtype), Number(ord), dim, keepdim);
    },
    grad: {
      self: [
        "self result",
        (g, s) =>
          normGradient(g, inDtype(s.self, s.dtype), s.result, Number(s.ord), s.dim, s.keepdim)?.to(s.self.dtype) ??
          null,
      ],
    },
    variants: ["linalg"],
  },
);

function wrapTwo(t: Tensor, dims: readonly number[]): [number, number] {
  if (dims.length !== 2) {
    throw new RuntimeError("linalg.matrix_norm: dim must be a 2-tuple. Got ".concat(dims.join(" ")));
  }
  const [a, b] = dims.map((d) => wrapDim(d, t.ndim));
  if (a === b) {
    throw new RuntimeError(`linalg.matrix_norm: dims must be different. Got (${dims.join(", ")})`);
  }
  return [a, b];
}

/** `f` of the singular values of the matrices in two dimensions. */
function overMatrices(t: Tensor, [a, b]: [number, number], keepdim: boolean, f: (s: Tensor) => Tensor): Tensor {
  const rest = t.shape.map((_, i) => i).filter((i) => i !== a && i !== b);
  const order = [...rest, a, b];
  const out = f(svdvals(t.permute(order), null));
  if (!keepdim) return out;
  return out
    .unsqueeze(-1)
    .unsqueeze(-1)
    .permute(order.map((_, i) => order.indexOf(i)));
}

function matrixNorm(
  t: Tensor,
  ord: number | string,
  dim: readonly number[],
  keepdim: boolean,
  dtype: DType | null,
): Tensor {
  checkMatrix(t, "linalg.matrix_norm");
  if (!t.is_floating_point()) {
    throw new RuntimeError(
      `linalg.matrix_norm: Expected a floating point or complex tensor as input. Got ${t.dtype.scalarName}`,
    );
  }
  const dims = wrapTwo(t, dim);
  if (ord === "fro") return vector_norm(t, 2, dims, keepdim, dtype);
  const x = inDtype(t, dtype);
  if (ord === "nuc") return overMatrices(x, dims, keepdim, (s) => s.sum([-1]));
  const size = Math.abs(Number(ord));
  if (typeof ord === "string" || ![1, 2, Number.POSITIVE_INFINITY].includes(size)) {
    throw new RuntimeError(`linalg.matrix_norm: Order ${ord} not supported.`);
  }
  const extreme = (s: Tensor, d: number, keep: boolean) => (Number(ord) > 0 ? s.amax([d], keep) : s.amin([d], keep));
  if (size === 2) return overMatrices(x, dims, keepdim, (s) => extreme(s, -1, false));
  // Sums of |x| down columns (1) or along rows (∞), and their extreme.
  const [first, second] = size === 1 ? dims : [dims[1], dims[0]];
  const sums = vector_norm(x, 1, [first], keepdim, null);
  return extreme(sums, !keepdim && first < second ? second - 1 : second, keepdim);
}

op(
  "linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2,-1], bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  {
    doc: "A matrix norm over two dimensions: ±1 (columns), ±∞ (rows), ±2 (singular values).",
    forward: (t, ord, ...rest) => matrixNorm(t, Number(ord), ...rest),
    composite: true,
    variants: ["linalg"],
  },
);
op(
  "linalg_matrix_norm.str_ord(Tensor self, str ord='fro', int[] dim=[-2,-1], bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  {
    doc: 'The Frobenius ("fro") or the nuclear ("nuc") norm over two dimensions.',
    forward: matrixNorm,
    composite: true,
    variants: ["linalg"],
  },
);

const linalgNorm = (
  t: Tensor,
  ord: number | boolean | null,
  dim: number[] | null,
  keepdim: boolean,
  dtype: DType | null,
) => {
  if (!t.is_floating_point()) {
    throw new RuntimeError(
      `linalg.norm: Expected a floating point or complex tensor as input. Got ${t.dtype.scalarName}`,
    );
  }
  if (dim !== null && dim.length !== 1 && dim.length !== 2) {
    throw new RuntimeError(`linalg.norm: If dim is specified, it must be of length 1 or 2. Got ${sizeText(dim)}`);
  }
  if (ord !== null && dim === null && t.ndim !== 1 && t.ndim !== 2) {
    throw new RuntimeError(
      `linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got ${t.ndim}D.`,
    );
  }
  if (ord !== null && ((dim !== null && dim.length === 2) || (dim === null && t.ndim === 2))) {
    return matrixNorm(t, Number(ord), dim ?? [0, 1], keepdim, dtype);
  }
  return vector_norm(t, ord ?? 2, dim, keepdim, dtype);
};

export const linalg_norm = op(
  "linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  {
    doc: "A vector norm along one dimension, a matrix norm over two, the 2-norm of all elements where neither order nor dimension is named.",
    forward: linalgNorm,
    composite: true,
    variants: ["linalg"],
  },
);
op(
  "linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  {
    doc: 'The Frobenius ("fro") or the nuclear ("nuc") norm of matrices.',
    forward: (t, ord, dim, keepdim, dtype) => {
      if (dim !== null && dim.length !== 2) {
        throw new RuntimeError(`linalg.norm: If dim is specified, it must be of length 2. Got ${sizeText(dim)}`);
      }
      if (dim === null && t.ndim > 2) {
        throw new RuntimeError(
          `linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got ${t.ndim}D.`,
        );
      }
      return matrixNorm(t, ord, dim ?? [-2, -1], keepdim, dtype);
    },
    composite: true,
    variants: ["linalg"],
  },
);

/** Largest singular value over the smallest, or the other way round. */
function spectralCondition(t: Tensor, least: boolean): Tensor {
  const s = svdvals(t, null);
  const high = s.narrow(-1, 0, 1);
  const low = s.narrow(-1, -1, 1);
  return (least ? low.div(high) : high.div(low)).squeeze(-1);
}

function condition(t: Tensor, p: number | string | null): Tensor {
  checkMatrix(t, "linalg.cond");
  if (p === null || Math.abs(Number(p)) === 2) return spectralCondition(t, p === -2);
  checkSquare(t, "linalg.cond");
  if (t.numel() === 0) return t.new_zeros(t.shape.slice(0, -2));
  const [inverse, info] = inv_ex(t, false);
  const safe = inverse.masked_fill(info.ne(0).unsqueeze(-1).unsqueeze(-1), Number.POSITIVE_INFINITY);
  const out = matrixNorm(t, p, [-2, -1], false, null).mul(matrixNorm(safe, p, [-2, -1], false, null));
  if (p === "nuc") return out;
  return out.nan_to_num(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
}

op("linalg_cond(Tensor self, Scalar? p=None) -> Tensor", {
  doc: "The condition number ‖A‖ₚ ‖A⁻¹‖ₚ, by singular values for ±2 and by default.",
  forward: (t, p) => condition(t, p === null ? null : Number(p)),
  composite: true,
  variants: ["linalg"],
});
op("linalg_cond.p_str(Tensor self, str p) -> Tensor", {
  doc: 'The condition number in the "fro" or "nuc" norm.',
  forward: condition,
  composite: true,
  variants: ["linalg"],
});
