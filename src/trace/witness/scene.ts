import type { Node } from "../../torch/autograd/node";
import type { Tensor } from "../../torch/tensor";
import type { Made } from "../facts";
import type { SourceRange } from "../model";

/** What the witnesses ask of the recorder and of the program that runs. */
export interface Scene {
  /** A stack's text to the innermost place of the user's own text. */
  placeOf(stack: string): SourceRange | undefined;
  /** The tensor by its variable, and the expression that made it. */
  seen(tensor: Tensor): Made;
  /** The grad_fn's result, likewise. */
  madeBy(node: Node): Made;
  /** Whatever else a variable holds. */
  nameOf(value: object): string | undefined;
  /** Where a module was constructed. */
  moduleAt(module: object): SourceRange | undefined;
  /** The node's index in the trace, -1 for none. */
  indexOf(node: Node): number;
  holders(): Iterable<Holder>;
  /** Asks without running code of the value's. */
  isTensor(value: unknown): value is Tensor;
  isProxy(value: object): boolean;
}

/** Where a node's gradients go. */
export function targets(node: Node): Node[] {
  const found: Node[] = [];
  for (let i = 0; i < node.edgeCount; i++) {
    const target = node.target(i);
    if (target !== null) found.push(target);
  }
  return found;
}

/** A captured place and what it held last. */
export interface Holder {
  kind: "variable" | "expression";
  name: string;
  range: SourceRange;
  count: number;
  last: unknown;
  /** An object of any other kind, no proxy, whose getters nobody must call; `last` is null then. */
  object?: object;
  /** Index into the trace's captures, if it is among them. */
  capture?: number;
}

/** A moment of the program; its place is worked out when it is asked for, which most never are. */
export class Moment {
  private readonly error = new Error();

  range(scene: Scene): SourceRange | undefined {
    return scene.placeOf(this.error.stack ?? "");
  }
}

/** A stack costs some microseconds to take: of what repeats, the first so many times are looked at. */
const MOMENTS_MAX = 64;

/** Moments of events that repeat; after the first many, an event of a kind is taken to happen where it last did. */
export class Moments {
  private readonly known = new Map<unknown, { count: number; last: Moment }>();

  of(kind: unknown): Moment {
    const known = this.known.get(kind);
    if (!known) {
      const last = new Moment();
      this.known.set(kind, { count: 1, last });
      return last;
    }
    if (known.count++ < MOMENTS_MAX) known.last = new Moment();
    return known.last;
  }
}

/** What several witnesses need to know of the present. */
export class Present {
  readonly moments = new Moments();
  /** Backward passes that run, one within another. */
  depth = 0;
  /** `backward()` calls so far, and all passes. */
  backwards = 0;
  passes = 0;
  /** When the running pass began; null outside. */
  pass: Moment | null = null;
  /** When the running step of an optimiser began; null outside. */
  step: Moment | null = null;
  /** A custom Function's backward is running. */
  inCustom = false;
  readonly modules: object[] = [];
  /** The blocks that set the grad mode, the innermost last. */
  private readonly modes: { enabled: boolean; since: Moment; step: Moment | null }[] = [];

  /** A closure that a step calls is the program's own again. */
  enterMode(enabled: boolean): void {
    this.modes.push({ enabled, since: this.step ?? this.moments.of("mode"), step: this.step });
    if (enabled) this.step = null;
  }

  exitMode(): void {
    const mode = this.modes.pop();
    if (mode) this.step = mode.step;
  }

  /** When the block began that keeps ops from being recorded; null where none does. */
  get unrecorded(): Moment | null {
    const mode = this.modes.at(-1);
    return mode && !mode.enabled ? mode.since : null;
  }

  /** Ops are the program's own, not a derivative's or an optimiser's. */
  get ours(): boolean {
    return this.step === null && (this.depth === 0 || this.inCustom);
  }
}
