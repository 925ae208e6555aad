/** Tensors without a gradient that somebody asked about. */
import { Parameter } from "../../torch/nn/parameter";
import { Tensor } from "../../torch/tensor";
import type { NullGradient } from "../facts";
import type { SourceRange } from "../model";
import type { Flow } from "./flow";
import { type Moment, type Present, type Scene, targets } from "./scene";

interface Question {
  tensor: Tensor;
  asked: NullGradient["asked"];
  at: SourceRange | undefined;
  backwards: number;
  use?: "used" | "printed";
}

const QUESTIONS_MAX = 300;

export class Nulls {
  private readonly questions: Question[] = [];
  private readonly known = new Map<SourceRange, WeakSet<Tensor>>();
  /** Those that have had a gradient at some time. */
  private readonly reached = new WeakSet<Tensor>();
  private readonly optimised = new Set<Tensor>();
  /** What optimisers were given, and variables whose `.grad` the text reads: meant to be parameters. */
  private readonly given = new WeakSet<Tensor>();
  private readonly expected = new Set<string>();
  private readonly set = new WeakMap<Tensor, boolean>();
  private readonly frozen = new WeakMap<Tensor, Moment>();
  /** The last `backward()` call. */
  private lastRoot: Moment | null = null;

  constructor(
    private readonly present: Present,
    private readonly scene: Scene,
    private readonly flow: Flow,
  ) {}

  /** The program reads `.grad` of `object` at a place where it relies on it. */
  read(object: unknown, at: SourceRange, use: "used" | "printed"): void {
    if (!(object instanceof Tensor)) return;
    if (object.gradient !== null) {
      this.reached.add(object);
      return;
    }
    let tensors = this.known.get(at);
    if (!tensors) {
      tensors = new WeakSet();
      this.known.set(at, tensors);
    }
    if (tensors.has(object)) return;
    tensors.add(object);
    this.ask(object, "read", at, use);
  }

  refused(tensor: Tensor): void {
    this.ask(tensor, "backward", undefined);
  }

  asked(tensor: Tensor, value: boolean): void {
    this.set.set(tensor, value);
    if (value) this.frozen.delete(tensor);
    else this.frozen.set(tensor, this.present.moments.of("freeze"));
  }

  arrived(leaf: Tensor): void {
    this.reached.add(leaf);
  }

  backward(pass: Moment): void {
    this.lastRoot = pass;
  }

  step(parameters: Iterable<Tensor>): void {
    for (const parameter of parameters) {
      this.optimised.add(parameter);
      if (parameter.gradient !== null) this.reached.add(parameter);
    }
  }

  optimises(parameters: readonly Tensor[]): void {
    for (const parameter of parameters) this.given.add(parameter);
  }

  expects(names: readonly string[]): void {
    for (const name of names) this.expected.add(name);
  }

  /** `crashedAt`: where the program fell, which a null read there may explain. */
  finish(crashedAt: SourceRange | undefined): NullGradient[] {
    const found: NullGradient[] = [];
    for (const question of this.questions) {
      const { tensor, asked, at, use } = question;
      const fatal = use === "used" && crashedAt !== undefined && at !== undefined && overlap(at, crashedAt);
      // Printed before backward, or after it was cleared: null is what it was then.
      if (asked === "read" && !fatal && (this.reached.has(tensor) || tensor.gradient !== null)) continue;
      found.push(this.explain(tensor, asked, at, question.backwards));
    }
    for (const tensor of this.optimised) {
      if (!this.reached.has(tensor)) found.push(this.explain(tensor, "optimizer", undefined, this.present.backwards));
    }
    return found;
  }

  /** Why a tensor that nobody asked about has no gradient. */
  why(tensor: Tensor): NullGradient {
    return this.explain(tensor, "nobody", undefined, this.present.backwards);
  }

  private ask(tensor: Tensor, asked: Question["asked"], at: SourceRange | undefined, use?: Question["use"]): void {
    if (this.questions.length >= QUESTIONS_MAX) return;
    this.questions.push({ tensor, asked, at, backwards: this.present.backwards, ...(use ? { use } : {}) });
  }

  private explain(
    tensor: Tensor,
    asked: NullGradient["asked"],
    at: SourceRange | undefined,
    backwards: number,
  ): NullGradient {
    const { scene, flow } = this;
    const cut = flow.cutOf(tensor);
    const sources = tensor.requires_grad ? [] : flow.sourcesOf(tensor);
    const source =
      sources.find((each) => this.given.has(each)) ??
      sources.find((each) => this.expected.has(scene.seen(each).name ?? "")) ??
      sources.find(isNamed(scene)) ??
      sources[0];
    const frozenAt = tensor.requires_grad ? undefined : this.frozen.get(tensor)?.range(scene);
    const root = tensor.requires_grad && backwards > 0 ? this.lastRoot?.range(scene) : undefined;
    const result = tensor.requires_grad && backwards === 0 ? this.resultOf(tensor) : undefined;
    return {
      asked,
      ...(at ? { at } : {}),
      made: scene.seen(tensor),
      shape: [...tensor.shape],
      dtype: String(tensor.dtype).replace("torch.", ""),
      floating: tensor.is_floating_point(),
      requires_grad: tensor.requires_grad,
      is_leaf: tensor.is_leaf,
      retains_grad: tensor.retains_grad,
      backwards,
      frozen: this.set.get(tensor) === false || (tensor instanceof Parameter && !tensor.requires_grad),
      ...(frozenAt ? { frozenAt } : {}),
      ...(cut ? { cut } : {}),
      ...(source && source !== tensor
        ? { source: { ...scene.seen(source), floating: source.is_floating_point() } }
        : {}),
      ...(root ? { root } : {}),
      ...(result ? { result } : {}),
    };
  }

  /** The latest held result whose graph leads to the tensor. */
  private resultOf(tensor: Tensor): NullGradient["result"] {
    const edge = tensor.is_leaf ? tensor.accumulator : tensor.grad_fn;
    const result = edge && this.results().get(edge);
    return result ? this.scene.seen(result) : undefined;
  }

  /** Of each node, the latest held result that leads to it; worked out once for all that is told together. */
  private results(): ReadonlyMap<object, Tensor> {
    if (this.resultsFound) return this.resultsFound;
    const held = new Set<Tensor>();
    for (const { last } of this.scene.holders())
      if (last instanceof Tensor && last.requires_grad && !last.is_leaf) held.add(last);
    const order = (tensor: Tensor) => tensor.grad_fn._sequence_nr();
    const found = new Map<Tensor["grad_fn"], Tensor>();
    for (const result of [...held].sort((a, b) => order(b) - order(a))) {
      const stack = [result.grad_fn];
      for (let node = stack.pop(); node && found.size < VISITS_MAX; node = stack.pop()) {
        if (found.has(node)) continue;
        found.set(node, result);
        stack.push(...targets(node));
      }
    }
    this.resultsFound = found;
    return found;
  }

  private resultsFound: ReadonlyMap<object, Tensor> | null = null;

  /** The program goes on: its graphs are its own again. */
  release(): void {
    this.resultsFound = null;
  }
}

const VISITS_MAX = 300_000;

const isNamed = (scene: Scene) => (tensor: Tensor) => scene.seen(tensor).name !== undefined;

/** Two ranges of one line, or one within another. */
function overlap(a: SourceRange, b: SourceRange): boolean {
  return a.file === b.file && a.start.line <= b.end.line && b.start.line <= a.end.line;
}
