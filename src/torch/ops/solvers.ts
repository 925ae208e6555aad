/** Inverses, determinants and systems of linear equations. */
import { type Op, op } from "../dispatch";
import { int32, int64 } from "../dtype";
import { RuntimeError } from "../errors";
import { elements } from "../kernels/copy";
import { luFactor, luSolve } from "../kernels/decompositions";
import { singular } from "../kernels/spectral";
import { broadcastShapes, numel, wrapDim } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";
import { where } from "./arithmetic";
import { cutoff, eigvalsh, luParts, pinvGradient, pinvOp, svdvals } from "./decompositions";
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
  isVectorSide,
  rowsOf,
} from "./matrices";
import { solve_triangular } from "./triangular";

type Cotangents = (Tensor | null)[];

const singularDiagonal = (k: number): string =>
  `The diagonal element ${k} is zero, the inversion could not be completed because the input matrix is singular.`;

// d A⁻¹ = −A⁻¹ dA A⁻¹
export const inv_ex = op("linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)", {
  doc: "The inverse, and for each matrix the place of a zero pivot (from 1), or 0.",
  forward: (a, check) => {
    checkSquare(a, "linalg.inv");
    checkFloating(a, "linalg.inv");
    const n = rowsOf(a);
    const out = allocate(a.shape, a.dtype);
    const info = allocate(batchOf(a), int32);
    eachMatrix(a, (matrix, i) => {
      const factor = luFactor(matrix, n, n);
      const x = new Float64Array(n * n);
      for (let d = 0; d < n; d++) x[d * n + d] = 1;
      luSolve(matrix, factor.pivots, x, n, n, false);
      out.storageOf.data.set(x, i * n * n);
      info.storageOf.data[i] = factor.info;
    });
    if (check) checkInfo(info, "torch.linalg.inv_ex", singularDiagonal);
    return [out, info];
  },
  grad: {
    A: [
      "inverse",
      (g: Cotangents, s) => {
        const t = adjoint(s.inverse);
        return g[0] === null ? null : t.matmul(g[0]).matmul(t).neg();
      },
    ],
  },
  variants: ["linalg"],
});

const inverted = (a: Tensor, name: string): Tensor => {
  const [out, info] = inv_ex(a, false);
  checkInfo(info, name, singularDiagonal);
  return out;
};

op("linalg_inv(Tensor A) -> Tensor", {
  doc: "The inverse of each matrix. Throws LinAlgError where there is none.",
  forward: (a) => inverted(a, "linalg.inv"),
  composite: true,
  variants: ["linalg"],
});

op("inverse(Tensor self) -> Tensor", {
  doc: "The inverse of each matrix. Throws LinAlgError where there is none.",
  forward: (a) => inverted(a, "linalg.inv"),
  composite: true,
});

/** X of `A X = B`, batches broadcast, with what `linalg.solve_ex` says of each matrix. */
function solveForward(a: Tensor, b: Tensor, left: boolean): [Tensor, Tensor] {
  const n = rowsOf(a);
  const vector = left && isVectorSide(a, b);
  const matrix = left ? a : adjoint(a);
  const right = vector ? b.unsqueeze(-1) : left ? b : adjoint(b);
  const batch = broadcastShapes(batchOf(a), batchOf(right));
  const k = columnsOf(right);
  const out = allocate([...batch, n, k], b.dtype);
  const info = allocate(batch, int32);
  const rights: Float64Array[] = [];
  eachMatrix(right.expand([...batch, n, k]), (x) => void rights.push(x));
  eachMatrix(matrix.expand([...batch, n, n]), (m, i) => {
    const factor = luFactor(m, n, n);
    luSolve(m, factor.pivots, rights[i], n, k, false);
    out.storageOf.data.set(rights[i], i * n * k);
    info.storageOf.data[i] = factor.info;
  });
  return [vector ? out.squeeze(-1) : left ? out : adjoint(out), info];
}

const SOLVE_EX =
  "linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (Tensor result, Tensor info)";

const failed = () => "The solver failed because the input matrix is singular.";

// A X = B: gB = A⁻ᵀ g, gA = −gB Xᵀ
export const solve_ex: Op<typeof SOLVE_EX> = op(SOLVE_EX, {
  doc: "Solves `A X = B` (`X A = B` for `left=False`), with the place of a zero pivot for each matrix, or 0.",
  forward: (a, b, left, check) => {
    checkSquare(a, "linalg.solve");
    checkFloating(a, "linalg.solve");
    const vector = isVectorSide(a, b);
    if (!left && vector) {
      throw new RuntimeError(
        "linalg.solve: Vector broadcasting of the left hand side is not supported for left=False. In this case linalg.solve is equivalent to B / A.squeeze(-1)",
      );
    }
    const size = vector ? b.shape[b.ndim - 1] : left ? rowsOf(b) : columnsOf(b);
    if (size !== rowsOf(a)) {
      const shown = vector ? b.unsqueeze(-1) : b;
      throw new RuntimeError(
        `linalg.solve: Incompatible shapes of A and B for the equation ${left ? "AX = B" : "XA = B"} (${rowsOf(a)}x${columnsOf(a)} and ${rowsOf(shown)}x${columnsOf(shown)})`,
      );
    }
    const [out, info] = solveForward(a, b, left);
    if (check) checkInfo(info, "torch.linalg.solve_ex", failed);
    return [out, info];
  },
  grad: {
    A: [
      "A result",
      (g: Cotangents, s) => {
        if (g[0] === null) return null;
        const gb = solve_ex(adjoint(s.A), g[0], s.left, false)[0];
        const vector = isVectorSide(s.A as Tensor, s.B as Tensor);
        const outer = vector
          ? gb.unsqueeze(-1).mul(s.result.unsqueeze(-2))
          : s.left
            ? gb.matmul(adjoint(s.result))
            : adjoint(s.result).matmul(gb);
        return outer.neg().sum_to_size(s.A.shape);
      },
    ],
    B: [
      "A",
      (g: Cotangents, s) =>
        g[0] === null ? null : solve_ex(adjoint(s.A), g[0], s.left, false)[0].sum_to_size(s.B.shape),
    ],
  },
  variants: ["linalg"],
});

export const solve = op("linalg_solve(Tensor A, Tensor B, *, bool left=True) -> Tensor", {
  doc: "The X of `A X = B` (`X A = B` for `left=False`); B may be a vector. Throws LinAlgError where A is singular.",
  forward: (a, b, left) => {
    const [out, info] = solve_ex(a, b, left, false);
    checkInfo(info, "torch.linalg.solve", failed);
    return out;
  },
  composite: true,
  variants: ["linalg"],
});

const LU_SOLVE = "linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False) -> Tensor";

export const linalg_lu_solve: Op<typeof LU_SOLVE> = op(LU_SOLVE, {
  doc: "Solves `A X = B` from the LU factors of A; `X A = B` for `left=False`, with Aᵀ for `adjoint=True`.",
  forward: (lu, pivots, b, left, transpose) => {
    checkSquare(lu, "torch.linalg.lu_solve", "LU");
    checkMatrix(b, "torch.linalg.lu_solve", "B");
    if (pivots.dtype !== int32) {
      throw new RuntimeError("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32");
    }
    const n = rowsOf(lu);
    if (n !== (left ? rowsOf(b) : columnsOf(b))) {
      throw new RuntimeError(
        `linalg.lu_solve: Incompatible shapes of A and B for the equation ${left ? "AX = B" : "XA = B"} (${n}x${n} and ${rowsOf(b)}x${columnsOf(b)})`,
      );
    }
    const right = left ? b : adjoint(b);
    const batch = broadcastShapes(batchOf(lu), batchOf(right));
    const k = columnsOf(right);
    const out = allocate([...batch, n, k], b.dtype);
    const places = elements(pivots.expand([...batch, n]));
    const rights: Float64Array[] = [];
    eachMatrix(right.expand([...batch, n, k]), (x) => void rights.push(x));
    eachMatrix(lu.expand([...batch, n, n]), (m, i) => {
      luSolve(m, places.subarray(i * n, (i + 1) * n), rights[i], n, k, transpose === left);
      out.storageOf.data.set(rights[i], i * n * k);
    });
    return left ? out : adjoint(out);
  },
  grad: {
    LU: [
      "LU pivots result",
      (g, s) => {
        // X A = B is Aᵀ Xᵀ = Bᵀ.
        const turn = (x: Tensor) => (s.left ? x : adjoint(x));
        return luOfSolution(turn(g), s.LU, s.pivots, turn(s.result), s.adjoint === s.left).sum_to_size(s.LU.shape);
      },
    ],
    B: ["LU pivots", (g, s) => linalg_lu_solve(s.LU, s.pivots, g, s.left, !s.adjoint).sum_to_size(s.B.shape)],
  },
  variants: ["linalg"],
});

/**
 * With U X = Y, L Y = Pᵀ B: gY = U⁻ᵀ g, gU = −gY Xᵀ, gL = −L⁻ᵀ gY Yᵀ.
 * Transposed, with Lᵀ W = Z, Uᵀ Z = B, X = P W: gZ = L⁻¹ Pᵀ g, gL = −W gZᵀ, gU = −Z (U⁻¹ gZ)ᵀ.
 */
function luOfSolution(g: Tensor, lu: Tensor, pivots: Tensor, x: Tensor, transposed: boolean): Tensor {
  const { l, u } = luParts(lu);
  if (!transposed) {
    const gy = solve_triangular(adjoint(u), g, false, true, false);
    const gl = solve_triangular(adjoint(l), gy, true, true, true).matmul(adjoint(u.matmul(x)));
    return gy.matmul(adjoint(x)).triu().add(gl.tril(-1)).neg();
  }
  const p = permutationOf(pivots, lu);
  const w = adjoint(p).matmul(x);
  const z = adjoint(l).matmul(w);
  const gz = solve_triangular(l, adjoint(p).matmul(g), false, true, true);
  const gb = solve_triangular(u, gz, true, true, false);
  return z
    .matmul(adjoint(gb))
    .triu()
    .add(w.matmul(adjoint(gz)).tril(-1))
    .neg();
}

/** P of A = P L U: what solving with L = U = 1 does to the unit matrix, turned round. */
function permutationOf(pivots: Tensor, like: Tensor): Tensor {
  const one = identity(rowsOf(like), like.dtype).expand(like.shape).contiguous();
  return adjoint(linalg_lu_solve(one, pivots, one, true, false));
}

op("lu_solve(Tensor self, Tensor LU_data, Tensor LU_pivots) -> Tensor", {
  doc: "Solves `A X = B` as `torch.lu_solve(B, LU, pivots)`; `torch.linalg.lu_solve` is its newer form.",
  forward: (b, lu, pivots) => linalg_lu_solve(lu, pivots, b, true, false),
  composite: true,
});

// ── determinants ────────────────────────────────────────────────────────────────────────────────────────────────

/** The parity of a permutation by its exchanges, times the diagonal of U: sign and log of each determinant. */
function determinants(a: Tensor): { sign: Float64Array; log: Float64Array; value: Float64Array } {
  const n = rowsOf(a);
  const count = numel(batchOf(a));
  const sign = new Float64Array(count);
  const log = new Float64Array(count);
  const value = new Float64Array(count);
  eachMatrix(a, (matrix, b) => {
    const { pivots } = luFactor(matrix, n, n);
    sign[b] = 1;
    value[b] = 1;
    for (let i = 0; i < n; i++) {
      if (pivots[i] !== i + 1) {
        sign[b] = -sign[b];
        value[b] = -value[b];
      }
      const d = matrix[i * n + i];
      sign[b] *= Math.sign(d);
      log[b] += Math.log(Math.abs(d));
      value[b] *= d;
    }
  });
  return { sign, log, value };
}

const perBatch = (values: Float64Array, a: Tensor): Tensor => {
  const out = allocate(batchOf(a), a.dtype);
  out.storageOf.data.set(values);
  return out;
};

/** Products of singular values without one of them, or without two. */
function productWithout(s: Float64Array, i: number, j = i): number {
  let p = 1;
  for (let k = 0; k < s.length; k++) if (k !== i && k !== j) p *= s[k];
  return p;
}

/** U · middle · Vᵀ · det U · det V for each matrix of a batch. */
function inSingularBasis(
  a: Tensor,
  middle: (s: Float64Array, u: Float64Array, vh: Float64Array, batch: number) => Float64Array,
): Tensor {
  const n = rowsOf(a);
  const out = allocate(a.shape, a.dtype);
  const determinant = (m: Float64Array): number => {
    const copy = m.slice();
    const { pivots } = luFactor(copy, n, n);
    let sign = 1;
    for (let i = 0; i < n; i++) sign *= Math.sign(copy[i * n + i]) * (pivots[i] === i + 1 ? 1 : -1);
    return sign;
  };
  eachMatrix(a, (matrix, b) => {
    const { u, s, vh } = singular(matrix, n, n, false);
    const m = middle(s, u, vh, b);
    const sign = determinant(u) * determinant(vh);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) sum += u[i * n + r] * m[r * n + c] * vh[c * n + j];
        out.storageOf.data[(b * n + i) * n + j] = sign * sum;
      }
    }
  });
  return out;
}

/** Cofactors, det(A) A⁻ᵀ, also where A has no inverse. With A = U S Vᵀ they are ± U diag(Π_{k≠i} sₖ) Vᵀ. */
const cofactors = op("_cofactors(Tensor A) -> Tensor", {
  doc: "The matrix of cofactors.",
  forward: (a) =>
    inSingularBasis(a, (s) => {
      const n = s.length;
      const m = new Float64Array(n * n);
      for (let i = 0; i < n; i++) m[i * n + i] = productWithout(s, i);
      return m;
    }),
  grad: { A: ["A", (g, s) => cofactorGradient(g, s.A)] },
  node: "LinalgDetBackwardBackward0",
  variants: [],
});

const COFACTOR_GRADIENT = "_cofactor_gradient(Tensor grad, Tensor A) -> Tensor";

/** With Γ = Uᵀ g V: Mᵢᵢ = Σ_{j≠i} Γⱼⱼ Π_{k≠i,j} sₖ, Mᵢⱼ = −Γⱼᵢ Π_{k≠i,j} sₖ. A symmetric form in g and its cotangent. */
const cofactorGradient: Op<typeof COFACTOR_GRADIENT> = op(COFACTOR_GRADIENT, {
  doc: "The gradient of a matrix by its cofactors.",
  forward: (g, a) => {
    const n = rowsOf(a);
    const grads: Float64Array[] = [];
    eachMatrix(g, (matrix) => void grads.push(matrix));
    return inSingularBasis(a, (s, u, vh, b) => {
      const turned = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let r = 0; r < n; r++)
            for (let c = 0; c < n; c++) sum += u[r * n + i] * grads[b][r * n + c] * vh[j * n + c];
          turned[i * n + j] = sum;
        }
      }
      const m = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          if (i === j) continue;
          const rest = productWithout(s, i, j);
          m[i * n + i] += turned[j * n + j] * rest;
          m[i * n + j] = -turned[j * n + i] * rest;
        }
      }
      return m;
    });
  },
  grad: { grad: ["A", (g, s) => cofactorGradient(g, s.A)] },
  node: "LinalgDetBackwardBackward0",
  variants: [],
});

/** Below this ratio of singular values det(A) A⁻ᵀ would lose the digits of float32. */
const NEARLY_SINGULAR = 1e-3;

function nearlySingular(a: Tensor): boolean {
  const n = rowsOf(a);
  let found = false;
  eachMatrix(a, (matrix) => {
    const { s } = singular(matrix, n, n, false);
    found ||= !(s[n - 1] > NEARLY_SINGULAR * s[0]);
  });
  return found;
}

/** g · cof(A) */
function detGradient(g: Tensor, det: Tensor, a: Tensor): Tensor {
  if (nearlySingular(a)) return cofactors(a).mul(g.unsqueeze(-1).unsqueeze(-1));
  const scaled = g.mul(det).unsqueeze(-1).expand(a.shape.slice(0, -1));
  return solve_ex(adjoint(a), diagonalMatrix(scaled), true, false)[0];
}

const LINALG_DET = "linalg_det(Tensor A) -> Tensor";

export const linalg_det: Op<typeof LINALG_DET> = op(LINALG_DET, {
  doc: "The determinant of each square matrix.",
  forward: (a) => {
    checkSquare(a, "linalg.det");
    checkFloating(a, "linalg.det");
    return perBatch(determinants(a).value, a);
  },
  grad: { A: ["A result", (g, s) => (s.A.numel() === 0 ? null : detGradient(g, s.result, s.A))] },
  variants: ["linalg"],
});

op("det(Tensor self) -> Tensor", {
  doc: "The determinant of each square matrix.",
  forward: (a) => linalg_det(a),
  composite: true,
});

// d log|det A| = tr(A⁻¹ dA)
export const linalg_slogdet = op("linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet)", {
  doc: "The sign and the logarithm of the absolute value of each determinant; 0 and −inf at a singular matrix.",
  forward: (a) => {
    checkSquare(a, "linalg.slogdet");
    checkFloating(a, "linalg.slogdet");
    const { sign, log } = determinants(a);
    return [perBatch(sign, a), perBatch(log, a)];
  },
  grad: {
    A: [
      "A",
      (g: Cotangents, s) => {
        const slope = g[1] ?? g[0]!.mul(0);
        return solve_ex(
          adjoint(s.A),
          diagonalMatrix(slope.unsqueeze(-1).expand(s.A.shape.slice(0, -1))),
          true,
          false,
        )[0];
      },
    ],
  },
  variants: ["linalg"],
});

op("slogdet(Tensor self) -> (Tensor sign, Tensor logabsdet)", {
  doc: "The sign and the logarithm of the absolute value of each determinant.",
  forward: (a) => linalg_slogdet(a),
  composite: true,
});

op("logdet(Tensor self) -> Tensor", {
  doc: "The logarithm of each determinant; NaN where it is negative.",
  forward: (a) => {
    checkSquare(a, "linalg.slogdet");
    const [sign, log] = linalg_slogdet(a);
    return where(sign.eq(-1), fromData(a.dtype.allocate(1).fill(Number.NaN), a.dtype, []), log);
  },
  composite: true,
});

// ── least squares ───────────────────────────────────────────────────────────────────────────────────────────────

const drivers = ["gels", "gelsy", "gelsd", "gelss"];

op(
  "linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) -> (Tensor solution, Tensor residuals, Tensor rank, Tensor singular_values)",
  {
    doc: "The X that makes ‖A X − B‖ least (the smallest such X), the squared residuals, and what the driver finds on its way: rank, singular values.",
    forward: (a, b, rcond, given) => {
      checkMatrix(a, "torch.linalg.lstsq", "input");
      const driver = given ?? "gelsy";
      if (!drivers.includes(driver)) {
        throw new RuntimeError(`torch.linalg.lstsq: parameter \`driver\` should be one of (${drivers.join(", ")})`);
      }
      const vector = isVectorSide(a, b);
      const right = vector ? b.unsqueeze(-1) : b;
      if (rowsOf(a) !== rowsOf(right)) {
        throw new RuntimeError(`torch.linalg.lstsq: input.size(-2) should match other.size(-${vector ? 1 : 2})`);
      }
      const batch = broadcastShapes(batchOf(a), batchOf(right));
      const [m, n, k] = [rowsOf(a), columnsOf(a), columnsOf(right)];
      const least = Math.min(m, n);
      const epsilon = a.dtype.name === "float32" ? 2 ** -23 : 2 ** -52;
      const cut = driver === "gels" ? 0 : (rcond ?? epsilon * Math.max(m, n));
      const x = allocate([...batch, n, k], a.dtype);
      const ranks = allocate(batch, int64);
      const values = allocate([...batch, least], a.dtype);
      const rest = allocate([...batch, k], a.dtype);
      const rights: Float64Array[] = [];
      eachMatrix(right.expand([...batch, m, k]), (r) => void rights.push(r));
      eachMatrix(a.expand([...batch, m, n]), (matrix, i) => {
        const { u, s, vh } = singular(matrix, m, n, false);
        const out = new Float64Array(n * k);
        for (let r = 0; r < least; r++) {
          if (!(s[r] > cut * s[0])) continue;
          ranks.storageOf.data[i]++;
          for (let c = 0; c < k; c++) {
            let dot = 0;
            for (let row = 0; row < m; row++) dot += u[row * least + r] * rights[i][row * k + c];
            for (let row = 0; row < n; row++) out[row * k + c] += (vh[r * n + row] * dot) / s[r];
          }
        }
        for (let row = 0; row < m; row++) {
          for (let c = 0; c < k; c++) {
            let value = -rights[i][row * k + c];
            for (let j = 0; j < n; j++) value += matrix[row * n + j] * out[j * k + c];
            rest.storageOf.data[i * k + c] += value * value;
          }
        }
        x.storageOf.data.set(out, i * n * k);
        values.storageOf.data.set(s, i * least);
      });
      const none = () => allocate([0], a.dtype);
      const full = elements(ranks).every((r) => r === n);
      const hasRest = m > n && driver !== "gelsy" && (full || driver === "gels");
      return [
        vector ? x.squeeze(-1) : x,
        hasRest ? rest : none(),
        driver === "gels" ? allocate([0], int64) : ranks,
        driver === "gelsd" || driver === "gelss" ? values : none(),
      ];
    },
    grad: {
      // X = A⁺ B
      self: [
        "self b",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          const vector = isVectorSide(s.self, s.b);
          const gx = vector ? g[0].unsqueeze(-1) : g[0];
          const b = vector ? s.b.unsqueeze(-1) : s.b;
          const p = pinvOp(s.self, null, null, false);
          return pinvGradient(gx.matmul(adjoint(b)), p, s.self).sum_to_size(s.self.shape);
        },
      ],
      b: [
        "self",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          const vector = isVectorSide(s.self, s.b as Tensor);
          const p = adjoint(pinvOp(s.self, null, null, false));
          const gb = vector ? p.matmul(g[0].unsqueeze(-1)).squeeze(-1) : p.matmul(g[0]);
          return gb.sum_to_size(s.b.shape);
        },
      ],
    },
    differentiableOutputs: ["solution"],
    variants: ["linalg"],
  },
);

// ── tensors as matrices, powers, rank ───────────────────────────────────────────────────────────────────────────

op("linalg_tensorinv(Tensor self, int ind=2) -> Tensor", {
  doc: "The inverse for `tensordot` over the first `ind` dimensions, whose sizes have the product of the others'.",
  forward: (a, ind) => {
    if (ind <= 0) throw new RuntimeError(`Expected a strictly positive integer for 'ind', but got ${ind}`);
    const first = a.shape.slice(0, ind);
    const last = a.shape.slice(ind);
    const [p, q] = [numel(first), numel(last)];
    if (p !== q) {
      throw new RuntimeError(
        `Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got ${q} != ${p}`,
      );
    }
    return inverted(a.reshape([p, q]), "linalg.inv").reshape([...last, ...first]);
  },
  composite: true,
  variants: ["linalg"],
});

op("linalg_tensorsolve(Tensor self, Tensor other, int[]? dims=None) -> Tensor", {
  doc: "The X with `tensordot(A, X, X.ndim) = B`; `dims` of A go last first.",
  forward: (a, b, dims) => {
    let matrix = a;
    if (dims !== null) {
      const moved = dims.map((d) => wrapDim(d, a.ndim));
      const kept = a.shape.map((_, i) => i).filter((i) => !moved.includes(i));
      matrix = a.permute([...kept, ...moved]);
    }
    const last = matrix.shape.slice(b.ndim);
    const [rows, columns] = [numel(b.shape), numel(last)];
    if (rows !== columns) {
      throw new RuntimeError(
        `Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]), but got ${columns} != ${rows}`,
      );
    }
    return solve(matrix.reshape([rows, columns]), b.flatten(), true).reshape(last);
  },
  composite: true,
  variants: ["linalg"],
});

function power(a: Tensor, n: number): Tensor {
  checkSquare(a, "linalg.matrix_power");
  if (n === 0) {
    const out = a.clone();
    out.copy_(identity(rowsOf(a), a.dtype).expand(a.shape));
    return out;
  }
  if (n === 1) return a.clone();
  let square = n < 0 ? inverted(a, "linalg.inv") : a;
  let rest = Math.abs(n);
  if (rest === 1) return square;
  if (rest === 3) return square.matmul(square).matmul(square);
  let out: Tensor | null = null;
  for (; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest !== Math.abs(n)) square = square.matmul(square);
    if (rest % 2 === 1) out = out === null ? square : out.matmul(square);
  }
  return out!;
}

for (const [name, variants] of [
  ["linalg_matrix_power", ["linalg"]],
  ["matrix_power", ["function", "method"]],
] as const) {
  op(`${name}(Tensor self, int n) -> Tensor` as "matrix_power(Tensor self, int n) -> Tensor", {
    doc: "A matrix times itself, `n` in all; of the inverse for a negative `n`.",
    forward: power,
    composite: true,
    variants,
  });
}

const matrixRank = op(
  "linalg_matrix_rank(Tensor input, *, Tensor? atol=None, Tensor? rtol=None, bool hermitian=False) -> Tensor",
  {
    doc: "How many singular values exceed max(atol, rtol · largest); rtol is max(m, n) · ε by default. int64.",
    forward: (a, atol, rtol, hermitian) => {
      checkMatrix(a, "torch.linalg.matrix_rank", "input");
      const s = hermitian ? eigvalsh(a, "L").abs() : svdvals(a, null);
      const tolerances = [atol, rtol].filter((t) => t !== null);
      const batch = tolerances.reduce((shape, t) => broadcastShapes(shape, t.shape), batchOf(a));
      const k = s.shape[s.ndim - 1];
      const limit = cutoff(a.expand([...batch, rowsOf(a), columnsOf(a)]), { atol, rtol });
      const values = elements(s.expand([...batch, k]));
      const out = allocate(batch, int64);
      for (let b = 0; b < numel(batch); b++) {
        const own = values.subarray(b * k, (b + 1) * k);
        const least = limit(b, own.length === 0 ? 0 : Math.max(...own));
        out.storageOf.data[b] = own.filter((v) => v > least).length;
      }
      return out;
    },
    numbers: true,
    variants: ["linalg"],
  },
);

op("linalg_matrix_rank.tol(Tensor input, Tensor tol, bool hermitian=False) -> Tensor", {
  doc: "How many singular values exceed `tol`.",
  forward: (a, tol, hermitian) => matrixRank(a, tol, fromData(Float64Array.of(0), a.dtype, []), hermitian),
  composite: true,
  numbers: true,
  variants: ["linalg"],
});
