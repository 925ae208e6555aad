/** Systems with a triangular matrix. */
import { type Op, op } from "../dispatch";
import { RuntimeError } from "../errors";
import { triangularSolve } from "../kernels/decompositions";
import { broadcastShapes } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { adjoint, batchOf, checkMatrix, checkSquare, columnsOf, eachMatrix, rowsOf } from "./matrices";

/** X of `T X = B`, batches broadcast. */
function solveLeft(t: Tensor, b: Tensor, upper: boolean, unit: boolean): Tensor {
  const batch = broadcastShapes(batchOf(t), batchOf(b));
  const [n, k] = [rowsOf(b), columnsOf(b)];
  const out = allocate([...batch, n, k], b.dtype);
  const right: Float64Array[] = [];
  eachMatrix(b.expand([...batch, n, k]), (x) => void right.push(x));
  eachMatrix(t.expand([...batch, n, n]), (matrix, i) => {
    triangularSolve(matrix, right[i], n, k, upper, false, unit);
    out.storageOf.data.set(right[i], i * n * k);
  });
  return out;
}

function checkSystem(t: Tensor, b: Tensor, left: boolean, name: string): void {
  checkSquare(t, name, "A");
  checkMatrix(b, name, "B");
  if (rowsOf(t) !== (left ? rowsOf(b) : columnsOf(b))) {
    const relation = left ? "AX = B" : "XA = B";
    throw new RuntimeError(
      `${name}: Incompatible shapes of A and B for the equation ${relation} (${rowsOf(t)}x${columnsOf(t)} and ${rowsOf(b)}x${columnsOf(b)})`,
    );
  }
}

/** The triangle that a solver reads, without the diagonal where that is taken for ones. */
const triangleOf = (g: Tensor, upper: boolean, unit: boolean): Tensor =>
  upper ? g.triu(unit ? 1 : 0) : g.tril(unit ? -1 : 0);

const SOLVE_TRIANGULAR =
  "linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool unitriangular=False) -> Tensor";

// A X = B: gB = A⁻ᵀ g, gA = −gB Xᵀ on the triangle; X A = B: gB = g A⁻ᵀ, gA = −Xᵀ gB
export const solve_triangular: Op<typeof SOLVE_TRIANGULAR> = op(SOLVE_TRIANGULAR, {
  doc: "Solves `A X = B` (or `X A = B` for `left=False`) with a triangular A; the other triangle is not read.",
  forward: (t, b, upper, left, unit) => {
    checkSystem(t, b, left, "linalg.solve_triangular");
    return left ? solveLeft(t, b, upper, unit) : adjoint(solveLeft(adjoint(t), adjoint(b), !upper, unit));
  },
  grad: {
    self: [
      "self result",
      (g, s) => {
        const gb = solve_triangular(adjoint(s.self), g, !s.upper, s.left, s.unitriangular);
        const product = s.left ? gb.matmul(adjoint(s.result)) : adjoint(s.result).matmul(gb);
        return triangleOf(product.neg(), s.upper, s.unitriangular).sum_to_size(s.self.shape);
      },
    ],
    B: [
      "self",
      (g, s) => solve_triangular(adjoint(s.self), g, !s.upper, s.left, s.unitriangular).sum_to_size(s.B.shape),
    ],
  },
  variants: ["linalg"],
});

op(
  "triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False) -> (Tensor solution, Tensor cloned_coefficient)",
  {
    doc: "Solves `A X = B` as `torch.triangular_solve(B, A)`, and gives a copy of A; `torch.linalg.solve_triangular` is its newer form.",
    forward: (b, a, upper, transpose, unit) => {
      for (const [name, t] of [
        ["b", b],
        ["A", a],
      ] as const) {
        if (t.ndim < 2) {
          throw new RuntimeError(
            `torch.triangular_solve: Expected ${name} to have at least 2 dimensions, but it has ${t.ndim} dimensions instead`,
          );
        }
      }
      checkSystem(a, b, true, "triangular_solve");
      const matrix = transpose ? adjoint(a) : a;
      const batch = broadcastShapes(batchOf(a), batchOf(b));
      return [solveLeft(matrix, b, upper !== transpose, unit), a.expand([...batch, rowsOf(a), rowsOf(a)]).clone()];
    },
    grad: {
      self: [
        "A",
        (g: (Tensor | null)[], s) => {
          if (g[0] === null) return null;
          const matrix = s.transpose ? s.A : adjoint(s.A);
          return solve_triangular(matrix, g[0], s.upper === s.transpose, true, s.unitriangular).sum_to_size(
            s.self.shape,
          );
        },
      ],
      A: [
        "A solution",
        (g: (Tensor | null)[], s) => {
          let out: Tensor | null = null;
          if (g[0] !== null) {
            const matrix = s.transpose ? s.A : adjoint(s.A);
            const gb = solve_triangular(matrix, g[0], s.upper === s.transpose, true, s.unitriangular);
            const product = s.transpose ? s.solution.matmul(adjoint(gb)) : gb.matmul(adjoint(s.solution));
            out = triangleOf(product.neg(), s.upper, s.unitriangular);
          }
          if (g[1] !== null) out = out === null ? g[1] : out.add(g[1]);
          return out === null ? null : out.sum_to_size(s.A.shape);
        },
      ],
    },
  },
);
