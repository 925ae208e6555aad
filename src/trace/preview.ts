import type { Tensor } from "../torch/tensor";
import type { Preview } from "./model";
import { toNum } from "./num";
import { elements } from "./statistics";

/** Rows and columns at most. */
const SIDE = 32;

/** The means of equal blocks of a matrix, by which it can be drawn; none of what is no matrix, leading sizes of 1 aside. */
export function previewOf(tensor: Tensor): Preview | undefined {
  const long = tensor.shape.filter((size) => size > 1);
  if (long.length !== 2) return undefined;
  const [rows, columns] = long as [number, number];
  const shape: [number, number] = [Math.min(rows, SIDE), Math.min(columns, SIDE)];
  const sums = new Float64Array(shape[0] * shape[1]);
  const counts = new Float64Array(sums.length);
  const values = elements(tensor);
  for (let row = 0; row < rows; row++) {
    const blockRow = Math.floor((row * shape[0]) / rows) * shape[1];
    for (let column = 0; column < columns; column++) {
      const block = blockRow + Math.floor((column * shape[1]) / columns);
      sums[block]! += values[row * columns + column]!;
      counts[block]!++;
    }
  }
  return { shape, values: Array.from(sums, (sum, i) => toNum(Number((sum / counts[i]!).toPrecision(4)))) };
}
