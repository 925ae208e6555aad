/** Where values come from when no gradient does: cuts of the graph, leaves that never asked for a gradient. */
import { mode } from "../../torch/autograd/gradMode";
import type { Node } from "../../torch/autograd/node";
import { Tensor } from "../../torch/tensor";
import type { Cut } from "../facts";
import { elements } from "../statistics";
import { type Moment, type Present, type Scene, targets } from "./scene";

/** One cut as it happened. */
interface Incision {
  kind: Cut["kind"];
  by: string;
  at: Moment;
  scope: Moment | null;
  /** The leaves, and the results, whose gradient would have come through here; null where too many were met before. */
  behind: ReadonlySet<object> | null;
}

interface Lineage {
  cuts: readonly Incision[];
  /** Leaves that do not require grad. */
  sources: readonly Tensor[];
}

const CUTS_MAX = 6;
const SOURCES_MAX = 8;
/** Nodes visited, in the whole run, to learn what lies behind cuts. */
const VISITS_MAX = 300_000;
const NUMBERS_MAX = 256;
/** Longest constant that is searched for numbers taken from tensors. */
const SEARCHED_MAX = 16;
/** Passes after which no new explanation is looked for. */
const PASSES_MAX = 100;
const NOTHING: Lineage = { cuts: [], sources: [] };

export class Flow {
  private readonly lineages = new WeakMap<Tensor, Lineage>();
  /** Numbers that `item()` and `tolist()` gave, with the cut that this was. */
  private readonly numbers = new Map<number, Incision>();
  private readonly searched = new WeakSet<Tensor>();
  private readonly weighed = new WeakSet<Incision>();
  /** For a leaf or grad_fn that no gradient may have reached: the cut on its value's way to a root. */
  private readonly explained = new WeakMap<object, Incision>();
  private visits = 0;
  private isCut = false;

  constructor(
    private readonly present: Present,
    private readonly scene: Scene,
  ) {}

  op(name: string, inputs: readonly unknown[], outputs: readonly Tensor[]): void {
    // As long as nothing has been cut, what requires grad comes from nothing else: in most programs, from first to last.
    if (!this.isCut && outputs.every(({ requires_grad }) => requires_grad)) return;
    let merged: Lineage = NOTHING;
    let requiring: Tensor[] | null = null;
    for (const input of inputs) {
      if (input instanceof Tensor) {
        if (input.requires_grad) requiring = requiring ? [...requiring, input] : [input];
        merged = merge(merged, this.lineageOf(input));
      } else if (typeof input === "number") {
        if (this.numbers.size > 0) merged = this.withNumber(merged, input);
      } else if (Array.isArray(input) && input[0] instanceof Tensor) {
        for (const each of input as Tensor[]) {
          if (each.requires_grad) requiring = requiring ? [...requiring, each] : [each];
          merged = merge(merged, this.lineageOf(each));
        }
      }
    }
    for (const output of outputs) {
      if (output.requires_grad) {
        // A parameter that is changed in place under no_grad does not come from there: its values are its own.
        const own = output === inputs[0] && output.is_leaf;
        if (!own && merged.cuts.length > 0) this.lineages.set(output, { cuts: merged.cuts, sources: [] });
      } else {
        const kind = requiring && this.kindOfCut(name, output);
        const cut = kind ? this.incision(kind, name, requiring!) : null;
        if (cut || merged !== NOTHING) this.lineages.set(output, cut ? withCut(merged, cut) : merged);
      }
    }
  }

  /** The op's inputs require grad and its output does not. */
  private kindOfCut(name: string, output: Tensor): Cut["kind"] | null {
    if (name === "detach" || name === "detach_") return "detach";
    if (!mode.grad) return this.present.unrecorded ? "no_grad" : null;
    return output.is_floating_point() ? "detach" : "integer";
  }

  taken(tensor: Tensor, by: string, values: unknown): void {
    const known = this.lineages.get(tensor);
    if (!tensor.requires_grad && !known?.cuts.length) return;
    if (by === "data" || by === "detach_") {
      const cut = tensor.requires_grad ? this.incision("detach", by, [tensor]) : null;
      if (cut) this.lineages.set(values as Tensor, withCut(known ?? NOTHING, cut));
      else this.lineages.set(values as Tensor, known!);
      return;
    }
    if (this.present.passes > PASSES_MAX) return;
    const list =
      typeof values === "number" ? [values] : Array.isArray(values) ? values.flat(3).slice(0, SEARCHED_MAX) : [];
    const cut = tensor.requires_grad ? this.incision("number", by, [tensor]) : known!.cuts.at(-1)!;
    for (const value of list) {
      // Small whole numbers are everywhere.
      if (typeof value !== "number" || (Number.isInteger(value) && Math.abs(value) < 100)) continue;
      if (this.numbers.size >= NUMBERS_MAX) this.numbers.delete(this.numbers.keys().next().value!);
      this.numbers.set(value, cut);
    }
  }

  /** A pass begins: what its roots' values come from, and no gradient will reach. */
  pass(roots: readonly Tensor[]): void {
    if (this.present.passes > PASSES_MAX) return;
    for (const root of roots) {
      for (const cut of this.lineageOf(root).cuts) {
        if (this.weighed.has(cut)) continue;
        this.weighed.add(cut);
        for (const each of cut.behind ?? []) if (!this.explained.has(each)) this.explained.set(each, cut);
      }
    }
  }

  /** The cut between a tensor and the roots, or between its origins and it. */
  cutOf(tensor: Tensor): Cut | undefined {
    const incision = tensor.requires_grad
      ? this.explained.get(tensor.is_leaf ? tensor : tensor.grad_fn)
      : this.lineageOf(tensor).cuts.at(-1);
    if (!incision) return undefined;
    const { kind, by, at, scope } = incision;
    return { kind, by, range: at.range(this.scene), ...(scope ? { scope: scope.range(this.scene) } : {}) };
  }

  sourcesOf(tensor: Tensor): readonly Tensor[] {
    const known = this.lineages.get(tensor);
    return known?.sources ?? (tensor.requires_grad ? [] : [tensor]);
  }

  private lineageOf(tensor: Tensor): Lineage {
    const known = this.lineages.get(tensor);
    if (known) return known;
    if (tensor.grad_fn) return NOTHING;
    const own = tensor.requires_grad ? NOTHING : { cuts: [], sources: [tensor] };
    if (this.numbers.size === 0 || tensor.numel() > SEARCHED_MAX || this.searched.has(tensor)) return own;
    this.searched.add(tensor);
    let found: Lineage = own;
    const values = elements(tensor);
    for (let i = 0; i < values.length; i++) found = this.withNumber(found, values[i]!);
    if (found !== own) this.lineages.set(tensor, found);
    return found;
  }

  private withNumber(lineage: Lineage, value: number): Lineage {
    const cut = this.numbers.get(value);
    return cut ? withCut(lineage, cut) : lineage;
  }

  private incision(kind: Cut["kind"], by: string, from: readonly Tensor[]): Incision {
    this.isCut = true;
    const scope = kind === "no_grad" ? this.present.unrecorded : null;
    return { kind, by, at: this.present.moments.of(`${kind} ${by}`), scope, behind: this.behind(from) };
  }

  private behind(from: readonly Tensor[]): ReadonlySet<object> | null {
    if (this.visits > VISITS_MAX) return null;
    const found = new Set<object>();
    const stack: Node[] = [];
    const meet = (node: Node) => {
      const leaf = (node as Node & { variable?: Tensor }).variable;
      if (leaf) found.add(leaf);
      else if (!found.has(node)) {
        found.add(node);
        stack.push(node);
      }
    };
    for (const tensor of from) {
      if (tensor.is_leaf) found.add(tensor);
      else meet(tensor.grad_fn);
    }
    for (let node = stack.pop(); node; node = stack.pop()) {
      this.visits++;
      for (const next of targets(node)) meet(next);
    }
    // Nodes would keep their graphs alive: those alone stay whose gradient somebody wants.
    return new Set([...found].filter((each) => each instanceof Tensor || (each as Node).rare?.retaining));
  }
}

function withCut({ cuts, sources }: Lineage, cut: Incision): Lineage {
  return cuts.includes(cut) ? { cuts, sources } : { cuts: [...cuts, cut].slice(-CUTS_MAX), sources };
}

function merge(a: Lineage, b: Lineage): Lineage {
  if (a === NOTHING || a === b) return b;
  if (b === NOTHING) return a;
  return { cuts: union(a.cuts, b.cuts).slice(-CUTS_MAX), sources: union(a.sources, b.sources).slice(0, SOURCES_MAX) };
}

function union<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  const more = b.filter((each) => !a.includes(each));
  return more.length === 0 ? a : [...a, ...more];
}
