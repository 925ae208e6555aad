/**
 * Linear maps along single dimensions, one after another: interpolation and padding are such maps. Sums are added up in the order of
 * PyTorch's loops.
 */
import { float32, type TypedArray } from "../dtype";
import { numel } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { elements } from "./copy";

/** A sparse matrix `[to, from]`, row by row. */
export interface LinearMap {
  readonly from: number;
  readonly to: number;
  /** Entries of row i stand from `start[i]` up to `start[i + 1]`. */
  readonly start: Int32Array;
  readonly index: Int32Array;
  readonly weight: Float64Array;
}

/** Builds a map: `row(i, add)` names what flows into output i. */
export function linearMap(
  from: number,
  to: number,
  row: (i: number, add: (index: number, weight: number) => void) => void,
): LinearMap {
  const start = new Int32Array(to + 1);
  const index: number[] = [];
  const weight: number[] = [];
  for (let i = 0; i < to; i++) {
    row(i, (j, w) => {
      index.push(j);
      weight.push(w);
    });
    start[i + 1] = index.length;
  }
  return { from, to, start, index: Int32Array.from(index), weight: Float64Array.from(weight) };
}

/** Applies one map to each of the last dimensions, the last one first. Sums are chains of multiply–adds in the tensor's dtype. */
export function applyMaps(t: Tensor, maps: readonly LinearMap[]): Tensor {
  const lead = t.ndim - maps.length;
  let shape = [...t.shape];
  let data = elements(t);
  for (let k = maps.length - 1; k >= 0; k--) {
    const d = lead + k;
    const outer = numel(shape.slice(0, d));
    const inner = numel(shape.slice(d + 1));
    const out = t.dtype.allocate(outer * maps[k].to * inner);
    applyAlong(data, maps[k], outer, inner, out);
    data = out;
    shape = shape.with(d, maps[k].to);
  }
  const out = allocate(shape, t.dtype);
  out.storageOf.data.set(data);
  return out;
}

/** The derivative of `applyMaps`: every number goes back to all that it was made of, one after the other. */
export function spreadMaps(t: Tensor, maps: readonly LinearMap[]): Tensor {
  const lead = numel(t.shape.slice(0, t.ndim - maps.length));
  const out = allocate([...t.shape.slice(0, t.ndim - maps.length), ...maps.map((m) => m.from)], t.dtype);
  const from = elements(t);
  const to = out.storageOf.data;
  const round = t.dtype === float32 ? Math.fround : (x: number) => x;
  let read = 0;
  /** All of what dimension d on adds below the place `at` of the dimensions before, whose weights are multiplied. */
  const spread = (d: number, places: readonly number[], weights: readonly number[]): void => {
    const { to: count, from: size, start, index, weight } = maps[d];
    for (let i = 0; i < count; i++) {
      const [first, last] = [start[i], start[i + 1]];
      if (d < maps.length - 1) {
        const nextPlaces: number[] = [];
        const nextWeights: number[] = [];
        for (const [p, place] of places.entries()) {
          for (let k = first; k < last; k++) {
            nextPlaces.push(place * size + index[k]);
            nextWeights.push(round(weights[p] * weight[k]));
          }
        }
        spread(d + 1, nextPlaces, nextWeights);
        continue;
      }
      const g = from[read++];
      for (let p = 0; p < places.length; p++) {
        for (let k = first; k < last; k++) {
          const at = places[p] * size + index[k];
          to[at] += round(weights[p] * weight[k]) * g;
        }
      }
    }
  };
  for (let n = 0; n < lead; n++) spread(0, [n], [1]);
  return out;
}

function applyAlong(data: TypedArray, map: LinearMap, outer: number, inner: number, out: TypedArray): void {
  const { from, to, start, index, weight } = map;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const at = (o * to + i) * inner;
      const [first, count] = [start[i], start[i + 1] - start[i]];
      for (let n = 0; n < count; n++) {
        // a u + b v is fma(a, u, b v): of the first two products the second is rounded by itself.
        const k = first + (n < 2 && count > 1 ? 1 - n : n);
        const source = (o * from + index[k]) * inner;
        const w = weight[k];
        for (let j = 0; j < inner; j++) out[at + j] += w * data[source + j];
      }
    }
  }
}
