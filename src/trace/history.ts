import { HISTORY_MAX, type History } from "./model";
import { toNum } from "./num";

/** The course of a number, thinned by halves so that it never holds more than {@link HISTORY_MAX} points. */
export class HistoryRecorder {
  private stride = 1;
  private total = 0;
  private values: number[] = [];

  /** Whether the next value will be kept: where it is dear to compute, ask first and {@link skip} it. */
  get wanted(): boolean {
    return this.total % this.stride === 0;
  }

  skip(): void {
    this.total++;
  }

  push(value: number): void {
    if (this.total++ % this.stride !== 0) return;
    if (this.values.length === HISTORY_MAX) {
      this.values = this.values.filter((_, i) => i % 2 === 0);
      this.stride *= 2;
      if ((this.total - 1) % this.stride !== 0) return;
    }
    this.values.push(value);
  }

  finish(): History {
    return { stride: this.stride, total: this.total, values: this.values.map(toNum) };
  }
}
