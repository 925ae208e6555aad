/** Maxima of windows of float32 in WASM, as many planes at a time as scratch memory is meant for. */
import { BLOCK, type Kernels } from ".";

export interface PoolingFunctions {
  max_squares32(
    from: number,
    planes: number,
    height: number,
    width: number,
    rows: number,
    columns: number,
    values: number,
    places: number,
  ): void;
}

/**
 * The maxima of `rows` by `columns` windows of two by two, side by side, in each plane of `height` by `width` floats, and where
 * in the plane each is.
 */
export function maxSquaresOfPlanes(
  wasm: Kernels,
  x: Float32Array,
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [number, number],
  values: Float32Array,
  places: Float64Array,
): void {
  const plane = height * width;
  const count = rows * columns;
  const planes = values.length / count;
  const most = Math.min(planes, Math.max(1, Math.floor(BLOCK / (4 * plane))));
  const mark = wasm.mark();
  const [from, best, at] = [wasm.take(4 * most * plane), wasm.take(4 * most * count), wasm.take(8 * most * count)];
  const { f32, f64, call } = wasm;
  for (let p = 0; p < planes; p += most) {
    const some = Math.min(most, planes - p);
    f32.set(x.subarray(p * plane, (p + some) * plane), from >> 2);
    call.max_squares32(from, some, height, width, rows, columns, best, at);
    values.set(f32.subarray(best >> 2, (best >> 2) + some * count), p * count);
    places.set(f64.subarray(at >> 3, (at >> 3) + some * count), p * count);
  }
  wasm.release(mark);
}
