/** From samples to a batch. */
import { tensor } from "../../construct";
import { float64, int64 } from "../../dtype";
import { RuntimeError } from "../../errors";
import { stack } from "../../generated/functions";
import { isKeywords } from "../../keywords";
import { typeText } from "../../pythonText";
import { Tensor } from "../../tensor";

/**
 * Puts a batch together: tensors are stacked, numbers become a tensor, strings stay an array, and of arrays and plain objects
 * each entry is put together by itself. Numbers that are all whole count as Python's ints and give int64 (labels), others
 * as its floats and give float64. Throws RuntimeError for arrays of different lengths, TypeError for anything else.
 */
export function default_collate(batch: readonly any[]): any {
  const first = batch[0];
  if (first instanceof Tensor) return stack([...batch], 0);
  if (typeof first === "number") return numbers(batch as number[]);
  if (typeof first === "bigint") return tensor([...batch], { dtype: int64 });
  if (typeof first === "boolean") return tensor([...batch]);
  if (typeof first === "string") return [...batch];
  if (Array.isArray(first)) {
    if (batch.some((sample) => sample.length !== first.length)) {
      throw new RuntimeError("each element in list of batch should be of equal size");
    }
    return first.map((_, i) => default_collate(batch.map((sample) => sample[i])));
  }
  if (isKeywords(first)) {
    return Object.fromEntries(
      Object.keys(first).map((key) => [key, default_collate(batch.map((sample) => sample[key]))]),
    );
  }
  throw new TypeError(
    `default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found <class '${typeText(first)}'>`,
  );
}

const numbers = (batch: readonly number[]): Tensor =>
  tensor([...batch], { dtype: batch.every(Number.isInteger) ? int64 : float64 });

/** One sample as it is: what a loader without batches gives. */
export function default_convert(data: any): any {
  if (ArrayBuffer.isView(data)) return tensor(data as any);
  return data;
}
