/** Windows that pick their largest element, and what goes back through the picks. */
import { float32, int64 } from "../dtype";
import { numel } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { elements, integers } from "./copy";
import { kernelsFor } from "./wasm/elementwise";
import { maxSquaresOfPlanes } from "./wasm/pooling";

/** Along one dimension: where each window's positions stand. */
export interface Windows {
  readonly count: number;
  /** First position of window i, in steps of `step`, up to `end(i)`. */
  start(i: number, plane: number): number;
  end(i: number, plane: number): number;
  readonly step: number;
  /** Whether they stand elsewhere in each plane. */
  readonly differ?: boolean;
}

/** First position and end of each window, one after the other. */
function bounds(windows: Windows, plane: number, out: Int32Array): void {
  for (let i = 0; i < windows.count; i++) {
    out[2 * i] = windows.start(i, plane);
    out[2 * i + 1] = windows.end(i, plane);
  }
}

/** The largest element of each window of the last dimensions, and its position in its plane. NaN wins. */
export function maxWindows(x: Tensor, windows: readonly Windows[]): [Tensor, Tensor] {
  const n = windows.length;
  const size = x.shape.slice(-n);
  const lead = x.shape.slice(0, -n);
  const [D, H, W] = [...new Array<number>(3 - n).fill(1), ...size];
  const one: Windows = { count: 1, start: () => 0, end: () => 1, step: 1 };
  const [wd, wh, ww] = [...new Array<Windows>(3 - n).fill(one), ...windows];
  const shape = [...lead, ...windows.map((w) => w.count)];
  const values = allocate(shape, x.dtype);
  const indices = allocate(shape, int64);
  const data = elements(x);
  const found = values.storageOf.data;
  const places = indices.storageOf.data;
  const plane = D * H * W;
  const [depth, height, width] = [wd, wh, ww].map(({ count }) => new Int32Array(2 * count));
  const differ = windows.some((w) => w.differ);
  if (n === 2 && !differ && x.dtype === float32) {
    bounds(wh, 0, height);
    bounds(ww, 0, width);
    const wasm = isTiled(height, wh) && isTiled(width, ww) ? kernelsFor(found.length) : null;
    if (wasm !== null) {
      const floats = data as Float32Array;
      maxSquaresOfPlanes(wasm, floats, [H, W], [wh.count, ww.count], found as Float32Array, places as Float64Array);
      return [values, indices];
    }
  }
  for (let p = 0, to = 0; p < numel(lead); p++) {
    const base = p * plane;
    if (p === 0 || differ) {
      bounds(wd, p, depth);
      bounds(wh, p, height);
      bounds(ww, p, width);
    }
    if (n === 2 && isSquare(height, wh) && isSquare(width, ww) && data instanceof Float32Array) {
      maxSquares(data, base, W, height, width, found as Float32Array, places as Float64Array, to);
      to += wh.count * ww.count;
      continue;
    }
    for (let od = 0; od < depth.length; od += 2) {
      for (let oh = 0; oh < height.length; oh += 2) {
        for (let ow = 0; ow < width.length; ow += 2, to++) {
          const last = width[ow + 1];
          let best = Number.NEGATIVE_INFINITY;
          let at = -1;
          for (let d = depth[od]; d < depth[od + 1]; d += wd.step) {
            for (let h = height[oh]; h < height[oh + 1]; h += wh.step) {
              const row = base + (d * H + h) * W;
              for (let i = row + width[ow], end = row + last; i < end; i += ww.step) {
                const v = data[i];
                if (v > best || at < 0 || Number.isNaN(v)) {
                  best = v;
                  at = i;
                }
              }
            }
          }
          found[to] = best;
          places[to] = at < 0 ? at : at - base;
        }
      }
    }
  }
  return [values, indices];
}

/** Whether every window has two neighbours. */
function isSquare(bounds: Int32Array, { step }: Windows): boolean {
  for (let i = 0; i < bounds.length; i += 2) if (bounds[i + 1] - bounds[i] !== 2) return false;
  return step === 1;
}

/** Whether they have two neighbours each, and stand side by side. */
const isTiled = (bounds: Int32Array, windows: Windows): boolean =>
  isSquare(bounds, windows) && bounds.every((at, i) => at === i + (i % 2));

/** The everyday windows of two by two, of one plane. */
function maxSquares(
  data: Float32Array,
  base: number,
  W: number,
  height: Int32Array,
  width: Int32Array,
  found: Float32Array,
  places: Float64Array,
  to: number,
): void {
  for (let h = 0; h < height.length; h += 2) {
    const row = base + height[h] * W;
    for (let w = 0; w < width.length; w += 2, to++) {
      const i = row + width[w];
      let best = data[i];
      let at = i;
      let v = data[i + 1];
      // biome-ignore-start lint/suspicious/noSelfCompare: only NaN differs from itself
      if (v > best || v !== v) {
        best = v;
        at = i + 1;
      }
      v = data[i + W];
      if (v > best || v !== v) {
        best = v;
        at = i + W;
      }
      v = data[i + W + 1];
      if (v > best || v !== v) {
        best = v;
        at = i + W + 1;
      }
      // biome-ignore-end lint/suspicious/noSelfCompare: only NaN differs from itself
      found[to] = best;
      places[to] = at - base;
    }
  }
}

/** Adds (or sets) each element at its index in a plane of `size`: `[lead, windows] → [lead, size]`. */
export function intoPlanes(g: Tensor, indices: Tensor, size: readonly number[], add: boolean): Tensor {
  const lead = g.shape.slice(0, g.ndim - size.length);
  const out = allocate([...lead, ...size], g.dtype);
  const from = elements(g);
  const at = integers(indices);
  const plane = numel(size);
  const count = numel(g.shape.slice(g.ndim - size.length));
  const to = out.storageOf.data;
  if (add && to instanceof Float32Array && at instanceof Float64Array) {
    addFloats(from as Float32Array, at, to, count, plane);
    return out;
  }
  for (let p = 0, i = 0; p < numel(lead); p++) {
    for (let k = 0; k < count; k++, i++) {
      const place = p * plane + at[i];
      if (add) to[place] += from[i];
      else to[place] = from[i];
    }
  }
  return out;
}

function addFloats(from: Float32Array, at: Float64Array, to: Float32Array, count: number, plane: number): void {
  for (let i = 0, base = 0; i < from.length; base += plane) {
    for (const end = i + count; i < end; i++) to[base + at[i]] += from[i];
  }
}

/** Reads each index from its plane: `[lead, size] → [lead, windows]`. */
export function fromPlanes(x: Tensor, indices: Tensor, n: number): Tensor {
  const out = allocate(indices.shape, x.dtype);
  const from = elements(x);
  const at = integers(indices);
  const plane = numel(x.shape.slice(-n));
  const count = numel(indices.shape.slice(-n));
  for (let i = 0; i < at.length; i++) out.storageOf.data[i] = from[Math.floor(i / count) * plane + at[i]];
  return out;
}
