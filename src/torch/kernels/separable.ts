/**
 * Linear maps along single dimensions, one after another: interpolation, average pooling and padding are all such maps,
 * and their derivatives are the transposed ones.
 */
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

/** The map of the derivative. */
export function transposeMap(map: LinearMap): LinearMap {
  const rows: [number, number][][] = Array.from({ length: map.from }, () => []);
  for (let i = 0; i < map.to; i++) {
    for (let k = map.start[i]; k < map.start[i + 1]; k++) rows[map.index[k]].push([i, map.weight[k]]);
  }
  return linearMap(map.to, map.from, (i, add) => {
    for (const [j, w] of rows[i]) add(j, w);
  });
}

/** Applies one map to each of the last dimensions. Sums run in doubles. */
export function applyMaps(t: Tensor, maps: readonly LinearMap[]): Tensor {
  const lead = t.ndim - maps.length;
  let shape = [...t.shape];
  let data: ArrayLike<number> = elements(t);
  maps.forEach((map, k) => {
    const d = lead + k;
    const outer = numel(shape.slice(0, d));
    const inner = numel(shape.slice(d + 1));
    data = applyAlong(data, map, outer, inner);
    shape = shape.with(d, map.to);
  });
  const out = allocate(shape, t.dtype);
  out.storageOf.data.set(data);
  return out;
}

function applyAlong(data: ArrayLike<number>, map: LinearMap, outer: number, inner: number): Float64Array {
  const { from, to, start, index, weight } = map;
  const out = new Float64Array(outer * to * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      if (inner === 1) {
        let sum = 0;
        for (let k = start[i]; k < start[i + 1]; k++) sum += weight[k] * data[o * from + index[k]];
        out[o * to + i] = sum;
        continue;
      }
      const at = (o * to + i) * inner;
      for (let k = start[i]; k < start[i + 1]; k++) {
        const source = (o * from + index[k]) * inner;
        const w = weight[k];
        for (let j = 0; j < inner; j++) out[at + j] += w * data[source + j];
      }
    }
  }
  return out;
}
