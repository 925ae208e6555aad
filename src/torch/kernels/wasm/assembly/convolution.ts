/**
 * Convolutions without columns of patches: an output row is a matrix product whose right-hand rows are the input itself, read at a
 * table of offsets, one for each tap (a channel and a place in the kernel).
 *
 * Planes come padded and cut into phases, one for each remainder of a position by the stride, so that the neighbours of an element
 * are those of the output: four or eight outputs of a row are one or two vectors, whatever the stride.
 */
import { madd } from "./vectors";

/** Outputs of a row that are one vector. */
// @inline
function lanesOf<T>(): i32 {
  return 16 / sizeof<T>();
}

/**
 * A line of `count` elements, `step` elements apart, to a dense line; or, with `back`, from a dense one.
 */
// @inline
function copyLine<T>(from: usize, to: usize, count: i32, step: i32, back: bool): void {
  const far = <usize>step * sizeof<T>();
  let i = 0;
  if (step === 1) {
    for (; i + lanesOf<T>() <= count; i += lanesOf<T>(), from += 16, to += 16) v128.store(to, v128.load(from));
  }
  const nextFrom = back ? sizeof<T>() : far;
  const nextTo = back ? far : sizeof<T>();
  for (; i < count; i++, from += nextFrom, to += nextTo) store<T>(to, load<T>(from));
}

/** Where phase `phase` of an axis begins and how much of it there is: indices i with 0 ≤ i · stride + phase − padding < size. */
// @inline
function firstIn(phase: i32, stride: i32, padding: i32): i32 {
  const low = padding - phase;
  return low > 0 ? (low + stride - 1) / stride : 0;
}

// @inline
function endIn(phase: i32, stride: i32, padding: i32, size: i32, limit: i32): i32 {
  const high = size - 1 + padding - phase;
  return high < 0 ? 0 : min(high / stride + 1, limit);
}

/**
 * Dense planes into padded phases, or back: `[channels, d, h, w]` and `[channels, sd, sh, sw, pd, ph, pitch]`, zero where nothing is.
 * Of each line of a phase `pw` elements count.
 */
// @inline
function phases<T>(
  plane: usize,
  padded: usize,
  channels: i32,
  d: i32,
  h: i32,
  w: i32,
  sd: i32,
  sh: i32,
  sw: i32,
  padD: i32,
  padH: i32,
  padW: i32,
  pd: i32,
  ph: i32,
  pw: i32,
  pitch: i32,
  back: bool,
): void {
  const line = <usize>pitch * sizeof<T>();
  const one = line * ph * pd;
  const row = <usize>w * sizeof<T>();
  if (!back) memory.fill(padded, 0, one * sd * sh * sw * channels);
  for (let c = 0; c < channels; c++, plane += row * h * d) {
    for (let fd = 0; fd < sd; fd++) {
      for (let fh = 0; fh < sh; fh++) {
        for (let fw = 0; fw < sw; fw++, padded += one) {
          const first = firstIn(fw, sw, padW);
          const count = endIn(fw, sw, padW, w, pw) - first;
          if (count <= 0) continue;
          const endD = endIn(fd, sd, padD, d, pd);
          const endH = endIn(fh, sh, padH, h, ph);
          for (let i = firstIn(fd, sd, padD); i < endD; i++) {
            for (let j = firstIn(fh, sh, padH); j < endH; j++) {
              const y = (i * sd + fd - padD) * h + j * sh + fh - padH;
              const dense = plane + <usize>y * row + <usize>(first * sw + fw - padW) * sizeof<T>();
              const cut = padded + <usize>(i * ph + j) * line + <usize>first * sizeof<T>();
              if (back) copyLine<T>(cut, dense, count, sw, true);
              else copyLine<T>(dense, cut, count, sw, false);
            }
          }
        }
      }
    }
  }
}

/** Four channels and eight (or, without `wide`, four) outputs of a row, each a chain over the taps that begins with its channel's bias. */
// @inline
function outputs<T>(
  x: usize,
  offsets: usize,
  taps: i32,
  w: usize,
  bias: usize,
  out: usize,
  plane: usize,
  wide: bool,
): void {
  let c00 = v128.load_splat<T>(bias);
  let c01 = c00;
  let c10 = v128.load_splat<T>(bias, sizeof<T>());
  let c11 = c10;
  let c20 = v128.load_splat<T>(bias, 2 * sizeof<T>());
  let c21 = c20;
  let c30 = v128.load_splat<T>(bias, 3 * sizeof<T>());
  let c31 = c30;
  for (const end = offsets + ((<usize>taps) << 2); offsets < end; offsets += 4, w += 4 * sizeof<T>()) {
    const at = x + load<u32>(offsets);
    const b0 = v128.load(at);
    const w0 = v128.load_splat<T>(w);
    const w1 = v128.load_splat<T>(w, sizeof<T>());
    const w2 = v128.load_splat<T>(w, 2 * sizeof<T>());
    const w3 = v128.load_splat<T>(w, 3 * sizeof<T>());
    c00 = madd<T>(w0, b0, c00);
    c10 = madd<T>(w1, b0, c10);
    c20 = madd<T>(w2, b0, c20);
    c30 = madd<T>(w3, b0, c30);
    if (wide) {
      const b1 = v128.load(at, 16);
      c01 = madd<T>(w0, b1, c01);
      c11 = madd<T>(w1, b1, c11);
      c21 = madd<T>(w2, b1, c21);
      c31 = madd<T>(w3, b1, c31);
    }
  }
  v128.store(out, c00);
  v128.store(out + plane, c10);
  v128.store(out + 2 * plane, c20);
  v128.store(out + 3 * plane, c30);
  if (wide) {
    v128.store(out, c01, 16);
    v128.store(out + plane, c11, 16);
    v128.store(out + 2 * plane, c21, 16);
    v128.store(out + 3 * plane, c31, 16);
  }
}

// @inline
function convolve<T>(
  x: usize,
  bases: usize,
  rows: i32,
  vectors: i32,
  offsets: usize,
  taps: i32,
  w: usize,
  panels: i32,
  bias: usize,
  out: usize,
  line: usize,
  plane: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const row = x + load<u32>(bases + ((<usize>r) << 2));
    for (let c = 0; c < panels; c++) {
      const weights = w + <usize>(c * taps) * (4 * sizeof<T>());
      const to = out + <usize>r * line + <usize>c * 4 * plane;
      const own = bias + <usize>c * (4 * sizeof<T>());
      let v = 0;
      for (; v + 2 <= vectors; v += 2) {
        outputs<T>(row + ((<usize>v) << 4), offsets, taps, weights, own, to + ((<usize>v) << 4), plane, true);
      }
      if (v < vectors) {
        outputs<T>(row + ((<usize>v) << 4), offsets, taps, weights, own, to + ((<usize>v) << 4), plane, false);
      }
    }
  }
}

/** Two vectors of channels and four taps at a time: each sum is one chain over rows and their elements. */
// @inline
function correlate<T>(
  x: usize,
  bases: usize,
  rows: i32,
  width: i32,
  offsets: usize,
  taps: i32,
  dy: usize,
  vectors: i32,
  out: usize,
): void {
  const plane = (<usize>(rows * width)) << 4;
  for (let v = 0; v < vectors; v += 2) {
    const paired = v + 1 < vectors;
    const next = paired ? plane : 0;
    for (let t = 0; t < taps; t += 4) {
      const last = taps - t - 1;
      const at = offsets + ((<usize>t) << 2);
      const first = load<u32>(at);
      const second = load<u32>(at + ((<usize>min(1, last)) << 2));
      const third = load<u32>(at + ((<usize>min(2, last)) << 2));
      const fourth = load<u32>(at + ((<usize>min(3, last)) << 2));
      const to = out + ((<usize>(v * taps + t)) << 4);
      const below = to + ((<usize>(paired ? taps : 0)) << 4);
      let c00 = v128.load(to);
      let c01 = v128.load(to, 16);
      let c02 = v128.load(to, 32);
      let c03 = v128.load(to, 48);
      let c10 = v128.load(below);
      let c11 = v128.load(below, 16);
      let c12 = v128.load(below, 32);
      let c13 = v128.load(below, 48);
      let grad = dy + <usize>v * plane;
      for (let r = 0; r < rows; r++) {
        let at = x + load<u32>(bases + ((<usize>r) << 2));
        for (const end = grad + ((<usize>width) << 4); grad < end; grad += 16, at += sizeof<T>()) {
          const g0 = v128.load(grad);
          const g1 = v128.load(grad + next);
          const b0 = v128.load_splat<T>(at + first);
          c00 = madd<T>(g0, b0, c00);
          c10 = madd<T>(g1, b0, c10);
          const b1 = v128.load_splat<T>(at + second);
          c01 = madd<T>(g0, b1, c01);
          c11 = madd<T>(g1, b1, c11);
          const b2 = v128.load_splat<T>(at + third);
          c02 = madd<T>(g0, b2, c02);
          c12 = madd<T>(g1, b2, c12);
          const b3 = v128.load_splat<T>(at + fourth);
          c03 = madd<T>(g0, b3, c03);
          c13 = madd<T>(g1, b3, c13);
        }
      }
      v128.store(to, c00);
      if (last > 0) v128.store(to, c01, 16);
      if (last > 1) v128.store(to, c02, 32);
      if (last > 2) v128.store(to, c03, 48);
      if (!paired) continue;
      v128.store(below, c10);
      if (last > 0) v128.store(below, c11, 16);
      if (last > 1) v128.store(below, c12, 32);
      if (last > 2) v128.store(below, c13, 48);
    }
  }
}

/** Dense planes into padded phases. */
export function cut32(
  plane: usize,
  padded: usize,
  channels: i32,
  d: i32,
  h: i32,
  w: i32,
  sd: i32,
  sh: i32,
  sw: i32,
  padD: i32,
  padH: i32,
  padW: i32,
  pd: i32,
  ph: i32,
  pw: i32,
  pitch: i32,
): void {
  phases<f32>(plane, padded, channels, d, h, w, sd, sh, sw, padD, padH, padW, pd, ph, pw, pitch, false);
}

/** The same for doubles. */
export function cut64(
  plane: usize,
  padded: usize,
  channels: i32,
  d: i32,
  h: i32,
  w: i32,
  sd: i32,
  sh: i32,
  sw: i32,
  padD: i32,
  padH: i32,
  padW: i32,
  pd: i32,
  ph: i32,
  pw: i32,
  pitch: i32,
): void {
  phases<f64>(plane, padded, channels, d, h, w, sd, sh, sw, padD, padH, padW, pd, ph, pw, pitch, false);
}

/** Padded phases into dense planes; what is in no phase stays. */
export function join32(
  plane: usize,
  padded: usize,
  channels: i32,
  d: i32,
  h: i32,
  w: i32,
  sd: i32,
  sh: i32,
  sw: i32,
  padD: i32,
  padH: i32,
  padW: i32,
  pd: i32,
  ph: i32,
  pw: i32,
  pitch: i32,
): void {
  phases<f32>(plane, padded, channels, d, h, w, sd, sh, sw, padD, padH, padW, pd, ph, pw, pitch, true);
}

/** The same for doubles. */
export function join64(
  plane: usize,
  padded: usize,
  channels: i32,
  d: i32,
  h: i32,
  w: i32,
  sd: i32,
  sh: i32,
  sw: i32,
  padD: i32,
  padH: i32,
  padW: i32,
  pd: i32,
  ph: i32,
  pw: i32,
  pitch: i32,
): void {
  phases<f64>(plane, padded, channels, d, h, w, sd, sh, sw, padD, padH, padW, pd, ph, pw, pitch, true);
}

/**
 * Output rows of `vectors` vectors each, for `panels` times four channels.
 *
 * @param bases where each row begins in x, in bytes; `offsets` how far each tap is from there
 * @param w panels of four channels, tap after tap; `bias` a number for each channel
 * @param out planes of `plane` bytes in lines of `line` bytes
 */
export function convolve32(
  x: usize,
  bases: usize,
  rows: i32,
  vectors: i32,
  offsets: usize,
  taps: i32,
  w: usize,
  panels: i32,
  bias: usize,
  out: usize,
  line: usize,
  plane: usize,
): void {
  convolve<f32>(x, bases, rows, vectors, offsets, taps, w, panels, bias, out, line, plane);
}

/** The same for doubles. */
export function convolve64(
  x: usize,
  bases: usize,
  rows: i32,
  vectors: i32,
  offsets: usize,
  taps: i32,
  w: usize,
  panels: i32,
  bias: usize,
  out: usize,
  line: usize,
  plane: usize,
): void {
  convolve<f64>(x, bases, rows, vectors, offsets, taps, w, panels, bias, out, line, plane);
}

/**
 * out[vector, tap] += Σ over rows and their elements of dy[vector] · x at the tap, a vector of channels each: the gradient of a
 * weight. Rows have `width` elements; behind `out` there is room for three vectors.
 */
export function correlate32(
  x: usize,
  bases: usize,
  rows: i32,
  width: i32,
  offsets: usize,
  taps: i32,
  dy: usize,
  vectors: i32,
  out: usize,
): void {
  correlate<f32>(x, bases, rows, width, offsets, taps, dy, vectors, out);
}

/** The same for doubles. */
export function correlate64(
  x: usize,
  bases: usize,
  rows: i32,
  width: i32,
  offsets: usize,
  taps: i32,
  dy: usize,
  vectors: i32,
  out: usize,
): void {
  correlate<f64>(x, bases, rows, width, offsets, taps, dy, vectors, out);
}
