/** The derivative of one result by another, whole or times a vector. */
import { belowAutograd } from "../../torch/dispatch";
import { allocate, fromData, type Tensor } from "../../torch/tensor";
import { AnswerError, type Vector } from "../questions";
import { type End, metaOf, type Path } from "./path";

/** Elements of a Jacobian: 64 MB of float32. */
const ELEMENTS_MAX = 1 << 24;
/** Work between two looks at whether somebody has had enough, in milliseconds. */
const SLICE_MS = 25;

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** Row by row, each a backward pass of its own; `goOn` is asked now and then and told how far it is. */
export async function jacobian(
  path: Path,
  of: End,
  by: End,
  goOn: (done: number, total: number) => Promise<void>,
): Promise<Tensor> {
  const result = metaOf(of);
  const rows = count(result.shape);
  const columns = count(metaOf(by).shape);
  if (rows * columns > ELEMENTS_MAX) {
    throw new AnswerError(
      "large",
      `This Jacobian has ${rows} × ${columns} elements, more than the ${ELEMENTS_MAX} that are computed at once. Its products v·J and J·v can be had at any size.`,
    );
  }
  const { dtype } = metaOf(by);
  const data = dtype.allocate(rows * columns);
  let started = performance.now();
  for (let row = 0; row < rows; row++) {
    const v = unit(result.shape, row, result.dtype);
    const values = path.vjp(v).flatData();
    for (let column = 0; column < columns; column++) data[row * columns + column] = values[column]!;
    if (performance.now() - started > SLICE_MS) {
      await goOn(row + 1, rows);
      started = performance.now();
    }
  }
  return fromData(data, dtype, [rows, columns]);
}

/** A vector of the shape of `end`'s result. */
export function vectorOf(v: Vector, end: End, arrived: Tensor | null): Tensor {
  const { shape, dtype } = metaOf(end);
  const size = count(shape);
  switch (v.kind) {
    case "ones":
      return belowAutograd(() => allocate([...shape], dtype).add(1) as Tensor);
    case "unit":
      if (!Number.isInteger(v.index) || v.index < 0 || v.index >= size) {
        throw new AnswerError("failed", `There is no element ${v.index}: the vector has ${size}, counted from 0`);
      }
      return unit(shape, v.index, dtype);
    case "arrived":
      if (!arrived) throw new AnswerError("failed", "No gradient has arrived there. Choose another v");
      return belowAutograd(() => arrived.detach().clone() as Tensor);
    case "values":
      if (v.values.length !== size) {
        throw new AnswerError("failed", `v has ${v.values.length} numbers, and the result has ${size}`);
      }
      return fromData(Object.assign(dtype.allocate(size), v.values), dtype, [...shape]);
  }
}

function unit(shape: readonly number[], index: number, dtype: Tensor["dtype"]): Tensor {
  const v = allocate([...shape], dtype);
  v.storageOf.data[index] = 1;
  return v;
}
