import { HISTORY_MAX, type History } from "./model";
import { toNum } from "./num";

/** A course of things, thinned by halves so that it never holds more than `max` of them. */
export class Thinned<T> {
  private stride = 1;
  private total = 0;
  private values: T[] = [];

  constructor(private readonly max: number) {}

  /** Whether the next one will be kept: where it is dear to compute, ask first and {@link skip} it. */
  get wanted(): boolean {
    return this.total % this.stride === 0;
  }

  skip(): void {
    this.total++;
  }

  push(value: T): void {
    if (this.total++ % this.stride !== 0) return;
    if (this.values.length === this.max) {
      this.values = this.values.filter((_, i) => i % 2 === 0);
      this.stride *= 2;
      if ((this.total - 1) % this.stride !== 0) return;
    }
    this.values.push(value);
  }

  /** `values` are every `stride`-th from the first; `total` is how many there were. */
  get kept(): { stride: number; total: number; values: readonly T[] } {
    return { stride: this.stride, total: this.total, values: this.values };
  }
}

/** The course of a number. */
export class HistoryRecorder extends Thinned<number> {
  constructor(max = HISTORY_MAX) {
    super(max);
  }

  /** `passes` has kept the number of the backward pass of each value, in step with this. */
  finish(passes?: HistoryRecorder): History {
    const { stride, total, values } = this.kept;
    const history: History = { stride, total, values: values.map(toNum) };
    const at = passes?.kept.values;
    if (at?.some((pass, i) => pass !== i * stride)) history.at = [...at];
    return history;
  }
}
