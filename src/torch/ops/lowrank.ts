/** The largest singular values and their vectors, from the range of a matrix at random (Halko, Martinsson, Tropp, 2011). */
import { op } from "../dispatch";
import { ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { randn } from "./creation";
import { linalg_qr, svdParts } from "./decompositions";
import { adjoint, columnsOf, rowsOf } from "./matrices";

/** (A − M) X, where there is an M. */
const times = (a: Tensor, m: Tensor | null, x: Tensor): Tensor =>
  m === null ? a.matmul(x) : a.matmul(x).sub(m.matmul(x));

/** Q `[m, q]` with A ≈ Q Qᵀ A: from A times random vectors, sharpened by powers of A Aᵀ. */
function rangeOf(a: Tensor, q: number, niter: number, m: Tensor | null): Tensor {
  const orthogonal = (x: Tensor): Tensor => linalg_qr(x, "reduced")[0];
  const turned = m === null ? null : adjoint(m);
  let out = orthogonal(times(a, m, randn([columnsOf(a), q], null, a.dtype, false)));
  for (let i = 0; i < niter; i++) {
    out = orthogonal(times(adjoint(a), turned, out));
    out = orthogonal(times(a, m, out));
  }
  return out;
}

function lowRank(a: Tensor, q: number, niter: number, m: Tensor | null): Tensor[] {
  const turned = m === null ? null : adjoint(m);
  if (rowsOf(a) < columnsOf(a) || columnsOf(a) > q) {
    const basis = rangeOf(adjoint(a), q, niter, turned);
    const [u, s, vh] = svdParts(times(a, m, basis), false, true);
    return [u, s, basis.matmul(adjoint(vh))];
  }
  const basis = rangeOf(a, q, niter, m);
  const [u, s, vh] = svdParts(adjoint(times(adjoint(a), turned, basis)), false, true);
  return [basis.matmul(u), s, adjoint(vh)];
}

op("svd_lowrank(Tensor A, int? q=6, int? niter=2, Tensor? M=None) -> (Tensor U, Tensor S, Tensor V)", {
  doc: "U `[*, m, q]`, S, V `[*, n, q]` with A − M ≈ U diag(S) Vᵀ for a matrix of rank about `q`; draws random numbers.",
  forward: (a, q, niter, m) => lowRank(a, q ?? 6, niter ?? 2, m),
  composite: true,
  variants: ["function"],
});

op("pca_lowrank(Tensor A, int? q=None, bool center=True, int niter=2) -> (Tensor U, Tensor S, Tensor V)", {
  doc: "Principal components: `svd_lowrank` of a matrix of one sample a row, with the columns' means taken off where `center`.",
  forward: (a, q, center, niter) => {
    const most = Math.min(rowsOf(a), columnsOf(a));
    const count = q ?? Math.min(6, most);
    if (count < 0 || count > most) {
      throw new ValueError(`q(=${count}) must be non-negative integer and not greater than min(m, n)=${most}`);
    }
    if (niter < 0) throw new ValueError(`niter(=${niter}) must be non-negative integer`);
    return lowRank(center ? a.sub(a.mean([-2], true)) : a, count, niter, null);
  },
  composite: true,
  variants: ["function"],
});
