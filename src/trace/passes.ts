import { HistoryRecorder } from "./history";
import type { BackwardPass, SourceRange } from "./model";
import { sameNumbers } from "./structure";

/** A backward pass as entry numbers. */
export interface Pass {
  roots: number[];
  order: number[];
  createGraph: boolean;
  range?: SourceRange;
  repeats: number;
  /** Their numbers among all passes of the run. */
  numbers: HistoryRecorder;
}

/** Different passes kept, and the steps of all of them together; passes beyond are counted only. */
const PASSES_MAX = 2_000;
const STEPS_MAX = 1_000_000;

/** Backward passes, equal ones folded. */
export class Passes {
  readonly kept: Pass[] = [];
  omitted = 0;
  /** Passes that are over. */
  count = 0;
  private steps = 0;
  private readonly byHash = new Map<number, Pass[]>();

  /** `where` is asked only for a pass that is unlike all before it. */
  add(roots: number[], order: number[], createGraph: boolean, where: () => SourceRange | undefined): void {
    const number = this.count++;
    let hash = createGraph ? 1 : 0;
    for (const list of [roots, order]) for (const index of list) hash = Math.imul(hash ^ index, 16777619);
    const alike = this.byHash.get(hash) ?? [];
    const known = alike.find(
      (pass) => pass.createGraph === createGraph && sameNumbers(pass.order, order) && sameNumbers(pass.roots, roots),
    );
    if (known) {
      known.repeats++;
      known.numbers.push(number);
    } else if (this.kept.length >= PASSES_MAX || this.steps + order.length > STEPS_MAX) {
      this.omitted++;
    } else {
      const pass: Pass = { roots, order, createGraph, range: where(), repeats: 1, numbers: new HistoryRecorder() };
      pass.numbers.push(number);
      this.steps += order.length;
      this.kept.push(pass);
      alike.push(pass);
      this.byHash.set(hash, alike);
    }
  }

  finish(): BackwardPass[] {
    return this.kept.map(({ numbers, ...pass }) => {
      const { values, stride } = numbers.kept;
      return values.some((number, i) => number !== i * stride) ? { ...pass, at: [...values] } : pass;
    });
  }
}
