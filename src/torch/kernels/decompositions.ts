/**
 * Factorisations of one dense matrix, row-major and in doubles.
 *
 * Pivots, signs of reflectors and the choice of 1×1 and 2×2 blocks are LAPACK's, so that factors agree with PyTorch's.
 */

/** LU with partial pivoting in place (`getrf`). Pivots count from 1; info is the first zero diagonal of U, counted from 1, or 0. */
export function luFactor(a: Float64Array, m: number, n: number): { pivots: Int32Array<ArrayBuffer>; info: number } {
  const k = Math.min(m, n);
  const pivots = new Int32Array(k);
  let info = 0;
  for (let j = 0; j < k; j++) {
    let p = j;
    for (let i = j + 1; i < m; i++) if (Math.abs(a[i * n + j]) > Math.abs(a[p * n + j])) p = i;
    pivots[j] = p + 1;
    if (p !== j) {
      for (let c = 0; c < n; c++) {
        const v = a[j * n + c];
        a[j * n + c] = a[p * n + c];
        a[p * n + c] = v;
      }
    }
    const d = a[j * n + j];
    if (d === 0) {
      if (info === 0) info = j + 1;
      continue;
    }
    for (let i = j + 1; i < m; i++) {
      const f = a[i * n + j] / d;
      a[i * n + j] = f;
      if (f !== 0) for (let c = j + 1; c < n; c++) a[i * n + c] -= f * a[j * n + c];
    }
  }
  return { pivots, info };
}

/** The row order that pivots leave: row i of the permuted matrix was row `order[i]`. */
export function pivotOrder(pivots: ArrayLike<number>, m: number): number[] {
  const order = Array.from({ length: m }, (_, i) => i);
  for (let i = 0; i < pivots.length; i++) {
    const p = pivots[i] - 1;
    [order[i], order[p]] = [order[p], order[i]];
  }
  return order;
}

/** A = L Lᵀ from the lower triangle, in place; the rest becomes 0. Info is the first minor that is not positive, counted from 1, or 0. */
export function choleskyFactor(a: Float64Array, n: number): number {
  for (let j = 0; j < n; j++) {
    let d = a[j * n + j];
    for (let k = 0; k < j; k++) d -= a[j * n + k] ** 2;
    if (!(d > 0)) return j + 1;
    d = Math.sqrt(d);
    a[j * n + j] = d;
    for (let i = j + 1; i < n; i++) {
      let v = a[i * n + j];
      for (let k = 0; k < j; k++) v -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = v / d;
    }
    for (let c = j + 1; c < n; c++) a[j * n + c] = 0;
  }
  return 0;
}

/** Householder QR in place (`geqrf`): R above, reflectors below the diagonal; returns their factors τ. */
export function householder(a: Float64Array, m: number, n: number): Float64Array {
  const k = Math.min(m, n);
  const tau = new Float64Array(k);
  for (let j = 0; j < k; j++) {
    let tail = 0;
    for (let i = j + 1; i < m; i++) tail += a[i * n + j] ** 2;
    const alpha = a[j * n + j];
    if (tail === 0) continue;
    const beta = -Math.sign(alpha || 1) * Math.sqrt(alpha * alpha + tail);
    tau[j] = (beta - alpha) / beta;
    for (let i = j + 1; i < m; i++) a[i * n + j] /= alpha - beta;
    a[j * n + j] = beta;
    for (let c = j + 1; c < n; c++) {
      let dot = a[j * n + c];
      for (let i = j + 1; i < m; i++) dot += a[i * n + j] * a[i * n + c];
      dot *= tau[j];
      a[j * n + c] -= dot;
      for (let i = j + 1; i < m; i++) a[i * n + c] -= dot * a[i * n + j];
    }
  }
  return tau;
}

/** The first `columns` columns of H₁ H₂ … from the reflectors of `householder` (`orgqr`). */
export function orthogonal(a: Float64Array, tau: Float64Array, m: number, n: number, columns: number): Float64Array {
  const q = new Float64Array(m * columns);
  for (let i = 0; i < Math.min(m, columns); i++) q[i * columns + i] = 1;
  for (let j = tau.length - 1; j >= 0; j--) {
    for (let c = 0; c < columns; c++) {
      let dot = q[j * columns + c];
      for (let i = j + 1; i < m; i++) dot += a[i * n + j] * q[i * columns + c];
      dot *= tau[j];
      q[j * columns + c] -= dot;
      for (let i = j + 1; i < m; i++) q[i * columns + c] -= dot * a[i * n + j];
    }
  }
  return q;
}

/**
 * Solves T X = B for a triangular T, X over B in place: `[n, n]`, `[n, k]`. `adjoint` takes Tᵀ instead;
 * `unit` takes ones for the diagonal. Division by a zero gives infinities, as in LAPACK.
 */
export function triangularSolve(
  t: Float64Array,
  b: Float64Array,
  n: number,
  k: number,
  upper: boolean,
  adjoint: boolean,
  unit: boolean,
  ld = n,
): void {
  const at = adjoint ? (i: number, j: number) => t[j * ld + i] : (i: number, j: number) => t[i * ld + j];
  const backward = upper !== adjoint;
  for (let step = 0; step < n; step++) {
    const i = backward ? n - 1 - step : step;
    for (let done = 0; done < step; done++) {
      const j = backward ? n - 1 - done : done;
      const f = at(i, j);
      if (f !== 0) for (let c = 0; c < k; c++) b[i * k + c] -= f * b[j * k + c];
    }
    if (unit) continue;
    const d = at(i, i);
    for (let c = 0; c < k; c++) b[i * k + c] /= d;
  }
}

/** Solves A X = B, or Aᵀ X = B, from A's LU factors, X over B in place. */
export function luSolve(
  lu: Float64Array,
  pivots: ArrayLike<number>,
  b: Float64Array,
  n: number,
  k: number,
  adjoint: boolean,
): void {
  const swap = (i: number) => {
    const p = pivots[i] - 1;
    if (p === i) return;
    for (let c = 0; c < k; c++) {
      const v = b[i * k + c];
      b[i * k + c] = b[p * k + c];
      b[p * k + c] = v;
    }
  };
  if (adjoint) {
    triangularSolve(lu, b, n, k, true, true, false);
    triangularSolve(lu, b, n, k, false, true, true);
    for (let i = n - 1; i >= 0; i--) swap(i);
  } else {
    for (let i = 0; i < n; i++) swap(i);
    triangularSolve(lu, b, n, k, false, false, true);
    triangularSolve(lu, b, n, k, true, false, false);
  }
}

/** (1 + √17) / 8: below this growth a 1×1 pivot would be too small. */
const BUNCH_KAUFMAN = (1 + Math.sqrt(17)) / 8;

/** A = L D Lᵀ from the lower triangle in place (`sytf2`): pivots count from 1, two equal negative ones mark a 2×2 block of D. */
export function ldlFactor(a: Float64Array, n: number): { pivots: Int32Array<ArrayBuffer>; info: number } {
  const pivots = new Int32Array(n);
  let info = 0;
  const at = (i: number, j: number) => a[i * n + j];
  const exchange = (i: number, j: number, i2: number, j2: number) => {
    const v = a[i * n + j];
    a[i * n + j] = a[i2 * n + j2];
    a[i2 * n + j2] = v;
  };
  for (let k = 0; k < n; ) {
    let step = 1;
    let kp = k;
    const diagonal = Math.abs(at(k, k));
    let imax = k;
    let colmax = 0;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(at(i, k)) > colmax) {
        colmax = Math.abs(at(i, k));
        imax = i;
      }
    }
    if (Math.max(diagonal, colmax) === 0 || Number.isNaN(diagonal)) {
      if (info === 0) info = k + 1;
      pivots[k] = k + 1;
      k++;
      continue;
    }
    if (diagonal < BUNCH_KAUFMAN * colmax) {
      let rowmax = 0;
      for (let j = k; j < imax; j++) rowmax = Math.max(rowmax, Math.abs(at(imax, j)));
      for (let i = imax + 1; i < n; i++) rowmax = Math.max(rowmax, Math.abs(at(i, imax)));
      if (diagonal >= BUNCH_KAUFMAN * colmax * (colmax / rowmax)) kp = k;
      else if (Math.abs(at(imax, imax)) >= BUNCH_KAUFMAN * rowmax) kp = imax;
      else {
        kp = imax;
        step = 2;
      }
    }
    const kk = k + step - 1;
    if (kp !== kk) {
      for (let i = kp + 1; i < n; i++) exchange(i, kk, i, kp);
      for (let j = kk + 1; j < kp; j++) exchange(j, kk, kp, j);
      exchange(kk, kk, kp, kp);
      if (step === 2) exchange(k + 1, k, kp, k);
    }
    if (step === 1) {
      const d = 1 / at(k, k);
      for (let j = k + 1; j < n; j++) {
        for (let i = j; i < n; i++) a[i * n + j] -= at(i, k) * at(j, k) * d;
      }
      for (let i = k + 1; i < n; i++) a[i * n + k] *= d;
    } else if (k < n - 2) {
      const d21 = at(k + 1, k);
      const d11 = at(k + 1, k + 1) / d21;
      const d22 = at(k, k) / d21;
      const t = 1 / (d11 * d22 - 1) / d21;
      for (let j = k + 2; j < n; j++) {
        const wk = t * (d11 * at(j, k) - at(j, k + 1));
        const wk1 = t * (d22 * at(j, k + 1) - at(j, k));
        for (let i = j; i < n; i++) a[i * n + j] -= at(i, k) * wk + at(i, k + 1) * wk1;
        a[j * n + k] = wk;
        a[j * n + k + 1] = wk1;
      }
    }
    pivots[k] = step === 1 ? kp + 1 : -(kp + 1);
    if (step === 2) pivots[k + 1] = -(kp + 1);
    k += step;
  }
  return { pivots, info };
}

/** Solves A X = B from `ldlFactor`'s result, X over B in place. */
export function ldlSolve(a: Float64Array, pivots: ArrayLike<number>, b: Float64Array, n: number, k: number): void {
  const swap = (i: number, p: number) => {
    if (i === p) return;
    for (let c = 0; c < k; c++) {
      const v = b[i * k + c];
      b[i * k + c] = b[p * k + c];
      b[p * k + c] = v;
    }
  };
  for (let i = 0; i < n; ) {
    if (pivots[i] > 0) {
      swap(i, pivots[i] - 1);
      for (let r = i + 1; r < n; r++) for (let c = 0; c < k; c++) b[r * k + c] -= a[r * n + i] * b[i * k + c];
      for (let c = 0; c < k; c++) b[i * k + c] /= a[i * n + i];
      i++;
    } else {
      swap(i + 1, -pivots[i] - 1);
      const d11 = a[i * n + i];
      const d21 = a[(i + 1) * n + i];
      const d22 = a[(i + 1) * n + i + 1];
      const det = d11 * d22 - d21 * d21;
      for (let c = 0; c < k; c++) {
        const x = b[i * k + c];
        const y = b[(i + 1) * k + c];
        for (let r = i + 2; r < n; r++) b[r * k + c] -= a[r * n + i] * x + a[r * n + i + 1] * y;
        b[i * k + c] = (d22 * x - d21 * y) / det;
        b[(i + 1) * k + c] = (d11 * y - d21 * x) / det;
      }
      i += 2;
    }
  }
  for (let i = n - 1; i >= 0; ) {
    const width = pivots[i] > 0 ? 1 : 2;
    for (let w = 0; w < width; w++) {
      const row = i - w;
      for (let r = i + 1; r < n; r++) for (let c = 0; c < k; c++) b[row * k + c] -= a[r * n + row] * b[r * k + c];
    }
    swap(i, Math.abs(pivots[i]) - 1);
    i -= width;
  }
}

/** eᴬ by the (13, 13) Padé approximant with scaling and squaring (Higham, 2005). */
export function matrixExponential(a: Float64Array, n: number): Float64Array {
  let norm = 0;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.abs(a[i * n + j]);
    norm = Math.max(norm, sum);
  }
  const squarings = norm > 5.37 ? Math.max(0, Math.ceil(Math.log2(norm / 5.37))) : 0;
  const x = a.map((v) => v / 2 ** squarings);
  const x2 = times(x, x, n);
  const x4 = times(x2, x2, n);
  const x6 = times(x4, x2, n);
  const mix = (c6: number, c4: number, c2: number, c0: number) => {
    const out = new Float64Array(n * n);
    for (let i = 0; i < out.length; i++) out[i] = c6 * x6[i] + c4 * x4[i] + c2 * x2[i];
    for (let i = 0; i < n; i++) out[i * n + i] += c0;
    return out;
  };
  const [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13] = PADE;
  const oddHigh = times(x6, mix(b13, b11, b9, 0), n);
  const evenHigh = times(x6, mix(b12, b10, b8, 0), n);
  const oddLow = mix(b7, b5, b3, b1);
  const evenLow = mix(b6, b4, b2, b0);
  const u = times(
    x,
    oddHigh.map((v, i) => v + oddLow[i]),
    n,
  );
  const v = evenHigh.map((w, i) => w + evenLow[i]);
  const numerator = v.map((w, i) => w + u[i]);
  const denominator = v.map((w, i) => w - u[i]);
  const { pivots } = luFactor(denominator, n, n);
  luSolve(denominator, pivots, numerator, n, n, false);
  let out: Float64Array = numerator;
  for (let i = 0; i < squarings; i++) out = times(out, out, n);
  return out;
}

const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];

function times(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const f = a[i * n + k];
      if (f !== 0) for (let j = 0; j < n; j++) out[i * n + j] += f * b[k * n + j];
    }
  }
  return out;
}
