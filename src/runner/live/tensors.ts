/** Tensors as answers tell them: facts, a part of the values, a picture of all. */
import { elementFormat, type Formatter } from "../../torch/printing";
import type { Tensor } from "../../torch/tensor";
import { toNum } from "../../trace/num";
import { elements, numbersOf } from "../../trace/statistics";
import { AnswerError, type Elements, type Picture, type TensorFacts, type TensorRef, type Values } from "../questions";

/** Elements that one answer carries. */
const CELLS_MAX = 1 << 16;

export function factsOf(ref: TensorRef, tensor: Tensor): TensorFacts {
  const { text, stats } = numbersOf([tensor]);
  return { ref, shape: [...tensor.shape], dtype: String(tensor.dtype).replace("torch.", ""), text, stats };
}

/** Elements that are told of one tensor: some 40 MB of text. */
const ELEMENTS_MAX = 1 << 21;

export function elementsOf(tensor: Tensor, gradient: Tensor | null): Elements {
  if (tensor.numel() > ELEMENTS_MAX) {
    const most = ELEMENTS_MAX.toLocaleString("en");
    throw new AnswerError(
      "large",
      `More than ${most} elements at once: take a part of it, or write it with torch.save()`,
    );
  }
  const all = (of: Tensor) => Array.from(elements(of), (x) => toNum(Number(x)));
  return { values: all(tensor), ...(gradient ? { gradient: all(gradient) } : {}) };
}

/** The matrix of the last two dimensions, the leading ones fixed; a vector is a column, a scalar one element. */
interface Matrix {
  tensor: Tensor;
  rows: number;
  columns: number;
  at(row: number, column: number): number;
}

function matrixOf(tensor: Tensor, at: readonly number[]): Matrix {
  const lead = Math.max(0, tensor.ndim - 2);
  const fixed = Array.from({ length: lead }, (_, d) => at[d] ?? 0);
  for (const [d, index] of fixed.entries()) {
    const size = tensor.shape[d]!;
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw new AnswerError("failed", `Index ${index} is out of range for dimension ${d}, whose size is ${size}`);
    }
  }
  const [rows = 1, columns = 1] = tensor.shape.slice(lead);
  const [down = 0, across = 0] = tensor.strides.slice(lead);
  const start = fixed.reduce((sum, index, d) => sum + index * tensor.strides[d]!, tensor.offset);
  const { data } = tensor.storageOf;
  return { tensor, rows, columns, at: (row, column) => Number(data[start + row * down + column * across]) };
}

const formats = new WeakMap<Tensor, Formatter>();

export function valuesOf(tensor: Tensor, at: number[], rows: [number, number], columns: [number, number]): Values {
  const matrix = matrixOf(tensor, at);
  const format = formats.get(tensor) ?? elementFormat(tensor);
  formats.set(tensor, format);
  const [top, bottom] = clamp(rows, matrix.rows);
  const [left, right] = clamp(columns, matrix.columns);
  if ((bottom - top) * (right - left) > CELLS_MAX) {
    throw new AnswerError("large", `More than ${CELLS_MAX} values at once: ask for fewer rows or columns`);
  }
  const row = (i: number) =>
    Array.from({ length: right - left }, (_, j) => format.show(matrix.at(top + i, left + j)).trim());
  return { rows: Array.from({ length: bottom - top }, (_, i) => row(i)) };
}

function clamp([from, to]: [number, number], size: number): [number, number] {
  const start = Math.min(size, Math.max(0, Math.floor(from)));
  return [start, Math.min(size, Math.max(start, Math.ceil(to)))];
}

/** At most `rows` × `columns` cells, each the element of largest magnitude that it stands for; a NaN in it shows. */
export function pictureOf(tensor: Tensor, at: number[], rows: number, columns: number): Picture {
  const matrix = matrixOf(tensor, at);
  const down = Math.max(1, Math.ceil(matrix.rows / Math.max(1, rows)));
  const across = Math.max(1, Math.ceil(matrix.columns / Math.max(1, columns)));
  const height = Math.ceil(matrix.rows / down);
  const width = Math.ceil(matrix.columns / across);
  if (height * width > CELLS_MAX) throw new AnswerError("large", `A picture has at most ${CELLS_MAX} cells`);
  const cells = new Float64Array(height * width);
  let largest = 0;
  for (let i = 0; i < matrix.rows; i++) {
    const row = Math.floor(i / down) * width;
    for (let j = 0; j < matrix.columns; j++) {
      const cell = row + Math.floor(j / across);
      const x = matrix.at(i, j);
      if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
      if (Number.isNaN(x) || Math.abs(x) > Math.abs(cells[cell]!)) cells[cell] = x;
    }
  }
  return { rows: height, columns: width, values: Array.from(cells, toNum), largest, pooled: [down, across] };
}
