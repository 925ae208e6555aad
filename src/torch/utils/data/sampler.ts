/** Samplers: in which order a loader takes its samples. */
import { as_tensor, type TensorData } from "../../construct";
import { float64 } from "../../dtype";
import { NotImplementedError, ValueError } from "../../errors";
import { multinomial, randint, randperm } from "../../generated/functions";
import { keywordArguments, leading } from "../../keywords";
import { numberText } from "../../pythonText";
import { default_generator, Generator } from "../../random";
import { Tensor } from "../../tensor";
import { lengthOf } from "./dataset";

/** Options by position, by name in one trailing object, or both. */
type Args<O> = readonly (O | O[keyof O])[];

/** Draws a seed as `torch.empty((), dtype=torch.int64).random_()` does: 63 bits, which no double holds. */
export function drawSeed(generator: Generator | null): bigint {
  return (generator ?? default_generator).bits64() & 0x7fff_ffff_ffff_ffffn;
}

const text = (x: unknown): string =>
  typeof x === "number" ? numberText(x) : x === true ? "True" : x === false ? "False" : x == null ? "None" : String(x);

function positive(name: string, x: unknown): void {
  if (typeof x !== "number" || !Number.isInteger(x) || x <= 0) {
    throw new ValueError(`${name} should be a positive integer value, but got ${name}=${text(x)}`);
  }
}

/** Base class of samplers: a subclass has `*[Symbol.iterator]()`, and `__len__()` or `length` where it knows. */
export class Sampler<T = number> {
  // biome-ignore lint/complexity/noUselessConstructor: PyTorch's takes the data source and does nothing with it
  constructor(_data_source?: unknown) {}

  [Symbol.iterator](): Iterator<T> {
    throw new NotImplementedError("");
  }

  __len__(): number {
    throw new TypeError(`object of type '${this.constructor.name}' has no len()`);
  }

  get length(): number {
    return this.__len__();
  }
}

/** In order. */
export class SequentialSampler extends Sampler {
  constructor(readonly data_source: any) {
    super();
  }

  override *[Symbol.iterator](): Iterator<number> {
    const n = lengthOf(this.data_source);
    for (let i = 0; i < n; i++) yield i;
  }

  override __len__(): number {
    return lengthOf(this.data_source);
  }
}

export interface RandomSamplerOptions {
  /** A sample may come more than once. */
  replacement?: boolean;
  /** By default as many as there are. */
  num_samples?: number | null;
  generator?: Generator | null;
}

/** In random order. Without a generator, each pass draws a seed from the default stream. Throws ValueError for no samples. */
export class RandomSampler extends Sampler {
  readonly replacement: boolean;
  readonly generator: Generator | null;
  readonly #samples: number | null;

  constructor(
    readonly data_source: any,
    ...args: Args<RandomSamplerOptions>
  ) {
    [data_source, ...args] = leading(["data_source"], [data_source, ...args]);
    super();
    const given = keywordArguments("RandomSampler.__init__", ["replacement", "num_samples", "generator"], args);
    this.replacement = given.replacement ?? false;
    this.#samples = given.num_samples ?? null;
    this.generator = given.generator ?? null;
    if (typeof this.replacement !== "boolean") {
      throw new TypeError(`replacement should be a boolean value, but got replacement=${text(this.replacement)}`);
    }
    positive("num_samples", this.num_samples);
  }

  get num_samples(): number {
    return this.#samples ?? lengthOf(this.data_source);
  }

  override *[Symbol.iterator](): Iterator<number> {
    const n = lengthOf(this.data_source);
    const count = this.num_samples;
    const generator = this.generator ?? new Generator().manual_seed(drawSeed(null));
    if (this.replacement) {
      for (let left = count; left > 0; left -= 32) yield* randint(n, [Math.min(left, 32)], { generator }).tolist();
      return;
    }
    for (let i = 0; i < Math.floor(count / n); i++) yield* randperm(n, { generator }).tolist();
    yield* randperm(n, { generator })
      .tolist()
      .slice(0, count % n);
  }

  override __len__(): number {
    return this.num_samples;
  }
}

/** Some samples, in random order. */
export class SubsetRandomSampler extends Sampler {
  readonly generator: Generator | null;

  constructor(
    readonly indices: ArrayLike<number>,
    generator?: Generator | null | { generator?: Generator | null },
  ) {
    [indices, generator] = leading(["indices"], [indices, generator]);
    super();
    this.generator = keywordArguments("SubsetRandomSampler.__init__", ["generator"], [generator]).generator ?? null;
  }

  override *[Symbol.iterator](): Iterator<number> {
    for (const i of randperm(this.indices.length, { generator: this.generator }).tolist()) yield this.indices[i];
  }

  override __len__(): number {
    return this.indices.length;
  }
}

export interface WeightedRandomSamplerOptions {
  num_samples?: number;
  replacement?: boolean;
  generator?: Generator | null;
}

/** Each sample with its own probability, up to a factor. Throws ValueError for arguments of another kind. */
export class WeightedRandomSampler extends Sampler {
  readonly weights: Tensor;
  readonly num_samples: number;
  readonly replacement: boolean;
  readonly generator: Generator | null;

  constructor(weights: TensorData, ...args: Args<WeightedRandomSamplerOptions>) {
    [weights, ...args] = leading(["weights"], [weights, ...args]);
    super();
    const names = ["num_samples", "replacement", "generator"];
    const given = keywordArguments("WeightedRandomSampler.__init__", names, args);
    positive("num_samples", given.num_samples);
    this.num_samples = given.num_samples;
    this.replacement = given.replacement ?? true;
    if (typeof this.replacement !== "boolean") {
      throw new ValueError(`replacement should be a boolean value, but got replacement=${text(this.replacement)}`);
    }
    this.weights = as_tensor(weights, float64);
    if (this.weights.ndim !== 1) {
      const shape = `(${this.weights.shape.join(", ")})`;
      throw new ValueError(`weights should be a 1d sequence but given weights have shape ${shape}`);
    }
    this.generator = given.generator ?? null;
  }

  override *[Symbol.iterator](): Iterator<number> {
    yield* multinomial(this.weights, this.num_samples, this.replacement, { generator: this.generator }).tolist();
  }

  override __len__(): number {
    return this.num_samples;
  }
}

export interface BatchSamplerOptions {
  batch_size?: number;
  drop_last?: boolean;
}

/** Another sampler's numbers, `batch_size` at a time. Throws ValueError for arguments of another kind. */
export class BatchSampler extends Sampler<any[]> {
  readonly batch_size: number;
  readonly drop_last: boolean;

  constructor(
    readonly sampler: Iterable<any>,
    ...args: Args<BatchSamplerOptions>
  ) {
    [sampler, ...args] = leading(["sampler"], [sampler, ...args]);
    super();
    const given = keywordArguments("BatchSampler.__init__", ["batch_size", "drop_last"], args);
    positive("batch_size", given.batch_size);
    if (typeof given.drop_last !== "boolean") {
      throw new ValueError(`drop_last should be a boolean value, but got drop_last=${text(given.drop_last)}`);
    }
    this.batch_size = given.batch_size;
    this.drop_last = given.drop_last;
  }

  override *[Symbol.iterator](): Iterator<any[]> {
    let batch: any[] = [];
    for (const index of this.sampler) {
      batch.push(index instanceof Tensor ? index.item() : index);
      if (batch.length < this.batch_size) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0 && !this.drop_last) yield batch;
  }

  override __len__(): number {
    const n = lengthOf(this.sampler);
    return this.drop_last ? Math.floor(n / this.batch_size) : Math.ceil(n / this.batch_size);
  }
}
