/** Datasets: what a loader takes its samples from. */
import { AssertionError, IndexError, NotImplementedError, ValueError } from "../../errors";
import { randperm } from "../../generated/functions";
import { isKeywords, keywordArguments, leading } from "../../keywords";
import type { Generator } from "../../random";
import { Tensor } from "../../tensor";
import { warn } from "../../warnings";

/** Anything with samples by number: Python's names, JavaScript's, a tensor of rows, or an array. */
export type DatasetLike<T = any> =
  | { __getitem__(index: any): T; __len__?(): number }
  | { get(index: any): T; readonly length?: number }
  | Tensor
  | ArrayLike<T>;

/**
 * Base class of datasets: a subclass has `__len__()` and `__getitem__(i)`, as in Python, or `length` and `get(i)`.
 * Each pair answers to the other's names.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `length` is defined below
export class Dataset<T = any> {
  __getitem__(index: number): T {
    if (this.get !== Dataset.prototype.get) return this.get(index);
    throw new NotImplementedError("");
  }

  get(index: number): T {
    if (this.__getitem__ !== Dataset.prototype.__getitem__) return this.__getitem__(index);
    throw new NotImplementedError("");
  }

  __len__(): number {
    if ("length" in this && !hasDefaultLength(this)) return this.length as number;
    throw new TypeError(`object of type '${this.constructor.name}' has no len()`);
  }

  /** Python's `a + b`: one after the other. */
  __add__(other: DatasetLike): Dataset {
    return new ConcatDataset([this, other]);
  }

  /** Samples in order. */
  *[Symbol.iterator](): Iterator<T> {
    const n = lengthOf(this);
    for (let i = 0; i < n; i++) yield this.__getitem__(i);
  }
}

// biome-ignore lint/correctness/noUnusedVariables: it merges with the class, so it has the same parameter
export interface Dataset<T = any> {
  readonly length: number;
}

// Defined here and not in the class: a subclass may have it as a field, a getter, or not at all.
Object.defineProperty(Dataset.prototype, "length", {
  get(this: Dataset) {
    return this.__len__();
  },
  set(this: Dataset, value: number) {
    Object.defineProperty(this, "length", { value, writable: true, configurable: true, enumerable: true });
  },
  configurable: true,
});

/** Whether `length` is the one above, which asks `__len__`. */
function hasDefaultLength(dataset: object): boolean {
  for (let o: object | null = dataset; o !== null; o = Object.getPrototypeOf(o)) {
    if (Object.hasOwn(o, "length")) return o === Dataset.prototype;
  }
  return true;
}

/** Python's `len(x)`. Throws TypeError for what has none. */
export function lengthOf(x: any): number {
  if (x instanceof Tensor) return x.shape[0];
  if (typeof x?.__len__ === "function") return x.__len__();
  if (typeof x?.length === "number") return x.length;
  throw new TypeError(`object of type '${x?.constructor?.name ?? typeof x}' has no len()`);
}

/** Python's `x[i]`. */
export function itemOf(x: any, index: any): any {
  if (x instanceof Tensor) return x.index(index);
  if (typeof x.__getitem__ === "function") return x.__getitem__(index);
  if (typeof x.get === "function") return x.get(index);
  const at = index < 0 ? index + x.length : index;
  if (!(at >= 0 && at < x.length)) throw new IndexError("list index out of range");
  return x[at];
}

/** A dataset that is read from its beginning: a subclass has `*[Symbol.iterator]()`. */
export class IterableDataset<T = any> extends Dataset<T> {
  override [Symbol.iterator](): Iterator<T> {
    throw new NotImplementedError("");
  }

  override __add__(other: IterableDataset): Dataset {
    return new ChainDataset([this, other]);
  }
}

/** Rows of tensors, together: a sample is an array. Throws AssertionError for tensors of different lengths. */
export class TensorDataset extends Dataset<Tensor[]> {
  readonly tensors: Tensor[];

  constructor(...tensors: Tensor[]) {
    super();
    if (tensors.some((t) => t.shape[0] !== tensors[0].shape[0])) {
      throw new AssertionError("Size mismatch between tensors");
    }
    this.tensors = tensors;
  }

  override __getitem__(index: any): Tensor[] {
    return this.tensors.map((t) => t.index(index));
  }

  override __len__(): number {
    return this.tensors[0].shape[0];
  }
}

/** Datasets one after the other, as one. Throws AssertionError for none and for iterable ones. */
export class ConcatDataset<T = any> extends Dataset<T> {
  readonly datasets: DatasetLike<T>[];
  /** Where each dataset ends. */
  readonly cumulative_sizes: number[] = [];

  constructor(datasets: Iterable<DatasetLike<T>>) {
    super();
    this.datasets = [...datasets];
    if (this.datasets.length === 0) throw new AssertionError("datasets should not be an empty iterable");
    let end = 0;
    for (const dataset of this.datasets) {
      if (dataset instanceof IterableDataset) {
        throw new AssertionError("ConcatDataset does not support IterableDataset");
      }
      end += lengthOf(dataset);
      this.cumulative_sizes.push(end);
    }
  }

  override __len__(): number {
    return this.cumulative_sizes[this.cumulative_sizes.length - 1];
  }

  override __getitem__(index: number): T {
    const n = this.__len__();
    if (index < -n) throw new ValueError("absolute value of index should not exceed dataset length");
    const at = index < 0 ? n + index : index;
    const which = this.cumulative_sizes.findIndex((end) => at < end);
    if (which < 0) throw new IndexError("list index out of range");
    return itemOf(this.datasets[which], which === 0 ? at : at - this.cumulative_sizes[which - 1]);
  }
}

/** Iterable datasets, one after the other. Throws AssertionError for others. */
export class ChainDataset<T = any> extends IterableDataset<T> {
  constructor(readonly datasets: Iterable<IterableDataset<T>>) {
    super();
  }

  override *[Symbol.iterator](): Iterator<T> {
    for (const dataset of this.datasets) yield* iterable(dataset);
  }

  override __len__(): number {
    let total = 0;
    for (const dataset of this.datasets) total += lengthOf(iterable(dataset));
    return total;
  }
}

function iterable<T>(dataset: IterableDataset<T>): IterableDataset<T> {
  if (dataset instanceof IterableDataset) return dataset;
  throw new AssertionError("ChainDataset only supports IterableDataset");
}

/** Some samples of a dataset, by their numbers. */
export class Subset<T = any> extends Dataset<T> {
  constructor(
    readonly dataset: DatasetLike<T>,
    readonly indices: readonly number[],
  ) {
    [dataset, indices] = leading(["dataset", "indices"], [dataset, indices]);
    super();
  }

  override __getitem__(index: any): T {
    if (Array.isArray(index)) {
      return itemOf(
        this.dataset,
        index.map((i) => itemOf(this.indices, i)),
      );
    }
    return itemOf(this.dataset, itemOf(this.indices, index));
  }

  override __len__(): number {
    return this.indices.length;
  }
}

/**
 * Splits a dataset at random into parts of the given lengths, or fractions that sum to 1.
 * Throws ValueError where the lengths do not sum to the dataset's.
 */
export function random_split<T = any>(
  dataset: DatasetLike<T>,
  lengths: readonly number[],
  generator?: Generator | null | { generator?: Generator | null },
): Subset<T>[] {
  [dataset, lengths, generator] = leading(["dataset", "lengths"], [dataset, lengths, generator]);
  const given = isKeywords(generator) ? generator : { generator };
  const options = keywordArguments("random_split", ["generator"], [given]);
  const n = lengthOf(dataset);
  const total = lengths.reduce((a, b) => a + b, 0);
  let sizes = [...lengths];
  if (Math.abs(total - 1) <= 1e-9 * Math.max(total, 1) && total <= 1) {
    sizes = lengths.map((fraction, i) => {
      if (fraction < 0 || fraction > 1) throw new ValueError(`Fraction at index ${i} is not between 0 and 1`);
      return Math.floor(n * fraction);
    });
    // What rounding left goes round, one each.
    const rest = n - sizes.reduce((a, b) => a + b, 0);
    for (let i = 0; i < rest; i++) sizes[i % sizes.length] += 1;
    for (const [i, size] of sizes.entries()) {
      if (size === 0) warn(`Length of split at index ${i} is 0. This might result in an empty dataset.`);
    }
  }
  if (sizes.reduce((a, b) => a + b, 0) !== n) {
    throw new ValueError("Sum of input lengths does not equal the length of the input dataset!");
  }
  const order: number[] = randperm(n, { generator: options.generator ?? null }).tolist();
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return new Subset(dataset, order.slice(start - size, start));
  });
}
