/** Discrete Fourier transforms of complex rows, in doubles. */

/** X_k = Σ x_j e^(∓2πi jk / n) in place; no scaling. */
export function transform(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const n = re.length;
  if (n <= 1) return;
  if ((n & (n - 1)) === 0) radix2(re, im, inverse);
  else if (n <= 48) direct(re, im, inverse);
  else bluestein(re, im, inverse);
}

function radix2(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    for (let k = 0; k < half; k++) {
      const angle = ((inverse ? 2 : -2) * Math.PI * k) / size;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let i = k; i < n; i += size) {
        const j = i + half;
        const x = re[j] * c - im[j] * s;
        const y = re[j] * s + im[j] * c;
        re[j] = re[i] - x;
        im[j] = im[i] - y;
        re[i] += x;
        im[i] += y;
      }
    }
  }
}

function direct(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const n = re.length;
  const [a, b] = [re.slice(), im.slice()];
  const angle = ((inverse ? 2 : -2) * Math.PI) / n;
  for (let k = 0; k < n; k++) {
    let x = 0;
    let y = 0;
    for (let j = 0; j < n; j++) {
      const t = angle * ((j * k) % n);
      const [c, s] = [Math.cos(t), Math.sin(t)];
      x += a[j] * c - b[j] * s;
      y += a[j] * s + b[j] * c;
    }
    re[k] = x;
    im[k] = y;
  }
}

/** Any length as a convolution with a chirp, of a power of two. */
function bluestein(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const n = re.length;
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const angle = (Math.PI * ((i * i) % (2 * n))) / n;
    cos[i] = Math.cos(angle);
    sin[i] = inverse ? -Math.sin(angle) : Math.sin(angle);
  }
  const [ar, ai, br, bi] = [0, 0, 0, 0].map(() => new Float64Array(m));
  for (let i = 0; i < n; i++) {
    ar[i] = re[i] * cos[i] + im[i] * sin[i];
    ai[i] = im[i] * cos[i] - re[i] * sin[i];
    br[i] = cos[i];
    bi[i] = sin[i];
    if (i > 0) {
      br[m - i] = cos[i];
      bi[m - i] = sin[i];
    }
  }
  radix2(ar, ai, false);
  radix2(br, bi, false);
  for (let i = 0; i < m; i++) {
    const x = ar[i] * br[i] - ai[i] * bi[i];
    ai[i] = ar[i] * bi[i] + ai[i] * br[i];
    ar[i] = x;
  }
  radix2(ar, ai, true);
  for (let i = 0; i < n; i++) {
    const [x, y] = [ar[i] / m, ai[i] / m];
    re[i] = x * cos[i] + y * sin[i];
    im[i] = y * cos[i] - x * sin[i];
  }
}

/** A complex array with dimensions. */
export interface Spectrum {
  re: Float64Array;
  im: Float64Array;
  shape: number[];
}

/** Transforms along one dimension, in place. */
export function transformAlong({ re, im, shape }: Spectrum, dim: number, inverse: boolean): void {
  const n = shape[dim];
  const inner = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, dim).reduce((a, b) => a * b, 1);
  const [x, y] = [new Float64Array(n), new Float64Array(n)];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = o * n * inner + i;
      for (let k = 0; k < n; k++) {
        x[k] = re[at + k * inner];
        y[k] = im[at + k * inner];
      }
      transform(x, y, inverse);
      for (let k = 0; k < n; k++) {
        re[at + k * inner] = x[k];
        im[at + k * inner] = y[k];
      }
    }
  }
}

/** One dimension made `to` long: cut off, or filled with zeros. */
export function resized({ re, im, shape }: Spectrum, dim: number, to: number): Spectrum {
  const from = shape[dim];
  if (from === to) return { re, im, shape };
  const inner = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, dim).reduce((a, b) => a * b, 1);
  const out = { re: new Float64Array(outer * to * inner), im: new Float64Array(outer * to * inner) };
  const run = Math.min(from, to) * inner;
  for (let o = 0; o < outer; o++) {
    const start = o * from * inner;
    out.re.set(re.subarray(start, start + run), o * to * inner);
    out.im.set(im.subarray(start, start + run), o * to * inner);
  }
  return { ...out, shape: shape.with(dim, to) };
}
