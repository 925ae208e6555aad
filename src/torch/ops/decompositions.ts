/** Factorisations of matrices, and the functions of one matrix that rest on them. Each takes batches: `[*, m, n]`. */
import { aliasOf, notDifferentiable, type Op, op } from "../dispatch";
import { type DType, int32 } from "../dtype";
import { NotImplementedError, RuntimeError } from "../errors";
import { elements } from "../kernels/copy";
import {
  choleskyFactor,
  householder,
  ldlFactor,
  ldlSolve,
  luFactor,
  matrixExponential,
  orthogonal,
  pivotOrder,
} from "../kernels/decompositions";
import { singular, symmetricEigen } from "../kernels/spectral";
import { broadcastShapes, numel, sizeText } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";
import { cat } from "./joining";
import {
  adjoint,
  batchOf,
  checkFloating,
  checkInfo,
  checkMatrix,
  checkSquare,
  columnsOf,
  diagonalMatrix,
  eachMatrix,
  identity,
  rowsOf,
} from "./matrices";
import { solve_triangular } from "./triangular";

type Cotangents = (Tensor | null)[];

/** Half the distance from 1 to the next number of a dtype. */
const roundoff = (dtype: DType): number => (dtype.name === "float64" ? 2 ** -53 : 2 ** -24);

// ── Cholesky ────────────────────────────────────────────────────────────────────────────────────────────────────

function choleskyForward(a: Tensor, upper: boolean): [Tensor, Tensor] {
  const n = rowsOf(a);
  const source = upper ? adjoint(a) : a;
  const out = allocate(a.shape, a.dtype);
  const info = allocate(batchOf(a), int32);
  eachMatrix(source, (matrix, i) => {
    info.storageOf.data[i] = choleskyFactor(matrix, n);
    out.storageOf.data.set(matrix, i * n * n);
  });
  return [upper ? adjoint(out) : out, info];
}

/** With L = chol(A): gA = L⁻ᵀ · sym(Lᵀ gL) · L⁻¹, where sym takes the lower triangle and halves what it mirrors. */
function choleskyGradient(g: Tensor, factor: Tensor, upper: boolean): Tensor {
  const l = upper ? adjoint(factor) : factor;
  const gl = upper ? adjoint(g) : g;
  const inner = adjoint(l).matmul(gl).tril();
  const symmetric = inner.add(adjoint(inner.tril(-1))).mul(0.5);
  const left = solve_triangular(adjoint(l), symmetric, true, true, false);
  return solve_triangular(l, left, false, false, false);
}

export const cholesky_ex = op(
  "linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False) -> (Tensor L, Tensor info)",
  {
    doc: "The Cholesky factor `[*, n, n]` and for each matrix the order of the first minor that is not positive, or 0.",
    forward: (a, upper, check) => {
      checkSquare(a, "linalg.cholesky", "A");
      checkFloating(a, "linalg.cholesky");
      const [l, info] = choleskyForward(a, upper);
      if (check) checkInfo(info, "torch.linalg.cholesky_ex", notPositive);
      return [l, info];
    },
    grad: { self: ["L", (g: Cotangents, s) => (g[0] === null ? null : choleskyGradient(g[0], s.L, s.upper))] },
    node: "LinalgCholeskyExBackward0",
    variants: ["linalg"],
  },
);

const notPositive = (k: number): string =>
  `The factorization could not be completed because the input is not positive-definite (the leading minor of order ${k} is not positive-definite).`;

op("linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor", {
  doc: "The triangular L with `A = L Lᵀ` (or its transpose), for symmetric positive-definite A. Throws LinAlgError for others.",
  forward: (a, upper) => {
    const [l, info] = cholesky_ex(a, upper, false);
    checkInfo(info, "linalg.cholesky", notPositive);
    return l;
  },
  composite: true,
  variants: ["linalg"],
});

op("cholesky(Tensor self, bool upper=False) -> Tensor", {
  doc: "The triangular L with `A = L Lᵀ`; `torch.linalg.cholesky` is its newer name.",
  forward: (a, upper) => {
    checkSquare(a, "cholesky");
    const [l, info] = choleskyForward(a, upper);
    checkInfo(info, "cholesky", notPositive);
    return l;
  },
  grad: { self: ["result", (g, s) => choleskyGradient(g, s.result, s.upper)] },
});

// d (L Lᵀ)⁻¹ = −X (dL Lᵀ + L dLᵀ) X
export const cholesky_inverse = op("cholesky_inverse(Tensor self, bool upper=False) -> Tensor", {
  doc: "The inverse of A from its Cholesky factor.",
  forward: (l, upper) => {
    checkSquare(l, "cholesky_inverse");
    const triangle = upper ? adjoint(l.triu()) : l.tril();
    const half = solve_triangular(triangle, identity(rowsOf(l), l.dtype).expand(l.shape), false, true, false);
    return adjoint(half).matmul(half);
  },
  grad: {
    self: [
      "self result",
      (g, s) => {
        const inner = s.result.matmul(g.add(adjoint(g))).matmul(s.result);
        return (s.upper ? s.self.matmul(inner) : inner.matmul(s.self)).neg();
      },
    ],
  },
});

const CHOLESKY_SOLVE = "cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor";

// A X = B with A = L Lᵀ: gB = A⁻¹ g, gA = −gB Xᵀ, gL = (gA + gAᵀ) L
export const cholesky_solve: Op<typeof CHOLESKY_SOLVE> = op(CHOLESKY_SOLVE, {
  doc: "Solves `A X = B` from the Cholesky factor of A: `torch.cholesky_solve(B, L)`.",
  forward: (b, l, upper) => {
    checkMatrix(b, "cholesky_solve", "b");
    checkSquare(l, "cholesky_solve", "u");
    if (rowsOf(b) !== rowsOf(l)) {
      throw new RuntimeError(
        `Incompatible matrix sizes for cholesky_solve: each A matrix is ${rowsOf(l)} by ${rowsOf(l)} but each b matrix is ${rowsOf(b)} by ${columnsOf(b)}`,
      );
    }
    const lower = upper ? adjoint(l.triu()) : l.tril();
    const half = solve_triangular(lower, b, false, true, false);
    return solve_triangular(adjoint(lower), half, true, true, false);
  },
  grad: {
    self: ["input2", (g, s) => cholesky_solve(g, s.input2, s.upper)],
    input2: [
      "input2 result",
      (g, s) => {
        const product = cholesky_solve(g, s.input2, s.upper).matmul(adjoint(s.result));
        const both = product.add(adjoint(product));
        return (s.upper ? s.input2.matmul(both) : both.matmul(s.input2)).neg();
      },
    ],
  },
});

// ── LU ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function luForward(a: Tensor, pivot: boolean, name: string): [Tensor, Tensor, Tensor] {
  if (a.ndim < 2)
    throw new RuntimeError(
      `${name}: Expected tensor with 2 or more dimensions. Got size: ${sizeText(a.shape)} instead`,
    );
  checkFloating(a, name);
  if (!pivot) throw new RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU");
  const [m, n] = [rowsOf(a), columnsOf(a)];
  const k = Math.min(m, n);
  const lu = allocate(a.shape, a.dtype);
  const pivots = allocate([...batchOf(a), k], int32);
  const info = allocate(batchOf(a), int32);
  eachMatrix(a, (matrix, i) => {
    const result = luFactor(matrix, m, n);
    lu.storageOf.data.set(matrix, i * m * n);
    pivots.storageOf.data.set(result.pivots, i * k);
    info.storageOf.data[i] = result.info;
  });
  return [lu, pivots, info];
}

/** P with A = P L U, from the pivots of a batch. */
function permutation(pivots: Tensor, m: number, like: Tensor): Tensor {
  const k = columnsOf(pivots);
  const batch = pivots.shape.slice(0, -1);
  const out = allocate([...batch, m, m], like.dtype);
  const data = elements(pivots);
  for (let b = 0; b < numel(batch); b++) {
    pivotOrder(data.subarray(b * k, (b + 1) * k), m).forEach((from, i) => {
      out.storageOf.data[b * m * m + from * m + i] = 1;
    });
  }
  return out;
}

/** L with ones on its diagonal `[*, m, k]`, and U `[*, k, n]`. */
export function luParts(lu: Tensor): { l: Tensor; u: Tensor } {
  const k = Math.min(rowsOf(lu), columnsOf(lu));
  const l = lu.narrow(-1, 0, k).tril(-1);
  const ones = allocate([rowsOf(lu), k], lu.dtype);
  for (let i = 0; i < k; i++) ones.storageOf.data[i * k + i] = 1;
  return { l: l.add(ones), u: lu.narrow(-2, 0, k).triu() };
}

/**
 * A = P L U. Square: gA = P L⁻ᵀ (tril₋₁(Lᵀ gL) + triu(gU Uᵀ)) U⁻ᵀ. The columns (rows) beyond a square first take their own
 * gradient, and pass what depends on L (on U) to it.
 */
function luGradient(gl: Tensor | null, gu: Tensor | null, p: Tensor, l: Tensor, u: Tensor): Tensor | null {
  if (gl === null && gu === null) return null;
  const [m, n, k] = [rowsOf(l), columnsOf(u), columnsOf(l)];
  const l1 = l.narrow(-2, 0, k);
  const u1 = u.narrow(-1, 0, k);
  const zero = l1.mul(0);
  let lower = gl === null ? zero : adjoint(l1).matmul(gl.narrow(-2, 0, k));
  let upper = gu === null ? zero : gu.narrow(-1, 0, k).matmul(adjoint(u1));
  const underLt = (x: Tensor) => solve_triangular(adjoint(l1), x, true, true, true);
  const overUt = (x: Tensor) => solve_triangular(adjoint(u1), x, false, false, false);
  let gA: Tensor;
  if (m > k) {
    const rest = l.narrow(-2, k, m - k);
    const gRest = gl === null ? rest.mul(0) : gl.narrow(-2, k, m - k);
    upper = upper.sub(adjoint(rest).matmul(gRest));
    gA = cat([underLt(overUt(lower.tril(-1).add(upper.triu()))), overUt(gRest)], -2);
  } else if (n > k) {
    const rest = u.narrow(-1, k, n - k);
    const gRest = gu === null ? rest.mul(0) : gu.narrow(-1, k, n - k);
    lower = lower.sub(gRest.matmul(adjoint(rest)));
    gA = cat([underLt(overUt(lower.tril(-1).add(upper.triu()))), underLt(gRest)], -1);
  } else {
    gA = underLt(overUt(lower.tril(-1).add(upper.triu())));
  }
  return p.matmul(gA);
}

function luFactorGradient(g: Tensor | null, lu: Tensor, pivots: Tensor): Tensor | null {
  if (g === null) return null;
  const { l, u } = luParts(lu);
  const k = columnsOf(l);
  return luGradient(g.narrow(-1, 0, k).tril(-1), g.narrow(-2, 0, k).triu(), permutation(pivots, rowsOf(l), lu), l, u);
}

export const lu_factor_ex = op(
  "linalg_lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False) -> (Tensor LU, Tensor pivots, Tensor info)",
  {
    doc: "L and U in one matrix, the row exchanges (from 1), and the place of the first zero pivot or 0.",
    forward: (a, pivot, check) => {
      const result = luForward(a, pivot, "torch.lu_factor");
      if (check) checkInfo(result[2], "torch.linalg.lu_factor_ex", zeroPivot);
      return result;
    },
    grad: { A: ["LU pivots", (g: Cotangents, s) => luFactorGradient(g[0], s.LU, s.pivots)] },
    variants: ["linalg"],
  },
);

const zeroPivot = (k: number): string =>
  `U[${k},${k}] is zero and using it on lu_solve would result in a division by zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)`;

op("linalg_lu_factor(Tensor A, *, bool pivot=True) -> (Tensor LU, Tensor pivots)", {
  doc: "L and U in one matrix, and the row exchanges (counted from 1). Throws RuntimeError where a pivot is zero.",
  forward: (a, pivot) => {
    const [lu, pivots, info] = lu_factor_ex(a, pivot, false);
    checkInfo(info, "torch.linalg.lu_factor", zeroPivot, RuntimeError);
    return named([lu, pivots], "LU", "pivots");
  },
  composite: true,
  variants: ["linalg"],
});

/** A composite's tuple, with its names. */
export function named(list: Tensor[], ...names: string[]): Tensor[] {
  names.forEach((name, i) => {
    Object.defineProperty(list, name, { value: list[i] });
  });
  return list;
}

op("linalg_lu(Tensor A, *, bool pivot=True) -> (Tensor P, Tensor L, Tensor U)", {
  doc: "`A = P L U` with a permutation P, a unit lower L and an upper U.",
  forward: (a, pivot) => {
    const [lu, pivots] = luForward(a, pivot, "linalg.lu");
    const { l, u } = luParts(lu);
    return [permutation(pivots, rowsOf(a), a), l, u];
  },
  grad: {
    A: ["P L U", (g: Cotangents, s) => luGradient(g[1], g[2], s.P, s.L, s.U)],
  },
  differentiableOutputs: ["L", "U"],
  variants: ["linalg"],
});

op(
  "lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True) -> (Tensor P, Tensor L, Tensor U)",
  {
    doc: "P, L and U from what `torch.linalg.lu_factor` gives.",
    forward: (lu, pivots, unpackData, unpackPivots) => {
      if (pivots.dtype !== int32) {
        throw new RuntimeError(
          "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\nNote: this function is intended to be used with the output produced by torch.linalg.lu_factor",
        );
      }
      const none = () => allocate([0], lu.dtype);
      const p = unpackPivots ? permutation(pivots, rowsOf(lu), lu) : none();
      if (!unpackData) return [p, none(), none()];
      const { l, u } = luParts(lu);
      return [p, l, u];
    },
    grad: {
      LU_data: (g: Cotangents, s) => {
        const [m, n] = [rowsOf(s.LU_data), columnsOf(s.LU_data)];
        const wide = (x: Tensor | null) =>
          x === null ? null : n > m ? cat([x.tril(-1), x.new_zeros([...batchOf(x), m, n - m])], -1) : x.tril(-1);
        const tall = (x: Tensor | null) =>
          x === null ? null : m > n ? cat([x.triu(), x.new_zeros([...batchOf(x), m - n, n])], -2) : x.triu();
        const lower = wide(g[1]);
        const upper = tall(g[2]);
        return lower === null ? upper : upper === null ? lower : lower.add(upper);
      },
    },
    differentiableOutputs: ["L", "U"],
    variants: ["function"],
  },
);

op(
  "lu(Tensor self, bool pivot=True, bool get_infos=False) -> (Tensor LU, Tensor pivots, Tensor info)" as "lu(Tensor self, bool pivot=True, bool get_infos=False) -> Tensor[]",
  {
    doc: "L and U in one matrix, the row exchanges (from 1) and, on request, where a zero pivot stood.",
    forward: (a, pivot, infos) => {
      const [lu, pivots, info] = lu_factor_ex(a, pivot, false);
      if (infos) return [lu, pivots, info];
      checkInfo(info, "torch.linalg.lu_factor_ex", zeroPivot);
      return [lu, pivots];
    },
    composite: true,
  },
);

// ── LDL ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function ldlForward(a: Tensor): [Tensor, Tensor, Tensor] {
  checkSquare(a, "torch.linalg.ldl_factor_ex", "A");
  const n = rowsOf(a);
  const ld = allocate(a.shape, a.dtype);
  const pivots = allocate(a.shape.slice(0, -1), int32);
  const info = allocate(batchOf(a), int32);
  eachMatrix(a.tril(), (matrix, i) => {
    const result = ldlFactor(matrix, n);
    ld.storageOf.data.set(matrix, i * n * n);
    pivots.storageOf.data.set(result.pivots, i * n);
    info.storageOf.data[i] = result.info;
  });
  return [ld, pivots, info];
}

const zeroBlock = (k: number): string =>
  `The factorization was completed but the resulting D matrix is singular: D[${k},${k}] is zero.`;

op(
  "linalg_ldl_factor_ex(Tensor self, *, bool hermitian=False, bool check_errors=False) -> (Tensor LD, Tensor pivots, Tensor info)",
  {
    doc: "A symmetric matrix as `L D Lᵀ` in one matrix, with pivots and the place of a zero in D, or 0.",
    forward: (a, _hermitian, check) => {
      const result = ldlForward(a);
      if (check) checkInfo(result[2], "torch.linalg.ldl_factor_ex", zeroBlock);
      return result;
    },
    ...notDifferentiable("linalg_ldl_factor_ex", ["self"]),
    variants: ["linalg"],
  },
);

op("linalg_ldl_factor(Tensor self, *, bool hermitian=False) -> (Tensor LD, Tensor pivots)", {
  doc: "A symmetric matrix as `L D Lᵀ` in one matrix, with pivots.",
  forward: (a) => {
    const [ld, pivots, info] = ldlForward(a);
    checkInfo(info, "torch.linalg.ldl_factor", zeroBlock);
    return [ld, pivots];
  },
  ...notDifferentiable("linalg_ldl_factor_ex", ["self"]),
  variants: ["linalg"],
});

op("linalg_ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False) -> Tensor", {
  doc: "Solves `A X = B` from `torch.linalg.ldl_factor`'s result.",
  forward: (ld, pivots, b) => {
    checkSquare(ld, "torch.linalg.ldl_solve", "LD");
    checkMatrix(b, "torch.linalg.ldl_solve", "B");
    const batch = broadcastShapes(batchOf(ld), batchOf(b));
    const [n, k] = [rowsOf(b), columnsOf(b)];
    const out = allocate([...batch, n, k], b.dtype);
    const places = elements(pivots.expand([...batch, n]));
    const right: Float64Array[] = [];
    eachMatrix(b.expand([...batch, n, k]), (x) => void right.push(x));
    eachMatrix(ld.expand([...batch, n, n]), (matrix, i) => {
      ldlSolve(matrix, places.subarray(i * n, (i + 1) * n), right[i], n, k);
      out.storageOf.data.set(right[i], i * n * k);
    });
    return out;
  },
  ...notDifferentiable("linalg_ldl_solve", ["LD", "B"]),
  variants: ["linalg"],
});

// ── QR ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const QR = "linalg_qr(Tensor A, str mode='reduced') -> (Tensor Q, Tensor R)";

export const linalg_qr: Op<typeof QR> = op(QR, {
  doc: 'A = Q R with orthonormal columns in Q: reduced `[m, k] [k, n]`, "complete" `[m, m] [m, n]`, or "r" for R alone.',
  forward: (a, mode) => {
    checkMatrix(a, "linalg.qr");
    if (!["reduced", "complete", "r"].includes(mode)) {
      throw new RuntimeError(
        `qr received unrecognized mode '${mode}' but expected one of 'reduced' (default), 'r', or 'complete'`,
      );
    }
    const [m, n] = [rowsOf(a), columnsOf(a)];
    const k = mode === "complete" ? m : Math.min(m, n);
    const q = mode === "r" ? allocate([0], a.dtype) : allocate([...batchOf(a), m, k], a.dtype);
    const r = allocate([...batchOf(a), k, n], a.dtype);
    eachMatrix(a, (matrix, i) => {
      const tau = householder(matrix, m, n);
      if (mode !== "r") q.storageOf.data.set(orthogonal(matrix, tau, m, n, k), i * m * k);
      for (let row = 0; row < k; row++) {
        for (let c = row; c < n; c++) r.storageOf.data[(i * k + row) * n + c] = matrix[row * n + c];
      }
    });
    return [q, r];
  },
  grad: {
    A: [
      "Q R",
      (g: Cotangents, s) => {
        if (s.mode === "r") {
          throw new RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, mode='reduced') if you are going to require gradients through linalg.qr.",
          );
        }
        const [m, n] = [rowsOf(s.Q), columnsOf(s.R)];
        if (s.mode === "complete" && m > n) {
          throw new RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols");
        }
        return qrGradient(g[0], g[1], s.Q, s.R);
      },
    ],
  },
  variants: ["linalg"],
});

/**
 * gA = (gQ + Q · mirror(R gRᵀ − gQᵀ Q)) R⁻ᵀ, where mirror copies the lower triangle up. A wide A = (X Y), R = (U V) first
 * gives gY = Q gV, and adds Y gVᵀ to gQ.
 */
function qrGradient(gq: Tensor | null, gr: Tensor | null, q: Tensor, r: Tensor): Tensor | null {
  if (gq === null && gr === null) return null;
  const [k, n] = [rowsOf(r), columnsOf(r)];
  let inner = q.mul(0).narrow(-2, 0, k);
  let left = gq ?? q.mul(0);
  const u = r.narrow(-1, 0, k);
  let rest: Tensor | null = null;
  if (n > k) {
    const v = r.narrow(-1, k, n - k);
    const gv = gr === null ? v.mul(0) : gr.narrow(-1, k, n - k);
    left = left.add(q.matmul(v).matmul(adjoint(gv)));
    rest = q.matmul(gv);
  }
  if (gr !== null) inner = u.matmul(adjoint(gr.narrow(-1, 0, k)));
  inner = inner.sub(adjoint(left).matmul(q)).tril();
  const mirrored = inner.add(adjoint(inner.tril(-1)));
  const square = solve_triangular(adjoint(u), left.add(q.matmul(mirrored)), false, false, false);
  return rest === null ? square : cat([square, rest], -1);
}

op("qr(Tensor self, bool some=True) -> (Tensor Q, Tensor R)", {
  doc: "A = Q R; `torch.linalg.qr` is its newer name.",
  forward: (a, some) => linalg_qr(a, some ? "reduced" : "complete"),
  composite: true,
});

/** The reflectors' vectors as columns, ones on the diagonal. */
function reflectorVectors(a: Tensor): Tensor {
  const [m, n] = [rowsOf(a), columnsOf(a)];
  const ones = allocate([m, n], a.dtype);
  for (let i = 0; i < Math.min(m, n); i++) ones.storageOf.data[i * n + i] = 1;
  return a.tril(-1).add(ones);
}

/** H Q = Q − τ v (vᵀ Q) for reflector i */
function reflected(vectors: Tensor, tau: Tensor, i: number, q: Tensor): Tensor {
  const v = vectors.narrow(-1, i, 1);
  return q.sub(v.mul(tau.narrow(-1, i, 1).unsqueeze(-1)).matmul(adjoint(v).matmul(q)));
}

/** Qᵢ = Hᵢ Qᵢ₊₁ from the columns of the identity: `[Q₁, Q₂, …, 1]`. */
function partialProducts(vectors: Tensor, tau: Tensor): Tensor[] {
  const [m, n] = [rowsOf(vectors), columnsOf(vectors)];
  const start = allocate([m, n], vectors.dtype);
  for (let i = 0; i < n; i++) start.storageOf.data[i * n + i] = 1;
  const products: Tensor[] = [start.expand(vectors.shape)];
  for (let i = columnsOf(tau) - 1; i >= 0; i--) products.unshift(reflected(vectors, tau, i, products[0]));
  return products;
}

/** With G the gradient of Qᵢ and Q = Qᵢ₊₁: gτ = −(vᵀ G)(vᵀ Q)ᵀ, gv = −τ (G Qᵀ v + Q Gᵀ v), and Qᵢ₊₁ gets Hᵢ G. */
function householderGradient(g: Tensor, a: Tensor, tau: Tensor): { input: Tensor | null; tau: Tensor | null } {
  const [n, k] = [columnsOf(a), columnsOf(tau)];
  if (tau.numel() === 0) return { input: null, tau: null };
  const vectors = reflectorVectors(a);
  const products = partialProducts(vectors, tau);
  const forVectors: Tensor[] = [];
  const forTau: Tensor[] = [];
  for (let i = 0; i < k; i++) {
    const v = vectors.narrow(-1, i, 1);
    const vg = adjoint(v).matmul(g);
    const vq = adjoint(v).matmul(products[i + 1]);
    forTau.push(vg.mul(vq).sum([-2, -1]).neg().unsqueeze(-1));
    const both = g.matmul(adjoint(vq)).add(products[i + 1].matmul(adjoint(vg)));
    forVectors.push(both.mul(tau.narrow(-1, i, 1).unsqueeze(-1)).neg());
    g = reflected(vectors, tau, i, g);
  }
  if (n > k) forVectors.push(a.new_zeros([...batchOf(a), rowsOf(a), n - k]));
  return { input: cat(forVectors, -1).tril(-1), tau: cat(forTau, -1) };
}

// Q = H₁ H₂ … with H = 1 − τ v vᵀ, from the last to the first
op("linalg_householder_product(Tensor input, Tensor tau) -> Tensor", {
  doc: "The first n columns of the product of reflectors H₁ H₂ …, as `torch.geqrf` stores them.",
  forward: (a, tau) => {
    const name = "torch.linalg.householder_product";
    if (a.ndim < 2) throw new RuntimeError(`${name}: input must have at least 2 dimensions.`);
    if (rowsOf(a) < columnsOf(a)) {
      throw new RuntimeError(`${name}: input.shape[-2] must be greater than or equal to input.shape[-1]`);
    }
    if (columnsOf(a) < columnsOf(tau)) {
      throw new RuntimeError(`${name}: input.shape[-1] must be greater than or equal to tau.shape[-1]`);
    }
    if (tau.ndim !== a.ndim - 1) {
      throw new RuntimeError(
        `${name}: Expected tau to have one dimension less than input, but got tau.ndim equal to ${tau.ndim} and input.ndim is equal to ${a.ndim}`,
      );
    }
    return partialProducts(reflectorVectors(a), tau)[0].contiguous();
  },
  grad: {
    input: ["input tau", (g, s) => householderGradient(g, s.input, s.tau).input],
    tau: ["input tau", (g, s) => householderGradient(g, s.input, s.tau).tau],
  },
  variants: ["linalg"],
});
aliasOf("orgqr", "linalg_householder_product", ["function", "method"]);

op("ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False) -> Tensor", {
  doc: "Q times a matrix (or a matrix times Q, or with Qᵀ), Q `[m, m]` the product of the reflectors that `torch.geqrf` stores.",
  forward: (a, tau, other, left, transpose) => {
    if (a.ndim < 2) throw new RuntimeError("torch.ormqr: input must have at least 2 dimensions.");
    if (other.ndim < 2) throw new RuntimeError("torch.ormqr: other must have at least 2 dimensions.");
    const [side, size] = left ? ["-2", rowsOf(other)] : ["-1", columnsOf(other)];
    if (size < columnsOf(tau)) {
      throw new RuntimeError(`torch.ormqr: other.shape[${side}] must be greater than or equal to tau.shape[-1]`);
    }
    if (size !== rowsOf(a)) {
      throw new RuntimeError(`torch.ormqr: other.shape[${side}] must be equal to input.shape[-2]`);
    }
    const vectors = reflectorVectors(a);
    const k = columnsOf(tau);
    // C Q = (Qᵀ Cᵀ)ᵀ, and Qᵀ is the product in the other order.
    let out = left ? other : adjoint(other);
    for (let step = 0; step < k; step++) out = reflected(vectors, tau, left === transpose ? step : k - 1 - step, out);
    return (left ? out : adjoint(out)).clone();
  },
  grad: {
    self: noOrmqr,
    input2: noOrmqr,
    input3: noOrmqr,
  },
});

function noOrmqr(): never {
  throw new NotImplementedError("the derivative for 'ormqr' is not implemented.");
}

op("geqrf(Tensor self) -> (Tensor a, Tensor tau)", {
  doc: "R above and reflectors below the diagonal, with their factors: the raw form of `torch.linalg.qr`.",
  forward: (a) => {
    const [m, n] = [rowsOf(a), columnsOf(a)];
    const k = Math.min(m, n);
    const out = allocate(a.shape, a.dtype);
    const tau = allocate([...batchOf(a), k], a.dtype);
    eachMatrix(a, (matrix, i) => {
      tau.storageOf.data.set(householder(matrix, m, n), i * k);
      out.storageOf.data.set(matrix, i * m * n);
    });
    return [out, tau];
  },
  grad: {
    self: () => {
      throw new NotImplementedError("the derivative for 'geqrf' is not implemented.");
    },
  },
});

// ── singular values and symmetric eigenvalues ───────────────────────────────────────────────────────────────────

/** Differences xⱼ − xᵢ off the diagonal and ones on it, to divide by. */
function gaps(row: Tensor, column: Tensor): Tensor {
  return row
    .unsqueeze(-2)
    .sub(column.unsqueeze(-1))
    .add(identity(row.shape[row.ndim - 1], row.dtype));
}

/**
 * gA = U ((skew(Uᵀ gU) / E) S + S (skew(Vᵀ gV) / E) + diag(gS)) Vᵀ with Eᵢⱼ = sⱼ² − sᵢ², and outside the spanned spaces
 * (1 − U Uᵀ) gU S⁻¹ Vᵀ + U S⁻¹ gVᵀ (1 − V Vᵀ).
 */
function svdGradient(g: Cotangents, u: Tensor, s: Tensor, vh: Tensor): Tensor | null {
  const k = s.shape[s.ndim - 1];
  const gu = g[0]?.narrow(-1, 0, k) ?? null;
  const gvh = g[2]?.narrow(-2, 0, k) ?? null;
  u = u.narrow(-1, 0, k);
  vh = vh.narrow(-2, 0, k);
  const skew = (x: Tensor) => x.sub(adjoint(x));
  const parts: Tensor[] = [];
  if (g[1] !== null) parts.push(diagonalMatrix(g[1]));
  if (gu !== null || gvh !== null) {
    const squares = s.mul(s);
    const e = gaps(squares, squares);
    if (gu !== null) parts.push(skew(adjoint(u).matmul(gu)).div(e).mul(s.unsqueeze(-2)));
    if (gvh !== null)
      parts.push(
        skew(vh.matmul(adjoint(gvh)))
          .div(e)
          .mul(s.unsqueeze(-1)),
      );
  }
  if (parts.length === 0) return null;
  let out = u.matmul(parts.reduce((a, b) => a.add(b))).matmul(vh);
  if (gu !== null && rowsOf(u) > k) {
    const outside = gu.sub(u.matmul(adjoint(u).matmul(gu)));
    out = out.add(outside.div(s.unsqueeze(-2)).matmul(vh));
  }
  if (gvh !== null && columnsOf(vh) > k) {
    const outside = gvh.sub(gvh.matmul(adjoint(vh)).matmul(vh));
    out = out.add(u.matmul(outside.div(s.unsqueeze(-1))));
  }
  return out;
}

export const svdParts = op(
  "_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True) -> (Tensor U, Tensor S, Tensor Vh)",
  {
    doc: "Singular value decomposition.",
    forward: (a, full) => {
      const [m, n] = [rowsOf(a), columnsOf(a)];
      const k = Math.min(m, n);
      const [mu, nv] = full ? [m, n] : [k, k];
      const u = allocate([...batchOf(a), m, mu], a.dtype);
      const s = allocate([...batchOf(a), k], a.dtype);
      const vh = allocate([...batchOf(a), nv, n], a.dtype);
      eachMatrix(a, (matrix, i) => {
        const parts = singular(matrix, m, n, full, roundoff(a.dtype));
        u.storageOf.data.set(parts.u, i * m * mu);
        s.storageOf.data.set(parts.s, i * k);
        vh.storageOf.data.set(fullRows(parts.vh, nv, n), i * nv * n);
      });
      return [u, s, vh];
    },
    grad: { A: ["U S Vh", (g: Cotangents, s) => svdGradient(g, s.U, s.S, s.Vh)] },
    node: "LinalgSvdBackward0",
    variants: [],
  },
);

const fullRows = (vh: Float64Array, rows: number, n: number): Float64Array => vh.subarray(0, rows * n);

op("linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None) -> (Tensor U, Tensor S, Tensor Vh)", {
  doc: "`A = U diag(S) Vh` with singular values in descending order. Vectors are determined up to a common sign.",
  forward: (a, full) => {
    checkMatrix(a, "linalg.svd");
    return svdParts(a, full, true);
  },
  composite: true,
  variants: ["linalg"],
});

export const svdvals = op("linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor", {
  doc: "Singular values in descending order: `[*, m, n] → [*, min(m, n)]`.",
  forward: (a) => {
    checkMatrix(a, "linalg.svd");
    checkFloating(a, "linalg.svd");
    return svdParts(a, false, true)[1];
  },
  composite: true,
  variants: ["linalg"],
});

op("svd(Tensor self, bool some=True, bool compute_uv=True) -> (Tensor U, Tensor S, Tensor V)", {
  doc: "`A = U diag(S) Vᵀ`, with V itself; `torch.linalg.svd` is its newer name.",
  forward: (a, some, computeUv) => {
    checkMatrix(a, "linalg.svd");
    const [u, s, vh] = svdParts(a, !some, true);
    if (computeUv) return named([u, s, adjoint(vh)], "U", "S", "V");
    const [m, n] = [rowsOf(a), columnsOf(a)];
    return named([a.new_zeros([...batchOf(a), m, m]), s, a.new_zeros([...batchOf(a), n, n])], "U", "S", "V");
  },
  composite: true,
});

/** gA = V (diag(gL) + skew(Vᵀ gV) / E) Vᵀ with Eᵢⱼ = λⱼ − λᵢ, skew the half of x − xᵀ */
function eighGradient(g: Cotangents, l: Tensor, v: Tensor): Tensor | null {
  const parts: Tensor[] = [];
  if (g[0] !== null) parts.push(diagonalMatrix(g[0]));
  if (g[1] !== null) {
    const inner = adjoint(v).matmul(g[1]);
    parts.push(inner.sub(adjoint(inner)).mul(0.5).div(gaps(l, l)));
  }
  if (parts.length === 0) return null;
  return v.matmul(parts.reduce((a, b) => a.add(b))).matmul(adjoint(v));
}

export const eighParts = op(
  "_linalg_eigh(Tensor A, str UPLO='L', bool compute_v=True) -> (Tensor eigenvalues, Tensor eigenvectors)",
  {
    doc: "Eigenvalues and eigenvectors of symmetric matrices.",
    forward: (a, uplo) => {
      checkSquare(a, "linalg.eigh");
      if (!["L", "U"].includes(uplo.toUpperCase())) {
        throw new RuntimeError(`Expected UPLO argument to be 'L' or 'U', but got ${uplo}`);
      }
      const n = rowsOf(a);
      const lower = uplo.toUpperCase() === "L";
      const values = allocate(a.shape.slice(0, -1), a.dtype);
      const vectors = allocate(a.shape, a.dtype);
      eachMatrix(a, (matrix, b) => {
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < i; j++) {
            if (lower) matrix[j * n + i] = matrix[i * n + j];
            else matrix[i * n + j] = matrix[j * n + i];
          }
        }
        const result = symmetricEigen(matrix, n, lower, roundoff(a.dtype));
        values.storageOf.data.set(result.values, b * n);
        vectors.storageOf.data.set(result.vectors, b * n * n);
      });
      return [values, vectors];
    },
    grad: { A: ["eigenvalues eigenvectors", (g: Cotangents, s) => eighGradient(g, s.eigenvalues, s.eigenvectors)] },
    node: "LinalgEighBackward0",
    variants: [],
  },
);

op("linalg_eigh(Tensor self, str UPLO='L') -> (Tensor eigenvalues, Tensor eigenvectors)", {
  doc: "Eigenvalues in ascending order and orthonormal eigenvectors (columns) of a symmetric matrix, read from one triangle.",
  forward: (a, uplo) => eighParts(a, uplo, true),
  composite: true,
  variants: ["linalg"],
});

const symeigParts = op(
  "_symeig(Tensor self, bool compute_v, bool upper) -> (Tensor eigenvalues, Tensor eigenvectors)",
  {
    doc: "Eigenvalues and, if asked for, eigenvectors of symmetric matrices.",
    forward: (a, computeV, upper) => {
      checkSquare(a, "linalg.symeig");
      const [values, vectors] = eighParts(a, upper ? "U" : "L", true);
      return [values, computeV ? vectors : allocate([0], a.dtype)];
    },
    grad: {
      self: [
        "eigenvalues eigenvectors",
        (g: Cotangents, s) => {
          if (!s.compute_v) {
            throw new RuntimeError(
              "linalg_eig_backward: torch.symeig(A, eigenvectors=False) is not differentiable. Use torch.linalg.eigvalsh(A) instead.",
            );
          }
          return eighGradient(g, s.eigenvalues, s.eigenvectors);
        },
      ],
    },
    node: "SymeigBackward0",
    variants: [],
  },
);

op("symeig(Tensor self, bool eigenvectors=False, bool upper=True) -> (Tensor eigenvalues, Tensor eigenvectors)", {
  doc: "Eigenvalues of a symmetric matrix in ascending order, and its eigenvectors if asked for; `torch.linalg.eigh` is its newer name.",
  forward: (a, eigenvectors, upper) => symeigParts(a, eigenvectors, upper),
  composite: true,
});

export const eigvalsh = op("linalg_eigvalsh(Tensor self, str UPLO='L') -> Tensor", {
  doc: "Eigenvalues of a symmetric matrix in ascending order.",
  forward: (a, uplo) => eighParts(a, uplo, true)[0],
  composite: true,
  variants: ["linalg"],
});

for (const name of ["linalg_eig", "linalg_eigvals"] as const) {
  op(`${name}(Tensor self) -> Tensor` as "linalg_eig(Tensor self) -> Tensor", {
    doc: "Eigenvalues of a general matrix are complex: throws NotImplementedError.",
    forward: () => {
      throw new NotImplementedError(
        `torch.${name.replace("_", ".")}: its result is complex, and complex tensors are not supported; use torch.linalg.eigh for symmetric matrices`,
      );
    },
    composite: true,
    variants: ["linalg"],
  });
}

// ── functions of a matrix ───────────────────────────────────────────────────────────────────────────────────────

const MATRIX_EXP = "linalg_matrix_exp(Tensor self) -> Tensor";

// exp of the block matrix (Aᵀ g; 0 Aᵀ) holds the gradient in its upper right corner
export const linalg_matrix_exp: Op<typeof MATRIX_EXP> = op(MATRIX_EXP, {
  doc: "The matrix exponential Σ Aᵏ / k!.",
  forward: (a) => {
    checkSquare(a, "linalg.matrix_exp");
    checkFloating(a, "linalg.matrix_exp");
    const n = rowsOf(a);
    const out = allocate(a.shape, a.dtype);
    eachMatrix(a, (matrix, i) => out.storageOf.data.set(matrixExponential(matrix, n), i * n * n));
    return out;
  },
  grad: {
    self: [
      "self",
      (g, s) => {
        const n = rowsOf(s.self);
        const at = adjoint(s.self);
        const top = cat([at, g], -1);
        const bottom = cat([at.zeros_like(), at], -1);
        return linalg_matrix_exp(cat([top, bottom], -2))
          .narrow(-2, 0, n)
          .narrow(-1, n, n);
      },
    ],
  },
  variants: ["linalg"],
});

op("matrix_exp(Tensor self) -> Tensor", {
  doc: "The matrix exponential Σ Aᵏ / k!.",
  forward: (a) => linalg_matrix_exp(a),
  composite: true,
});

/** Where singular values below a tolerance end. */
export interface Tolerance {
  atol: Tensor | null;
  rtol: Tensor | null;
}

/** For each matrix of a batch: max(atol, rtol · largest singular value), by default rtol = max(m, n) · ε. */
export function cutoff(a: Tensor, { atol, rtol }: Tolerance): (batch: number, largest: number) => number {
  const batch = batchOf(a);
  const epsilon = a.dtype.name === "float32" ? 2 ** -23 : 2 ** -52;
  const values = (t: Tensor | null) => (t === null ? null : elements(t.expand(batch)));
  const absolute = values(atol);
  const relative = values(rtol);
  return (i, largest) => {
    const least = absolute?.[i] ?? 0;
    const share = relative?.[i] ?? (least > 0 ? 0 : epsilon * Math.max(rowsOf(a), columnsOf(a)));
    return Math.max(least, share * largest);
  };
}

/** The symmetric matrix that the lower triangle stands for. */
const mirroredLower = (a: Tensor): Tensor => a.tril().add(adjoint(a.tril(-1)));

const PINV = "_linalg_pinv(Tensor self, Tensor? atol, Tensor? rtol, bool hermitian) -> Tensor";

export const pinvOp: Op<typeof PINV> = op(PINV, {
  doc: "Pseudoinverse.",
  forward: (input, atol, rtol, hermitian) => {
    if (input.ndim < 2 || !input.is_floating_point()) {
      throw new RuntimeError(
        `linalg.pinv(${input.dtype.scalarName}{${sizeText(input.shape)}}): expected a tensor with 2 or more dimensions of float, double, cfloat or cdouble types`,
      );
    }
    if (hermitian) checkSquare(input, "linalg.pinv");
    const a = hermitian ? mirroredLower(input) : input;
    const [m, n] = [rowsOf(a), columnsOf(a)];
    const k = Math.min(m, n);
    const out = allocate([...batchOf(a), n, m], a.dtype);
    const limit = cutoff(a, { atol, rtol });
    eachMatrix(a, (matrix, b) => {
      const { u, s, vh } = singular(matrix, m, n, false);
      const least = limit(b, s[0] ?? 0);
      for (let r = 0; r < k; r++) {
        if (!(s[r] > least)) continue;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < m; j++) out.storageOf.data[(b * n + i) * m + j] += (vh[r * n + i] * u[j * k + r]) / s[r];
        }
      }
    });
    return out;
  },
  grad: { self: ["self result", (g, s) => pinvGradient(g, s.result, s.self)] },
  node: "LinalgPinvBackward0",
  variants: [],
});

/** Golub and Pereyra (1973): dP = −P dA P + P Pᵀ dAᵀ (1 − A P) + (1 − P A) dAᵀ Pᵀ P, read backwards. */
export function pinvGradient(g: Tensor, p: Tensor, a: Tensor): Tensor {
  const pt = adjoint(p);
  const gt = adjoint(g);
  if (rowsOf(a) <= columnsOf(a)) {
    const k = gt.matmul(p);
    const kp = k.matmul(pt);
    return kp
      .sub(adjoint(p.matmul(k)))
      .sub(a.matmul(p).matmul(kp))
      .add(pt.matmul(p).matmul(gt.sub(k.matmul(a))));
  }
  const k = p.matmul(gt);
  const pk = pt.matmul(k);
  return pk
    .sub(adjoint(k.matmul(p)))
    .add(gt.sub(a.matmul(k)).matmul(p).matmul(pt))
    .sub(pk.matmul(p).matmul(a));
}

export const pinv = op(
  "linalg_pinv(Tensor self, *, Tensor? atol=None, Tensor? rtol=None, bool hermitian=False) -> Tensor",
  {
    doc: "The Moore–Penrose pseudoinverse; singular values up to max(atol, rtol · largest) count as zero, rtol by default max(m, n) · ε.",
    forward: (a, atol, rtol, hermitian) => pinvOp(a, atol, rtol, hermitian),
    composite: true,
    numbers: true,
    variants: ["linalg"],
  },
);

op("linalg_pinv.rcond(Tensor self, Tensor rcond, bool hermitian=False) -> Tensor", {
  doc: "The pseudoinverse with a relative tolerance by position.",
  forward: (a, rcond, hermitian) => pinvOp(a, null, rcond, hermitian),
  composite: true,
  numbers: true,
  variants: ["linalg"],
});

op("pinverse(Tensor self, float rcond=1e-15) -> Tensor", {
  doc: "The Moore–Penrose pseudoinverse; `torch.linalg.pinv` is its newer name.",
  forward: (a, rcond) => pinvOp(a, null, fromData(Float64Array.of(rcond), a.dtype, []), false),
  composite: true,
});
