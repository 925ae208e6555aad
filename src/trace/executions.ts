/**
 * When the functions and loops of the text ran, as stretches of the forward pass. It is read off the captured places: one
 * that comes a second time within a block, and not within a loop inside it, begins the block's next execution.
 */
import type { BlockExecution, SourceBlock, SourceRange } from "./model";

/** Executions that wait for someone to ask whether they made any node. */
const WAITING_MAX = 20_000;
const KEPT_MAX = 20_000;

interface State {
  current: BlockExecution | null;
  /** Rises with each execution. */
  serial: number;
  /** The last node made when a place of the block, or of a loop in it, was captured. */
  last: number;
}

export class Executions {
  readonly blocks: SourceBlock[] = [];
  private readonly states: State[] = [];
  /** For each site the blocks around it, outermost first. */
  private readonly around: number[][] = [];
  /** For each site the execution of its innermost block that it was captured in. */
  private readonly seenIn: number[] = [];
  /** The block around a block; -1 for none. */
  private readonly parents: number[] = [];
  /** As {@link State.last}, of a file's own text. */
  private readonly ofFile: number[] = [];
  private readonly files: number[] = [];
  private newest = -1;
  private previous = -1;
  private waiting: BlockExecution[] = [];
  private readonly kept = new Set<BlockExecution>();

  addBlocks(blocks: readonly SourceBlock[]): void {
    for (const block of blocks) {
      this.parents.push(this.blocksAround(block.range).at(-1) ?? -1);
      this.blocks.push(block);
      this.states.push({ current: null, serial: 0, last: -1 });
    }
  }

  addSite(range: SourceRange): void {
    this.files.push(range.file);
    this.around.push(this.blocksAround(range));
    this.seenIn.push(-1);
  }

  /** A grad_fn of the forward pass was made. */
  made(sequence: number): void {
    this.newest = sequence;
  }

  /** Site `id` was captured. */
  captured(id: number): void {
    const chain = this.around[id]!;
    const innermost = chain.at(-1);
    if (innermost !== undefined) {
      const state = this.states[innermost]!;
      if (state.current && this.seenIn[id] === state.serial) this.end(innermost);
      for (const b of chain) this.states[b]!.current ??= this.begin(b);
      this.seenIn[id] = state.serial;
      for (const b of chain) this.states[b]!.current!.last = this.newest;
    }
    this.goneOn(chain, this.files[id]!);
    this.previous = this.newest;
  }

  /** The text of a block goes on after a loop in it, but not where a function that it holds is called. */
  private goneOn(chain: readonly number[], file: number): void {
    for (const b of chain.toReversed()) {
      this.states[b]!.last = this.newest;
      if (this.blocks[b]!.kind === "function") return;
    }
    this.ofFile[file] = this.newest;
  }

  private begin(b: number): BlockExecution {
    const { kind, range } = this.blocks[b]!;
    const parent = this.parents[b]!;
    // A call's arguments were captured before it; a loop goes on where the text around it was left.
    const outer = parent >= 0 ? this.states[parent]! : null;
    const left = outer ? Math.max(outer.last, (outer.current?.first ?? 0) - 1) : (this.ofFile[range.file] ?? -1);
    const first = (kind === "function" ? this.previous : left) + 1;
    const execution = { block: b, first, last: this.newest };
    if (this.waiting.length >= WAITING_MAX) this.waiting = this.waiting.slice(WAITING_MAX / 2);
    this.waiting.push(execution);
    return execution;
  }

  /** The block's execution is over, and with it those of the blocks inside it. */
  private end(b: number): void {
    for (let inner = b; inner < this.blocks.length; inner++) {
      if (inner !== b && !this.isInside(inner, b)) continue;
      this.states[inner]!.current = null;
      this.states[inner]!.serial++;
    }
  }

  private isInside(inner: number, outer: number): boolean {
    for (let b = this.parents[inner]!; b >= outer; b = this.parents[b]!) if (b === outer) return true;
    return false;
  }

  private blocksAround(range: SourceRange): number[] {
    const found: number[] = [];
    this.blocks.forEach((block, b) => {
      if (contains(block.range, range)) found.push(b);
    });
    return found;
  }

  /** Keeps the executions that made any of these nodes. */
  keep(sequences: readonly number[]): void {
    if (sequences.length === 0 || this.waiting.length === 0) return;
    const sorted = Float64Array.from(sequences).sort();
    for (const execution of this.waiting) {
      if (this.kept.size >= KEPT_MAX) return;
      let low = 0;
      for (let high = sorted.length; low < high; ) {
        const middle = (low + high) >> 1;
        if (sorted[middle]! < execution.first) low = middle + 1;
        else high = middle;
      }
      if (low < sorted.length && sorted[low]! <= execution.last) this.kept.add(execution);
    }
  }

  /** A training step is over: what made nothing new is forgotten, as far as it has ended. */
  stepDone(): void {
    this.waiting = this.waiting.filter((execution) => this.states[execution.block]!.current === execution);
  }

  /** In the order of the forward pass, outer ones first. */
  finish(): BlockExecution[] {
    return [...this.kept]
      .sort((a, b) => a.first - b.first || b.last - a.last || a.block - b.block)
      .map((e) => ({ ...e }));
  }
}

function contains(outer: SourceRange, { file, start }: SourceRange): boolean {
  if (file !== outer.file) return false;
  const [from, to] = [outer.start, outer.end];
  const after = start.line > from.line || (start.line === from.line && start.column > from.column);
  return after && (start.line < to.line || (start.line === to.line && start.column < to.column));
}
