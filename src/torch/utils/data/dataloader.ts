/** `torch.utils.data.DataLoader`. */
import { AssertionError, ValueError } from "../../errors";
import { keywordArguments, leading } from "../../keywords";
import { numberText } from "../../pythonText";
import type { Generator } from "../../random";
import { warn } from "../../warnings";
import { default_collate, default_convert } from "./collate";
import { type DatasetLike, IterableDataset, itemOf, lengthOf } from "./dataset";
import { BatchSampler, drawSeed, RandomSampler, SequentialSampler } from "./sampler";

export interface DataLoaderOptions {
  /** Samples in a batch; null: samples come one by one, not put together. */
  batch_size?: number | null;
  /** In a new random order at each pass. */
  shuffle?: boolean | null;
  /** The order of samples; excludes `shuffle`. */
  sampler?: Iterable<any> | null;
  /** The batches themselves, arrays of numbers; excludes the four options that make them. */
  batch_sampler?: Iterable<any> | null;
  /** Work is done here, whatever the number; the numbers that come out are those of 0. */
  num_workers?: number;
  /** From an array of samples to a batch; by default `default_collate`. */
  collate_fn?: ((batch: any) => any) | null;
  pin_memory?: boolean;
  /** Leaves a last batch out that is not full. */
  drop_last?: boolean;
  timeout?: number;
  worker_init_fn?: ((worker: number) => unknown) | null;
  multiprocessing_context?: null;
  /** The stream that shuffles; by default seeds come from the default one. */
  generator?: Generator | null;
  prefetch_factor?: number;
  persistent_workers?: boolean;
  pin_memory_device?: string;
}

const names = [
  "batch_size",
  "shuffle",
  "sampler",
  "batch_sampler",
  "num_workers",
  "collate_fn",
  "pin_memory",
  "drop_last",
  "timeout",
  "worker_init_fn",
  "multiprocessing_context",
  "generator",
  "prefetch_factor",
  "persistent_workers",
  "pin_memory_device",
];

/**
 * Batches of a dataset, each pass anew. Seeded shuffling is PyTorch's: a pass draws a base seed, then (shuffled, without a
 * generator of its own) the seed of its order, from the default stream.
 * Throws ValueError with PyTorch's texts for options that exclude each other.
 */
export class DataLoader<T = any> {
  readonly dataset: DatasetLike | Iterable<any>;
  readonly batch_size: number | null;
  readonly num_workers: number;
  readonly drop_last: boolean;
  readonly sampler: Iterable<any>;
  readonly batch_sampler: Iterable<any> | null;
  readonly generator: Generator | null;
  readonly collate_fn: (batch: any) => any;
  readonly pin_memory: boolean;
  readonly timeout: number;
  readonly prefetch_factor: number;
  readonly persistent_workers: boolean;
  #announced: number | null = null;

  constructor(
    dataset: DatasetLike | Iterable<any>,
    ...args: readonly (DataLoaderOptions | DataLoaderOptions[keyof DataLoaderOptions])[]
  ) {
    [dataset, ...args] = leading(["dataset"], [dataset, ...args]);
    const given: DataLoaderOptions = keywordArguments("DataLoader.__init__", names, args);
    const { num_workers = 0, timeout = 0, prefetch_factor = 2, persistent_workers = false, drop_last = false } = given;
    const { batch_size = 1, generator = null, collate_fn = null } = given;
    checkWorkers(num_workers, timeout, prefetch_factor, persistent_workers);
    let { sampler = null, batch_sampler = null } = given;
    const shuffle = given.shuffle ?? false;
    if (dataset instanceof IterableDataset) {
      const unspecified = (option: string, value: unknown) =>
        new ValueError(
          `DataLoader with IterableDataset: expected unspecified ${option} option, but got ${option}=${pythonText(value)}`,
        );
      if (shuffle) throw unspecified("shuffle", shuffle);
      if (sampler !== null) throw unspecified("sampler", sampler);
      if (batch_sampler !== null) throw unspecified("batch_sampler", batch_sampler);
    }
    if (sampler !== null && shuffle) throw new ValueError("sampler option is mutually exclusive with shuffle");
    const ownBatches = batch_sampler !== null;
    if (ownBatches && (batch_size !== 1 || shuffle || sampler !== null || drop_last)) {
      throw new ValueError(
        "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last",
      );
    }
    if (batch_size === null && drop_last) {
      throw new ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last");
    }
    if (dataset instanceof IterableDataset) sampler = endless;
    else sampler ??= shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset);
    if (batch_size !== null && batch_sampler === null) {
      batch_sampler = new BatchSampler(sampler, { batch_size, drop_last });
    }
    this.dataset = dataset;
    this.batch_size = ownBatches ? null : batch_size;
    this.num_workers = num_workers;
    this.drop_last = drop_last;
    this.sampler = sampler;
    this.batch_sampler = batch_sampler;
    this.generator = generator;
    this.collate_fn = collate_fn ?? (batch_sampler === null ? default_convert : default_collate);
    this.pin_memory = given.pin_memory ?? false;
    this.timeout = timeout;
    this.prefetch_factor = prefetch_factor;
    this.persistent_workers = persistent_workers;
  }

  /** Batches of a pass. Throws TypeError for a dataset without length. */
  get length(): number {
    if (!(this.dataset instanceof IterableDataset)) return lengthOf(this.batch_sampler ?? this.sampler);
    const samples = lengthOf(this.dataset);
    this.#announced = samples;
    if (this.batch_size === null) return samples;
    return this.drop_last ? Math.floor(samples / this.batch_size) : Math.ceil(samples / this.batch_size);
  }

  __len__(): number {
    return this.length;
  }

  [Symbol.iterator](): IterableIterator<T> {
    const order = (this.batch_sampler ?? this.sampler)[Symbol.iterator]();
    // Drawn for workers, of which there are none, and so part of the stream; the order's own seed comes with its first number.
    drawSeed(this.generator);
    return this.dataset instanceof IterableDataset ? this.#stream(this.dataset, order) : this.#look(order);
  }

  *#look(order: Iterator<any>): IterableIterator<T> {
    for (let next = order.next(); !next.done; next = order.next()) {
      const index = next.value;
      const data =
        this.batch_sampler === null
          ? itemOf(this.dataset, index)
          : [...index].map((i: number) => itemOf(this.dataset, i));
      yield this.collate_fn(data);
    }
  }

  *#stream(dataset: IterableDataset, order: Iterator<any>): IterableIterator<T> {
    const samples = dataset[Symbol.iterator]();
    let yielded = 0;
    for (let ended = false; !ended; ) {
      let data: any;
      if (this.batch_sampler === null) {
        const next = samples.next();
        if (next.done) return;
        data = next.value;
      } else {
        const size = order.next().value.length;
        data = [];
        while (data.length < size && !ended) {
          const next = samples.next();
          if (next.done) ended = true;
          else data.push(next.value);
        }
        if (data.length === 0 || (this.drop_last && data.length < size)) return;
      }
      const batch = this.collate_fn(data);
      if (this.#announced !== null && ++yielded > this.#announced) {
        warn(
          `Length of IterableDataset ${dataset.constructor.name} was reported to be ${this.#announced} (when accessing len(dataloader)), but ${yielded} samples have been fetched. `,
        );
      }
      yield batch;
    }
  }
}

/** Stands in for an order where samples come in their own. */
const endless: Iterable<null> = {
  *[Symbol.iterator]() {
    for (;;) yield null;
  },
};

function pythonText(value: unknown): string {
  if (value === true) return "True";
  return typeof value === "number" ? numberText(value) : String(value);
}

function checkWorkers(workers: number, timeout: number, prefetch: number, persistent: boolean): void {
  if (workers < 0) {
    throw new ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.");
  }
  if (timeout < 0) throw new ValueError("timeout option should be non-negative");
  if (workers === 0 && prefetch !== 2) {
    throw new ValueError(
      "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable multiprocessing.",
    );
  }
  if (!(prefetch > 0)) throw new AssertionError("");
  if (persistent && workers === 0) throw new ValueError("persistent_workers option needs num_workers > 0");
}

/** What a worker process knows of itself; null in the main one, where everything is loaded here. */
export const get_worker_info = (): null => null;
