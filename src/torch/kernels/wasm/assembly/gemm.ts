/**
 * Matrix products C = A · B of floats or doubles: A in packed panels of four rows, B in packed panels of two vectors' columns.
 *
 * The order of a float's sum is that of OpenBLAS 0.3.21 on x86-64 with AVX2, so that with fused multiply-add the result has its bits:
 * k is cut into blocks, each block's sum is added to C once, and within a block an element is one chain over k, or two (over even
 * and odd k), by its place (`isPaired`). `src/torch/kernels/matmul.ts` has the same in plain loops.
 */
import { madd } from "./vectors";

const ROWS = 4;
/** Columns of a panel: eight floats, four doubles. */
// @inline
function columnsOf<T>(): i32 {
  return 32 / sizeof<T>();
}

/** Of k, and of the columns that share one packing of B. */
const CUT = 320;
/** Rows that share one packing of A: whole chunks of twelve. */
const HEIGHT = 48;

/** How long the next block is, of `rest`: no block is much shorter than its neighbours. */
// @inline
function blockOf(rest: i32): i32 {
  if (rest >= 2 * CUT) return CUT;
  return rest > CUT ? ((rest >> 1) + 7) & ~7 : rest;
}

/** Four floats at a time into rows of four: rows 0–3 of the result are columns 0–3 of the arguments. */
// @inline
function store4x4(x0: v128, x1: v128, x2: v128, x3: v128, to: usize, step: usize): void {
  const a = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
  const c = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
  const d = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
  v128.store(to + step, v128.shuffle<i64>(a, b, 1, 3));
  v128.store(to + 2 * step, v128.shuffle<i64>(c, d, 0, 2));
  v128.store(to + 3 * step, v128.shuffle<i64>(c, d, 1, 3));
}

/** Where the four lines from line `q` on stand in panels of `width` lines and k elements each. */
// @inline
function quad<T>(to: usize, q: i32, width: i32, k: i32): usize {
  return to + (<usize>(q & -width) * k + (q & (width - 1))) * sizeof<T>();
}

/**
 * Lines of k elements into panels of `width` (4 or 8) lines, element after element: p of all lines of a panel, then p + 1.
 * Lines are `line` bytes apart, elements of one `next`; the last panel is filled up with zeros.
 */
function pack<T>(from: usize, line: usize, next: usize, lines: i32, k: i32, to: usize, width: i32): void {
  const step = <usize>width * sizeof<T>();
  let q = 0;
  if (sizeof<T>() === 4 && line === 4) {
    // All that a cache line holds at once: its neighbours in memory are far, and often in its way.
    for (; q + 16 <= lines; q += 16, from += 64) {
      let t0 = quad<T>(to, q, width, k);
      let t1 = quad<T>(to, q + 4, width, k);
      let t2 = quad<T>(to, q + 8, width, k);
      let t3 = quad<T>(to, q + 12, width, k);
      let at = from;
      for (let p = 0; p < k; p++, at += next) {
        v128.store(t0, v128.load(at));
        v128.store(t1, v128.load(at, 16));
        v128.store(t2, v128.load(at, 32));
        v128.store(t3, v128.load(at, 48));
        t0 += step;
        t1 += step;
        t2 += step;
        t3 += step;
      }
    }
  }
  for (const all = (lines + width - 1) & -width; q < all; q += 4, from += 4 * line) {
    let t = quad<T>(to, q, width, k);
    let at = from;
    let p = 0;
    if (q + 4 <= lines && line === sizeof<T>()) {
      for (; p < k; p++, at += next, t += step) {
        v128.store(t, v128.load(at));
        if (sizeof<T>() === 8) v128.store(t, v128.load(at, 16), 16);
      }
    } else if (sizeof<T>() === 4 && q + 4 <= lines && next === 4) {
      for (; p + 4 <= k; p += 4, at += 16, t += 4 * step) {
        const third = at + 2 * line;
        store4x4(v128.load(at), v128.load(at + line), v128.load(third), v128.load(third + line), t, step);
      }
    }
    for (; p < k; p++, at += next, t += step) {
      for (let r = 0; r < 4; r++) {
        store<T>(t + <usize>r * sizeof<T>(), q + r < lines ? load<T>(at + <usize>r * line) : <T>0);
      }
    }
  }
}

/** The sum of a block goes to its place: C = from + alpha · v, or without `from` where that is nothing. */
// @inline
function put<T>(to: usize, from: usize, alpha: v128, v0: v128, v1: v128): void {
  if (from === 0) {
    const zero = v128.splat<T>(0);
    v128.store(to, madd<T>(alpha, v0, zero));
    v128.store(to, madd<T>(alpha, v1, zero), 16);
  } else {
    v128.store(to, madd<T>(alpha, v0, v128.load(from)));
    v128.store(to, madd<T>(alpha, v1, v128.load(from, 16)), 16);
  }
}

/**
 * Four rows and eight columns, each a chain over k: over every other k, `pairs` times, then over `k` in a row.
 * The chains are added to those of `even`, if any, and then to C as it is in `from`.
 */
function tile4<T>(
  a: usize,
  b: usize,
  pairs: i32,
  k: i32,
  even: usize,
  alpha: v128,
  c: usize,
  lineC: usize,
  from: usize,
  lineFrom: usize,
): void {
  let c00 = v128.splat<T>(0);
  let c01 = v128.splat<T>(0);
  let c10 = v128.splat<T>(0);
  let c11 = v128.splat<T>(0);
  let c20 = v128.splat<T>(0);
  let c21 = v128.splat<T>(0);
  let c30 = v128.splat<T>(0);
  let c31 = v128.splat<T>(0);
  for (const end = a + <usize>pairs * (8 * sizeof<T>()); a < end; a += 8 * sizeof<T>(), b += 64) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<T>(a);
    c00 = madd<T>(a0, b0, c00);
    c01 = madd<T>(a0, b1, c01);
    const a1 = v128.load_splat<T>(a, sizeof<T>());
    c10 = madd<T>(a1, b0, c10);
    c11 = madd<T>(a1, b1, c11);
    const a2 = v128.load_splat<T>(a, 2 * sizeof<T>());
    c20 = madd<T>(a2, b0, c20);
    c21 = madd<T>(a2, b1, c21);
    const a3 = v128.load_splat<T>(a, 3 * sizeof<T>());
    c30 = madd<T>(a3, b0, c30);
    c31 = madd<T>(a3, b1, c31);
  }
  for (const end = a + <usize>k * (4 * sizeof<T>()); a < end; a += 4 * sizeof<T>(), b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<T>(a);
    c00 = madd<T>(a0, b0, c00);
    c01 = madd<T>(a0, b1, c01);
    const a1 = v128.load_splat<T>(a, sizeof<T>());
    c10 = madd<T>(a1, b0, c10);
    c11 = madd<T>(a1, b1, c11);
    const a2 = v128.load_splat<T>(a, 2 * sizeof<T>());
    c20 = madd<T>(a2, b0, c20);
    c21 = madd<T>(a2, b1, c21);
    const a3 = v128.load_splat<T>(a, 3 * sizeof<T>());
    c30 = madd<T>(a3, b0, c30);
    c31 = madd<T>(a3, b1, c31);
  }
  if (even !== 0) {
    c00 = v128.add<T>(v128.load(even), c00);
    c01 = v128.add<T>(v128.load(even, 16), c01);
    c10 = v128.add<T>(v128.load(even, 32), c10);
    c11 = v128.add<T>(v128.load(even, 48), c11);
    c20 = v128.add<T>(v128.load(even, 64), c20);
    c21 = v128.add<T>(v128.load(even, 80), c21);
    c30 = v128.add<T>(v128.load(even, 96), c30);
    c31 = v128.add<T>(v128.load(even, 112), c31);
  }
  if (from === 0) {
    put<T>(c, 0, alpha, c00, c01);
    put<T>(c + lineC, 0, alpha, c10, c11);
    put<T>(c + 2 * lineC, 0, alpha, c20, c21);
    put<T>(c + 3 * lineC, 0, alpha, c30, c31);
  } else {
    put<T>(c, from, alpha, c00, c01);
    put<T>(c + lineC, from + lineFrom, alpha, c10, c11);
    put<T>(c + 2 * lineC, from + 2 * lineFrom, alpha, c20, c21);
    put<T>(c + 3 * lineC, from + 3 * lineFrom, alpha, c30, c31);
  }
}

/** Two of a panel's four rows. */
function tile2<T>(
  a: usize,
  b: usize,
  pairs: i32,
  k: i32,
  even: usize,
  alpha: v128,
  c: usize,
  lineC: usize,
  from: usize,
  lineFrom: usize,
): void {
  let c00 = v128.splat<T>(0);
  let c01 = v128.splat<T>(0);
  let c10 = v128.splat<T>(0);
  let c11 = v128.splat<T>(0);
  for (const end = a + <usize>pairs * (8 * sizeof<T>()); a < end; a += 8 * sizeof<T>(), b += 64) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<T>(a);
    c00 = madd<T>(a0, b0, c00);
    c01 = madd<T>(a0, b1, c01);
    const a1 = v128.load_splat<T>(a, sizeof<T>());
    c10 = madd<T>(a1, b0, c10);
    c11 = madd<T>(a1, b1, c11);
  }
  for (const end = a + <usize>k * (4 * sizeof<T>()); a < end; a += 4 * sizeof<T>(), b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load_splat<T>(a);
    c00 = madd<T>(a0, b0, c00);
    c01 = madd<T>(a0, b1, c01);
    const a1 = v128.load_splat<T>(a, sizeof<T>());
    c10 = madd<T>(a1, b0, c10);
    c11 = madd<T>(a1, b1, c11);
  }
  if (even !== 0) {
    c00 = v128.add<T>(v128.load(even), c00);
    c01 = v128.add<T>(v128.load(even, 16), c01);
    c10 = v128.add<T>(v128.load(even, 32), c10);
    c11 = v128.add<T>(v128.load(even, 48), c11);
  }
  if (from === 0) {
    put<T>(c, 0, alpha, c00, c01);
    put<T>(c + lineC, 0, alpha, c10, c11);
  } else {
    put<T>(c, from, alpha, c00, c01);
    put<T>(c + lineC, from + lineFrom, alpha, c10, c11);
  }
}

/** Bytes of four rows of eight sums: those of even k, until those of odd k join them. */
const EVEN = 128;

/**
 * Each element is the sum of two chains: over even k, and what is left of k behind the last eight; over odd k.
 * The first chain's sum waits in `even`.
 */
// @inline
function paired<T>(
  lines: i32,
  a: usize,
  b: usize,
  k: i32,
  even: usize,
  alpha: v128,
  c: usize,
  lineC: usize,
  from: usize,
  lineFrom: usize,
): void {
  const pairs = (k & ~7) >> 1;
  const oddA = a + 4 * sizeof<T>();
  const one = v128.splat<T>(1);
  if (lines === 4) {
    tile4<T>(a, b, pairs, k & 7, 0, one, even, 32, 0, 0);
    tile4<T>(oddA, b + 32, pairs, 0, even, alpha, c, lineC, from, lineFrom);
  } else {
    tile2<T>(a, b, pairs, k & 7, 0, one, even, 32, 0, 0);
    tile2<T>(oddA, b + 32, pairs, 0, even, alpha, c, lineC, from, lineFrom);
  }
}

/** The first of a panel's four rows. */
function tile1<T>(a: usize, b: usize, k: i32, alpha: v128, c: usize, from: usize): void {
  let c0 = v128.splat<T>(0);
  let c1 = v128.splat<T>(0);
  for (const end = a + <usize>k * (4 * sizeof<T>()); a < end; a += 4 * sizeof<T>(), b += 32) {
    const a0 = v128.load_splat<T>(a);
    c0 = madd<T>(a0, v128.load(b), c0);
    c1 = madd<T>(a0, v128.load(b, 16), c1);
  }
  put<T>(c, from, alpha, c0, c1);
}

/** Of the rows of a panel: how many there are, from `left` to the end of the matrix, and which elements are two chains. */
const ALL_SINGLE = 0;
const ALL_PAIRED = 1;
/** Rows 0–3 and 4–7 of a chunk of twelve; one more is rows 8–11. */
const TOP = 2;
const MIDDLE = 3;

/**
 * The kind of the panel at row `i` of `n`. Rows come in chunks of twelve; what is left, in the first block of columns, in chunks of
 * four and a last one of 1–4; in the other blocks in one of eight if it fits, then four, then less.
 */
function kindOf(i: i32, n: i32, m: i32, first: bool): i32 {
  if (n === 1 || m === 1) return ALL_SINGLE;
  const twelves = n - (n % 12);
  if (i < twelves) return TOP + ((i % 12) >> 2);
  const left = n - i;
  if (left < 4) return ALL_SINGLE;
  if (!first && n - twelves >= 8 && i < twelves + 8) return ALL_SINGLE;
  return ALL_PAIRED;
}

/** Whether the upper (lower) two rows of a panel are two chains in group `j` of `g` whole groups of eight columns. */
// @inline
function isPaired(kind: i32, lower: bool, j: i32, g: i32): bool {
  if (kind === ALL_SINGLE || j >= g) return false;
  if (kind === ALL_PAIRED) return true;
  if (g < 2) return false;
  const upperHalf = kind === TOP || (kind === MIDDLE && !lower);
  const last = j === g - 1;
  return upperHalf ? j === 0 || (last && (g & 1) === 0) : last && (g & 1) === 1;
}

/** gemm32 and gemm64, for T. */
// @inline
function gemm<T>(
  a: usize,
  rowA: usize,
  nextA: usize,
  b: usize,
  rowB: usize,
  nextB: usize,
  c: usize,
  lineC: usize,
  init: usize,
  lineInit: usize,
  i0: i32,
  rows: i32,
  columns: i32,
  k: i32,
  n: i32,
  m: i32,
  first: bool,
  alpha: T,
  panels: usize,
): void {
  const width = columnsOf<T>();
  const factor = v128.splat<T>(alpha);
  const even = panels;
  const panelsA = panels + EVEN;
  const panelsB = panelsA + HEIGHT * CUT * sizeof<T>();
  for (let j0 = 0; j0 < columns; ) {
    const wide = blockOf(columns - j0);
    for (let p0 = 0; p0 < k; ) {
      const deep = blockOf(k - p0);
      pack<T>(b + <usize>p0 * rowB + <usize>j0 * nextB, nextB, rowB, wide, deep, panelsB, width);
      const groups = wide / width;
      for (let top = 0; top < rows; top += HEIGHT) {
        const high = min(HEIGHT, rows - top);
        // A is packed once where it is in one piece.
        if (j0 === 0 || deep < k || high < rows) {
          pack<T>(a + <usize>top * rowA + <usize>p0 * nextA, rowA, nextA, high, deep, panelsA, ROWS);
        }
        for (let j = 0; j < wide; j += width) {
          const panelB = panelsB + <usize>j * deep * sizeof<T>();
          for (let i = 0; i < high; i += ROWS) {
            const panelA = panelsA + <usize>i * deep * sizeof<T>();
            const row = <usize>(top + i);
            const column = <usize>(j0 + j) * sizeof<T>();
            const to = c + row * lineC + column;
            const from = p0 > 0 ? to : init === 0 ? 0 : init + row * lineInit + column;
            const lineFrom = p0 > 0 ? lineC : lineInit;
            const left = high - i;
            if (left === 1) {
              tile1<T>(panelA, panelB, deep, factor, to, from);
              continue;
            }
            const kind = sizeof<T>() === 8 ? ALL_SINGLE : kindOf(i0 + top + i, n, m, first && j0 === 0);
            const upper = isPaired(kind, false, j / width, groups);
            const lower = isPaired(kind, true, j / width, groups);
            if (left > 2 && upper === lower) {
              if (upper) paired<T>(4, panelA, panelB, deep, even, factor, to, lineC, from, lineFrom);
              else tile4<T>(panelA, panelB, 0, deep, 0, factor, to, lineC, from, lineFrom);
              continue;
            }
            if (upper) paired<T>(2, panelA, panelB, deep, even, factor, to, lineC, from, lineFrom);
            else tile2<T>(panelA, panelB, 0, deep, 0, factor, to, lineC, from, lineFrom);
            if (left > 2) {
              const half = panelA + 2 * sizeof<T>();
              const below = to + 2 * lineC;
              const fromBelow = from === 0 ? <usize>0 : from + 2 * lineFrom;
              if (lower) paired<T>(2, half, panelB, deep, even, factor, below, lineC, fromBelow, lineFrom);
              else tile2<T>(half, panelB, 0, deep, 0, factor, below, lineC, fromBelow, lineFrom);
            }
          }
        }
      }
      p0 += deep;
    }
    j0 += wide;
  }
}

/**
 * Rows `i0 … i0 + rows` of C = init + alpha · A · B, where C is `n` rows high and `m` columns wide; the `columns` of this call are the
 * `first` ones of C, or not.
 *
 * @param a the first of these rows; its elements are `rowA` and `nextA` bytes apart. So is B: `rowB`, `nextB`
 * @param c rows of `lineC` bytes, a multiple of 32 at least as long as the columns; their number is rounded up to four
 * @param init what the product is added to, in rows of `lineInit` bytes (0: one for all); a null pointer for nothing
 * @param panels room for 368 × 320 elements and 128 bytes
 */
export function gemm32(
  a: usize,
  rowA: usize,
  nextA: usize,
  b: usize,
  rowB: usize,
  nextB: usize,
  c: usize,
  lineC: usize,
  init: usize,
  lineInit: usize,
  i0: i32,
  rows: i32,
  columns: i32,
  k: i32,
  n: i32,
  m: i32,
  first: bool,
  alpha: f32,
  panels: usize,
): void {
  gemm<f32>(a, rowA, nextA, b, rowB, nextB, c, lineC, init, lineInit, i0, rows, columns, k, n, m, first, alpha, panels);
}

export function gemm64(
  a: usize,
  rowA: usize,
  nextA: usize,
  b: usize,
  rowB: usize,
  nextB: usize,
  c: usize,
  lineC: usize,
  init: usize,
  lineInit: usize,
  i0: i32,
  rows: i32,
  columns: i32,
  k: i32,
  n: i32,
  m: i32,
  first: bool,
  alpha: f64,
  panels: usize,
): void {
  gemm<f64>(a, rowA, nextA, b, rowB, nextB, c, lineC, init, lineInit, i0, rows, columns, k, n, m, first, alpha, panels);
}
