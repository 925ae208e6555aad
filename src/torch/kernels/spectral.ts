/**
 * Eigenvalues of symmetric matrices and singular values of any, row-major and in doubles.
 *
 * Vectors are only determined up to a sign. Reflectors, rotations, shifts and the order of sweeps are LAPACK's, so that
 * the signs agree with PyTorch's: `syevd` and `gesdd`, as they work on matrices too small to divide (n ≤ 25). Steps that
 * decide when an element is negligible count in the unit roundoff of the caller's dtype, for the number of sweeps
 * takes part in the signs.
 */

/** H = 1 − τ v vᵀ, v zero before `from`. */
export interface Reflector {
  from: number;
  v: Float64Array;
  tau: number;
}

const signed = (size: number, like: number): number =>
  like < 0 || Object.is(like, -0) ? -Math.abs(size) : Math.abs(size);

/** The reflector that takes x to (β, 0, …, 0), β with the sign opposite to x₀ (`larfg`). */
function reflectorOf(x: Float64Array, from: number): Reflector & { beta: number } {
  const alpha = x[0];
  let tail = 0;
  for (let i = 1; i < x.length; i++) tail += x[i] * x[i];
  if (tail === 0) return { from, v: x.fill(0).fill(1, 0, 1), tau: 0, beta: alpha };
  const beta = -signed(Math.sqrt(alpha * alpha + tail), alpha);
  for (let i = 1; i < x.length; i++) x[i] /= alpha - beta;
  x[0] = 1;
  return { from, v: x, tau: (beta - alpha) / beta, beta };
}

/** A ← H A for the columns from `first` on; `a` has rows of n. */
function fromLeft({ from, v, tau }: Reflector, a: Float64Array, n: number, first = 0): void {
  if (tau === 0) return;
  for (let c = first; c < n; c++) {
    let dot = 0;
    for (let i = 0; i < v.length; i++) dot += v[i] * a[(from + i) * n + c];
    dot *= tau;
    for (let i = 0; i < v.length; i++) a[(from + i) * n + c] -= dot * v[i];
  }
}

/** A ← A H for the rows from `first` on. */
function fromRight({ from, v, tau }: Reflector, a: Float64Array, m: number, n: number, first = 0): void {
  if (tau === 0) return;
  for (let r = first; r < m; r++) {
    let dot = 0;
    for (let i = 0; i < v.length; i++) dot += v[i] * a[r * n + from + i];
    dot *= tau;
    for (let i = 0; i < v.length; i++) a[r * n + from + i] -= dot * v[i];
  }
}

const column = (a: Float64Array, m: number, n: number, j: number, top: number): Float64Array =>
  Float64Array.from({ length: m - top }, (_, i) => a[(top + i) * n + j]);

function unit(m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < Math.min(m, n); i++) out[i * n + i] = 1;
  return out;
}

function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j];
  return out;
}

// ── rotations ───────────────────────────────────────────────────────────────────────────────────────────────────

/** c, s, r with (c s; −s c)(f, g)ᵀ = (r, 0)ᵀ, c ≥ 0 and r of f's sign (`lartg`). */
function rotation(f: number, g: number): [c: number, s: number, r: number] {
  if (g === 0) return [1, 0, f];
  if (f === 0) return [0, signed(1, g), Math.abs(g)];
  const r = signed(Math.hypot(f, g), f);
  return [Math.abs(f) / Math.abs(r), g / r, r];
}

/** Rows i and j become c · xᵢ + s · xⱼ and c · xⱼ − s · xᵢ. */
function turnRows(a: Float64Array, n: number, i: number, j: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const x = a[i * n + k];
    const y = a[j * n + k];
    a[i * n + k] = c * x + s * y;
    a[j * n + k] = c * y - s * x;
  }
}

function turnColumns(a: Float64Array, m: number, n: number, i: number, j: number, c: number, s: number): void {
  for (let k = 0; k < m; k++) {
    const x = a[k * n + i];
    const y = a[k * n + j];
    a[k * n + i] = c * x + s * y;
    a[k * n + j] = c * y - s * x;
  }
}

// ── symmetric eigenvalues ───────────────────────────────────────────────────────────────────────────────────────

/** Q ᵀ A Q = T with diagonal d and off-diagonal e (`sytd2`), from the lower or the upper triangle; `a` is symmetric. */
function tridiagonal(
  a: Float64Array,
  n: number,
  lower: boolean,
): { d: Float64Array; e: Float64Array; q: Float64Array } {
  const e = new Float64Array(Math.max(0, n - 1));
  const reflectors: Reflector[] = [];
  for (let k = 0; k < n - 1; k++) {
    let h: Reflector & { beta: number };
    if (lower) {
      h = reflectorOf(column(a, n, n, k, k + 1), k + 1);
      e[k] = h.beta;
    } else {
      // From the last column up: the element beside the diagonal is the pivot.
      const j = n - 1 - k;
      const above = column(a, j, n, j, 0).reverse();
      h = reflectorOf(above, 0);
      h.v.reverse();
      e[j - 1] = h.beta;
    }
    fromLeft(h, a, n);
    fromRight(h, a, n, n);
    reflectors.push(h);
  }
  const d = Float64Array.from({ length: n }, (_, i) => a[i * n + i]);
  const q = unit(n, n);
  for (const h of reflectors.reverse()) fromLeft(h, q, n);
  return { d, e, q };
}

/** Larger and smaller eigenvalue of (a b; b c) by size, and the unit vector (c, s) of the larger one (`laev2`). */
function eigen2(a: number, b: number, c: number): [rt1: number, rt2: number, cs: number, sn: number] {
  const sum = a + c;
  const difference = a - c;
  const twice = b + b;
  const root = Math.hypot(difference, twice);
  const [most, least] = Math.abs(a) > Math.abs(c) ? [a, c] : [c, a];
  const sign = sum < 0 ? -1 : 1;
  const rt1 = sum === 0 ? 0.5 * root : 0.5 * (sum + sign * root);
  const rt2 = sum === 0 ? -0.5 * root : (most / rt1) * least - (b / rt1) * b;
  const sign2 = difference >= 0 ? 1 : -1;
  const cs = difference + sign2 * root;
  let c1: number;
  let s1: number;
  if (Math.abs(cs) > Math.abs(twice)) {
    const t = -twice / cs;
    s1 = 1 / Math.sqrt(1 + t * t);
    c1 = t * s1;
  } else if (twice === 0) {
    c1 = 1;
    s1 = 0;
  } else {
    const t = -cs / twice;
    c1 = 1 / Math.sqrt(1 + t * t);
    s1 = t * c1;
  }
  return sign === sign2 ? [rt1, rt2, -s1, c1] : [rt1, rt2, c1, s1];
}

/** Most sweeps for each eigenvalue or singular value; more means NaN or infinity in the input. */
const SWEEPS = 30;

/** Eigenvalues of T into d, its vectors into the columns of z, by implicit QL or QR from the smaller end (`steqr`). */
function tridiagonalEigen(d: Float64Array, e: Float64Array, z: Float64Array, n: number, epsilon: number): void {
  const tiny = Number.MIN_VALUE;
  let left = SWEEPS * n;
  for (let start = 0; start < n; ) {
    let end = start;
    while (end < n - 1) {
      const size = Math.abs(e[end]);
      if (size <= Math.sqrt(Math.abs(d[end])) * Math.sqrt(Math.abs(d[end + 1])) * epsilon) {
        e[end] = 0;
        break;
      }
      end++;
    }
    // QL goes up from the first element, QR down from the last: one loop, mirrored.
    const down = Math.abs(d[end]) < Math.abs(d[start]);
    const step = down ? -1 : 1;
    let l = down ? end : start;
    const last = down ? start : end;
    const off = (i: number) => (down ? i - 1 : i);
    while ((last - l) * step >= 0) {
      let m = l;
      for (; m !== last; m += step) {
        const size = e[off(m)] ** 2;
        if (size <= epsilon * epsilon * Math.abs(d[m]) * Math.abs(d[m + step]) + tiny) break;
      }
      if (m !== last) e[off(m)] = 0;
      if (m === l) {
        l += step;
        continue;
      }
      if (m === l + step) {
        const i = Math.min(l, m);
        const [rt1, rt2, c, s] = eigen2(d[i], e[i], d[i + 1]);
        turnColumns(z, n, n, i, i + 1, c, s);
        d[i] = rt1;
        d[i + 1] = rt2;
        e[i] = 0;
        l += 2 * step;
        continue;
      }
      if (left-- === 0) return;
      let p = d[l];
      let g = (d[l + step] - p) / (2 * e[off(l)]);
      let r = Math.hypot(g, 1);
      g = d[m] - p + e[off(l)] / (g + signed(r, g));
      let s = 1;
      let c = 1;
      p = 0;
      for (let i = m - step; (i - l) * step >= 0; i -= step) {
        const f = s * e[off(i)];
        const b = c * e[off(i)];
        [c, s, r] = rotation(g, f);
        if (i !== m - step) e[off(i + step)] = r;
        g = d[i + step] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + step] = g + p;
        g = c * r - b;
        if (down) turnColumns(z, n, n, i - 1, i, c, s);
        else turnColumns(z, n, n, i, i + 1, c, -s);
      }
      d[l] -= p;
      e[off(l)] = g;
    }
    start = end + 1;
  }
}

/**
 * Ascending eigenvalues and eigenvectors (as columns) of a symmetric matrix, of which `lower` names the triangle to start
 * from. `epsilon` is the unit roundoff that results are wanted to. Overwrites `a`.
 */
export function symmetricEigen(
  a: Float64Array,
  n: number,
  lower = true,
  epsilon = 2 ** -53,
): { values: Float64Array; vectors: Float64Array } {
  const { d, e, q } = tridiagonal(a, n, lower);
  const z = unit(n, n);
  tridiagonalEigen(d, e, z, n, epsilon);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => d[i] - d[j]);
  const values = Float64Array.from(order, (i) => d[i]);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const f = q[i * n + k];
      if (f !== 0) for (let j = 0; j < n; j++) vectors[i * n + j] += f * z[k * n + order[j]];
    }
  }
  return { values, vectors };
}

// ── singular values ─────────────────────────────────────────────────────────────────────────────────────────────

/** Singular values of the triangle (f g; 0 h), the smaller first (`las2`). */
function singularValues2(f: number, g: number, h: number): [smaller: number, larger: number] {
  const [fa, ga, ha] = [Math.abs(f), Math.abs(g), Math.abs(h)];
  const least = Math.min(fa, ha);
  const most = Math.max(fa, ha);
  if (least === 0) return [0, Math.hypot(most, ga)];
  const as = 1 + least / most;
  const at = (most - least) / most;
  const au = (ga / most) ** 2;
  const c = 2 / (Math.sqrt(as * as + au) + Math.sqrt(at * at + au));
  return [least * c, most / c];
}

interface Singular2 {
  smaller: number;
  larger: number;
  left: [c: number, s: number];
  right: [c: number, s: number];
}

/** The triangle (f g; 0 h) as rotations and signed singular values (`lasv2`). */
function singular2(f: number, g: number, h: number, epsilon: number): Singular2 {
  const swap = Math.abs(h) > Math.abs(f);
  const [ft, ht] = swap ? [h, f] : [f, h];
  const [fa, ga, ha] = [Math.abs(ft), Math.abs(g), Math.abs(ht)];
  let smaller = ha;
  let larger = fa;
  let left: [number, number] = [1, 0];
  let right: [number, number] = [1, 0];
  const huge = ga > fa && fa / ga < epsilon;
  if (huge) {
    larger = ga;
    smaller = ha > 1 ? fa / (ga / ha) : (fa / ga) * ha;
    left = [1, ht / g];
    right = [ft / g, 1];
  } else if (ga !== 0) {
    const d = fa - ha;
    const l = d / fa;
    const m = g / ft;
    const s = Math.sqrt((2 - l) ** 2 + m * m);
    const r = Math.sqrt(l * l + m * m);
    const a = 0.5 * (s + r);
    smaller = ha / a;
    larger = fa * a;
    let t: number;
    if (m * m !== 0) t = (m / (s + (2 - l)) + m / (r + l)) * (1 + a);
    else if (l === 0) t = signed(2, ft) * signed(1, g);
    else t = g / signed(d, ft) + m / (2 - l);
    const root = Math.sqrt(t * t + 4);
    right = [2 / root, t / root];
    left = [(right[0] + right[1] * m) / a, ((ht / ft) * right[1]) / a];
  }
  if (swap)
    [left, right] = [
      [right[1], right[0]],
      [left[1], left[0]],
    ];
  // The sign is that of the entry with the largest share.
  let sign: number;
  if (ga > fa) sign = signed(1, right[1]) * signed(1, left[0]) * signed(1, g);
  else if (swap) sign = signed(1, right[1]) * signed(1, left[1]) * signed(1, h);
  else sign = signed(1, right[0]) * signed(1, left[0]) * signed(1, f);
  return {
    larger: sign * larger,
    smaller: sign * signed(1, f) * signed(1, h) * smaller,
    left,
    right,
  };
}

/** What turns with a bidiagonal matrix: the columns of u `[n, n]` and the rows of vt `[n, n]`. */
interface Turned {
  u: Float64Array;
  vt: Float64Array;
  n: number;
}

/** One sweep over d[first…last], e: rotations from the right into vt and from the left into u. */
function sweep(
  d: Float64Array,
  e: Float64Array,
  first: number,
  last: number,
  shift: number,
  up: boolean,
  q: Turned,
): void {
  const { u, vt, n } = q;
  // Chasing up is chasing down in the mirrored matrix, with the roles of left and right exchanged.
  const step = up ? -1 : 1;
  const [from, to] = up ? [last, first] : [first, last];
  const off = (i: number) => (up ? i - 1 : i);
  const turn = (i: number, [c, s]: number[], [oc, os]: number[]) => {
    if (up) {
      turnRows(vt, n, i - 1, i, oc, -os);
      turnColumns(u, n, n, i - 1, i, c, -s);
    } else {
      turnRows(vt, n, i, i + 1, c, s);
      turnColumns(u, n, n, i, i + 1, oc, os);
    }
  };
  if (shift === 0) {
    let [c, oc, os] = [1, 1, 0];
    for (let i = from; i !== to; i += step) {
      const [cs, sn, r] = rotation(d[i] * c, e[off(i)]);
      if (i !== from) e[off(i - step)] = os * r;
      c = cs;
      [oc, os, d[i]] = rotation(oc * r, d[i + step] * sn);
      turn(i, [cs, sn], [oc, os]);
    }
    const h = d[to] * c;
    d[to] = h * oc;
    e[off(to - step)] = h * os;
    return;
  }
  let f = (Math.abs(d[from]) - shift) * (signed(1, d[from]) + shift / d[from]);
  let g = e[off(from)];
  for (let i = from; i !== to; i += step) {
    const [cr, sr, r] = rotation(f, g);
    if (i !== from) e[off(i - step)] = r;
    f = cr * d[i] + sr * e[off(i)];
    e[off(i)] = cr * e[off(i)] - sr * d[i];
    g = sr * d[i + step];
    d[i + step] *= cr;
    const [cl, sl, r2] = rotation(f, g);
    d[i] = r2;
    f = cl * e[off(i)] + sl * d[i + step];
    d[i + step] = cl * d[i + step] - sl * e[off(i)];
    if (i + step !== to) {
      g = sl * e[off(i + step)];
      e[off(i + step)] *= cl;
    }
    turn(i, [cr, sr], [cl, sl]);
  }
  e[off(to - step)] = f;
}

/** Singular values of the upper bidiagonal matrix (d, e) into d, not yet sorted, by implicit QR (`bdsqr`). */
function bidiagonalSingular(d: Float64Array, e: Float64Array, q: Turned, epsilon: number): void {
  const { u, vt, n } = q;
  const tol = Math.max(10, Math.min(100, epsilon ** -0.125)) * epsilon;
  let least = Math.abs(d[0]);
  for (let i = 1, mu = least; i < n && least !== 0; i++) {
    mu = Math.abs(d[i]) * (mu / (mu + Math.abs(e[i - 1])));
    least = Math.min(least, mu);
  }
  const threshold = Math.max((tol * least) / Math.sqrt(n), Number.MIN_VALUE);
  let left = 6 * n * n;
  let [oldFirst, oldLast] = [-1, -1];
  let up = false;
  for (let m = n - 1; m > 0; ) {
    if (left < 0) return;
    // The last block d[first…m] without a zero beside the diagonal.
    let first = m;
    let largest = Math.abs(d[m]);
    while (first > 0 && Math.abs(e[first - 1]) > threshold) {
      first--;
      largest = Math.max(largest, Math.abs(d[first]), Math.abs(e[first]));
    }
    if (first > 0) e[first - 1] = 0;
    if (first === m) {
      m--;
      continue;
    }
    if (first === m - 1) {
      const two = singular2(d[first], e[first], d[m], epsilon);
      d[first] = two.larger;
      d[m] = two.smaller;
      e[first] = 0;
      turnRows(vt, n, first, m, two.right[0], two.right[1]);
      turnColumns(u, n, n, first, m, two.left[0], two.left[1]);
      m -= 2;
      continue;
    }
    // A new block is chased from its larger end.
    if (oldLast < 0 || first > oldLast || m < oldFirst) up = Math.abs(d[first]) < Math.abs(d[m]);
    const step = up ? -1 : 1;
    const [from, to] = up ? [m, first] : [first, m];
    const off = (i: number) => (up ? i - 1 : i);
    const end = off(to - step);
    if (Math.abs(e[end]) <= tol * Math.abs(d[to])) {
      e[end] = 0;
      continue;
    }
    let mu = Math.abs(d[from]);
    let smallest = mu;
    let negligible = -1;
    for (let i = from; i !== to; i += step) {
      if (Math.abs(e[off(i)]) <= tol * mu) {
        negligible = off(i);
        break;
      }
      mu = Math.abs(d[i + step]) * (mu / (mu + Math.abs(e[off(i)])));
      smallest = Math.min(smallest, mu);
    }
    if (negligible >= 0) {
      e[negligible] = 0;
      continue;
    }
    [oldFirst, oldLast] = [first, m];
    let shift = 0;
    if (n * tol * (smallest / largest) > Math.max(epsilon, 0.01 * tol)) {
      const i = up ? first : m - 1;
      shift = singularValues2(d[i], e[i], d[i + 1])[0];
      const start = Math.abs(d[from]);
      if (start > 0 && (shift / start) ** 2 < epsilon) shift = 0;
    }
    left -= m - first;
    sweep(d, e, first, m, shift, up, q);
    if (Math.abs(e[end]) <= threshold) e[end] = 0;
  }
}

/** U S Vᵀ of a bidiagonal matrix, S in descending order; a lower one is first rotated to an upper one (`bdsdc`). */
function bidiagonalFactors(d: Float64Array, e: Float64Array, lower: boolean, epsilon: number): Turned {
  const n = d.length;
  const q: Turned = { u: unit(n, n), vt: unit(n, n), n };
  if (n === 0) return q;
  const turns: [number, number][] = [];
  if (lower) {
    for (let i = 0; i < n - 1; i++) {
      const [c, s, r] = rotation(d[i], e[i]);
      d[i] = r;
      e[i] = s * d[i + 1];
      d[i + 1] *= c;
      turns.push([c, -s]);
    }
  }
  if (n === 1) {
    // Here the sign goes to the left.
    q.u[0] = signed(1, d[0]);
    d[0] = Math.abs(d[0]);
    return q;
  }
  bidiagonalSingular(d, e, q, epsilon);
  const signs = Array.from(d, (v) => (v < 0 ? -1 : 1));
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => Math.abs(d[j]) - Math.abs(d[i]));
  const { u, vt } = { u: q.u.slice(), vt: q.vt.slice() };
  order.forEach((i, to) => {
    for (let k = 0; k < n; k++) {
      q.u[k * n + to] = u[k * n + i];
      q.vt[to * n + k] = signs[i] * vt[i * n + k];
    }
  });
  d.set(order.map((i) => Math.abs(d[i])));
  for (let i = n - 2; lower && i >= 0; i--) turnRows(q.u, n, i, i + 1, turns[i][0], turns[i][1]);
  return q;
}

/** Hₙ … H₁ A G₁ … Gₙ₋₁ = B, upper bidiagonal, for m ≥ n (`gebd2`). Overwrites `a`. */
function bidiagonal(a: Float64Array, m: number, n: number) {
  const d = new Float64Array(n);
  const e = new Float64Array(Math.max(0, n - 1));
  const left: Reflector[] = [];
  const right: Reflector[] = [];
  for (let i = 0; i < n; i++) {
    const h = reflectorOf(column(a, m, n, i, i), i);
    d[i] = h.beta;
    fromLeft(h, a, n, i + 1);
    left.push(h);
    if (i === n - 1) break;
    const g = reflectorOf(a.slice(i * n + i + 1, (i + 1) * n), i + 1);
    e[i] = g.beta;
    fromRight(g, a, m, n, i + 1);
    right.push(g);
  }
  return { d, e, left, right };
}

/** `block` `[k, k]` in the corner of a matrix with `columns` columns and m rows, ones on the rest of its diagonal. */
function extended(block: Float64Array, k: number, m: number, columns: number): Float64Array {
  const out = unit(m, columns);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) out[i * columns + j] = block[i * k + j];
  return out;
}

/** H₁ H₂ … times a matrix with rows of n. */
function product(reflectors: readonly Reflector[], a: Float64Array, n: number): Float64Array {
  for (let i = reflectors.length - 1; i >= 0; i--) fromLeft(reflectors[i], a, n);
  return a;
}

/**
 * A = U diag(s) Vᵀ with s descending: U `[m, min]`, Vᵀ `[min, n]`, or square where `full`. `epsilon` is the unit roundoff
 * that results are wanted to. Much longer than wide, A is first taken to its triangular factor.
 */
export function singular(
  matrix: Float64Array,
  m: number,
  n: number,
  full: boolean,
  epsilon = 2 ** -53,
): { u: Float64Array; s: Float64Array; vh: Float64Array } {
  const wide = m < n;
  const [long, k] = wide ? [n, m] : [m, n];
  const a = wide ? transposed(matrix, m, n) : matrix.slice();
  const columns = full ? long : k;
  let inner: { d: Float64Array; e: Float64Array; left: Reflector[]; right: Reflector[] };
  let outer: Reflector[] = [];
  const triangular = long >= Math.floor((k * 11) / 6);
  if (triangular) {
    for (let i = 0; i < k; i++) {
      const h = reflectorOf(column(a, long, k, i, i), i);
      fromLeft(h, a, k, i);
      outer.push(h);
    }
    const r = a.slice(0, k * k);
    for (let i = 0; i < k; i++) r.fill(0, i * k, i * k + i);
    // A wide matrix's factor is lower triangular, and is not transposed for what follows.
    inner = bidiagonal(wide ? transposed(r, k, k) : r, k, k);
  } else {
    inner = bidiagonal(a, long, k);
  }
  const { d, e, left, right } = inner;
  const { u, vt } = bidiagonalFactors(d, e, wide && !triangular, epsilon);
  const v = transposed(vt, k, k);
  if (!wide) {
    const short = product(right, v, k);
    const tall = triangular
      ? product(outer, extended(product(left, u, k), k, long, columns), columns)
      : product(left, extended(u, k, long, columns), columns);
    return { u: tall, s: d, vh: transposed(short, k, k) };
  }
  if (!triangular) [outer] = [left];
  const short = triangular ? product(left, u, k) : product(right, u, k);
  const tall = product(outer, extended(triangular ? product(right, v, k) : v, k, long, columns), columns);
  return { u: short, s: d, vh: transposed(tall, long, columns) };
}
