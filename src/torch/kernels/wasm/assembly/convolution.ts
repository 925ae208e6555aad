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

/** Four channels and eight (or, without `wide`, four) outputs of a row, each a chain over the taps, and their channel's bias at the end. */
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
  let c00 = v128.splat<T>(0);
  let c01 = v128.splat<T>(0);
  let c10 = v128.splat<T>(0);
  let c11 = v128.splat<T>(0);
  let c20 = v128.splat<T>(0);
  let c21 = v128.splat<T>(0);
  let c30 = v128.splat<T>(0);
  let c31 = v128.splat<T>(0);
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
  const b0 = v128.load_splat<T>(bias);
  const b1 = v128.load_splat<T>(bias, sizeof<T>());
  const b2 = v128.load_splat<T>(bias, 2 * sizeof<T>());
  const b3 = v128.load_splat<T>(bias, 3 * sizeof<T>());
  v128.store(out, v128.add<T>(c00, b0));
  v128.store(out + plane, v128.add<T>(c10, b1));
  v128.store(out + 2 * plane, v128.add<T>(c20, b2));
  v128.store(out + 3 * plane, v128.add<T>(c30, b3));
  if (wide) {
    v128.store(out, v128.add<T>(c01, b0), 16);
    v128.store(out + plane, v128.add<T>(c11, b1), 16);
    v128.store(out + 2 * plane, v128.add<T>(c21, b2), 16);
    v128.store(out + 3 * plane, v128.add<T>(c31, b3), 16);
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

/** The sum of a vector's lanes. */
// @inline
function sumOf<T>(v: v128): T {
  if (sizeof<T>() === 8) return <T>(f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1));
  return <T>(
    (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2) + (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3)))
  );
}

/** to += the sum of a vector's lanes. */
// @inline
function addSum<T>(to: usize, v: v128): void {
  store<T>(to, load<T>(to) + sumOf<T>(v));
}

/** All bits of the lanes below `count`. */
// @inline
function lanesBelow<T>(count: i32): v128 {
  if (sizeof<T>() === 8) return i32x4.lt_s(i32x4(0, 0, 1, 1), i32x4.splat(count));
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

// @inline
function correlate<T>(
  x: usize,
  bases: usize,
  rows: i32,
  width: i32,
  offsets: usize,
  taps: i32,
  dy: usize,
  line: usize,
  plane: usize,
  panels: i32,
  out: usize,
): void {
  const next = <usize>taps * sizeof<T>();
  const full = width & -lanesOf<T>();
  const tail = width - full;
  const inside = lanesBelow<T>(tail);
  for (let c = 0; c < panels; c++) {
    const top = dy + <usize>c * 4 * plane;
    for (let t = 0; t < taps; t += 2) {
      const first = load<u32>(offsets + ((<usize>t) << 2));
      const both = t + 1 < taps;
      const second = both ? load<u32>(offsets + ((<usize>t) << 2), 4) : first;
      let c00 = v128.splat<T>(0);
      let c01 = v128.splat<T>(0);
      let c10 = v128.splat<T>(0);
      let c11 = v128.splat<T>(0);
      let c20 = v128.splat<T>(0);
      let c21 = v128.splat<T>(0);
      let c30 = v128.splat<T>(0);
      let c31 = v128.splat<T>(0);
      for (let r = 0; r < rows; r++) {
        let at = top + <usize>r * line;
        const base = x + load<u32>(bases + ((<usize>r) << 2));
        let one = base + first;
        let two = base + second;
        for (const end = at + <usize>full * sizeof<T>(); at < end; at += 16, one += 16, two += 16) {
          const b0 = v128.load(one);
          const b1 = v128.load(two);
          const g0 = v128.load(at);
          c00 = madd<T>(g0, b0, c00);
          c01 = madd<T>(g0, b1, c01);
          const g1 = v128.load(at + plane);
          c10 = madd<T>(g1, b0, c10);
          c11 = madd<T>(g1, b1, c11);
          const g2 = v128.load(at + 2 * plane);
          c20 = madd<T>(g2, b0, c20);
          c21 = madd<T>(g2, b1, c21);
          const g3 = v128.load(at + 3 * plane);
          c30 = madd<T>(g3, b0, c30);
          c31 = madd<T>(g3, b1, c31);
        }
        if (tail > 0) {
          const b0 = v128.and(v128.load(one), inside);
          const b1 = v128.and(v128.load(two), inside);
          const g0 = v128.load(at);
          c00 = madd<T>(g0, b0, c00);
          c01 = madd<T>(g0, b1, c01);
          const g1 = v128.load(at + plane);
          c10 = madd<T>(g1, b0, c10);
          c11 = madd<T>(g1, b1, c11);
          const g2 = v128.load(at + 2 * plane);
          c20 = madd<T>(g2, b0, c20);
          c21 = madd<T>(g2, b1, c21);
          const g3 = v128.load(at + 3 * plane);
          c30 = madd<T>(g3, b0, c30);
          c31 = madd<T>(g3, b1, c31);
        }
      }
      let to = out + <usize>c * 4 * next + <usize>t * sizeof<T>();
      addSum<T>(to, c00);
      addSum<T>(to + next, c10);
      addSum<T>(to + 2 * next, c20);
      addSum<T>(to + 3 * next, c30);
      if (both) {
        to += sizeof<T>();
        addSum<T>(to, c01);
        addSum<T>(to + next, c11);
        addSum<T>(to + 2 * next, c21);
        addSum<T>(to + 3 * next, c31);
      }
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
 * out[channel, tap] += Σ over rows and their elements of dy[channel] · x at the tap: the gradient of a weight. Rows have
 * `width` elements; what is in dy's lines behind them must be zero.
 */
export function correlate32(
  x: usize,
  bases: usize,
  rows: i32,
  width: i32,
  offsets: usize,
  taps: i32,
  dy: usize,
  line: usize,
  plane: usize,
  panels: i32,
  out: usize,
): void {
  correlate<f32>(x, bases, rows, width, offsets, taps, dy, line, plane, panels, out);
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
  line: usize,
  plane: usize,
  panels: i32,
  out: usize,
): void {
  correlate<f64>(x, bases, rows, width, offsets, taps, dy, line, plane, panels, out);
}
