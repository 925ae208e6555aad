/**
 * The graph of a run, with repetitions folded: a grad_fn that looks like one of an earlier backward pass (same function,
 * place, shapes and, through its edges, the same below it) shares that one's entry. Within one pass every grad_fn has its own.
 */
import type { Node } from "../torch/autograd/node";
import type { Tensor } from "../torch/tensor";
import type { Calls } from "./calls";
import { HistoryRecorder } from "./history";
import type { Held } from "./keep";
import { norm, unordered } from "./statistics";

/** Graph nodes kept; those beyond are counted only. */
export const NODES_MAX = 50_000;

/** What the captures know of a grad_fn: numbers of sites, -1 for none. */
export interface Origin {
  site: number;
  variable: number;
}

export interface Entry {
  name: string;
  origin: Origin;
  shapes: number[][];
  dtype: string;
  sequence: number;
  /** Pairs: entry of the next function (-1: none or left out), which of its outputs. */
  next: number[];
  repeats: number;
  /** The last one met. */
  node: Node;
  norms: HistoryRecorder;
  /** Of each kept norm, the backward pass it came with. */
  passes: HistoryRecorder;
  /** Of the last backward pass that came by: which grad_fn, and the gradient of each output. */
  lastNode: Node | null;
  lastGradients: readonly (Tensor | null)[];
  /** What it sent along its edges then. */
  lastSent: readonly (Tensor | null)[];
  /** Its saved tensors of then, where they are kept for questions. */
  held: readonly Held[];
  /** Milliseconds in backward, and when it was entered last. */
  time: number;
  started: number;
  /** Tensors that it keeps for backward. */
  saved: number;
  inPlace: boolean;
  /** The module call that made it, -1 for none. */
  call: number;
  /** The entry in whose backward it was made, -1 for one of the forward pass. */
  source: number;
  /** The leaf of an AccumulateGrad. */
  leaf: Tensor | null;
  /** The last walk that gave this entry away. */
  walk: number;
}

/** Entries that may be equal, handed out in order within one walk. */
interface Bucket {
  entries: number[];
  walk: number;
  cursor: number;
}

const NONE: Origin = { site: -1, variable: -1 };

export class Structure {
  readonly entries: Entry[] = [];
  omitted = 0;
  private readonly index = new WeakMap<Node, number>();
  private readonly buckets = new Map<number, Bucket>();
  private readonly nameIds = new Map<string, number>();
  private walks = 0;
  /** What undoes each entry, while a walk is provisional. */
  private undo: (() => void)[] | null = null;

  /** `originOf` says where a grad_fn was made; one that nobody saw being made belongs to the place that used it. */
  constructor(
    private readonly originOf: (node: Node) => Origin | undefined,
    private readonly calls: Pick<Calls, "indexOf" | "sourceOf" | "isInPlace">,
  ) {}

  /** What walks enter during `act` is forgotten afterwards: the program has not built its graph to the end yet. */
  provisionally<T>(act: () => T): T {
    const undo: (() => void)[] = [];
    this.undo = undo;
    try {
      return act();
    } finally {
      this.undo = null;
      for (const step of undo.reverse()) step();
    }
  }

  /** The entry of a grad_fn, -1 if it was left out, undefined if no walk has met it. */
  indexOf(node: Node): number | undefined {
    return this.index.get(node);
  }

  /** Enters everything that can be reached from the roots. */
  walk(roots: readonly Node[]): void {
    const walk = ++this.walks;
    const origins = new Map<Node, Origin>();
    const order: Node[] = [];
    const stack: { node: Node; next: number }[] = [];
    const meet = (node: Node, from: Origin) => {
      const known = this.index.get(node);
      if (known !== undefined) {
        if (known >= 0) this.entries[known]!.walk = walk;
      } else if (!origins.has(node)) {
        origins.set(node, this.originOf(node) ?? { site: from.site, variable: -1 });
        stack.push({ node, next: 0 });
      }
    };
    for (const root of roots) {
      meet(root, NONE);
      while (stack.length > 0) {
        const top = stack[stack.length - 1]!;
        const functions = top.node.next_functions;
        if (top.next < functions.length) {
          const child = functions[top.next++]![0];
          if (child) meet(child, origins.get(top.node)!);
        } else {
          order.push(top.node);
          stack.pop();
        }
      }
    }
    for (const node of order) {
      this.index.set(node, this.enter(node, origins.get(node)!, walk));
      this.undo?.push(() => this.index.delete(node));
    }
  }

  /** Notes what arrived at a grad_fn in a backward pass; returns its entry. */
  arrived(node: Node, gradients: readonly (Tensor | null)[], pass: number): number {
    const index = this.index.get(node) ?? -1;
    if (index < 0) return -1;
    const entry = this.entries[index]!;
    entry.lastNode = node;
    entry.lastGradients = gradients;
    entry.lastSent = [];
    if (entry.norms.wanted) {
      entry.norms.push(norm(present(gradients).map(unordered)));
      entry.passes.push(pass);
    } else {
      entry.norms.skip();
      entry.passes.skip();
    }
    entry.started = performance.now();
    return index;
  }

  /** Notes what a grad_fn sent on. */
  sent(node: Node, gradients: readonly (Tensor | null)[]): void {
    const entry = this.entries[this.index.get(node) ?? -1];
    if (!entry) return;
    entry.time += performance.now() - entry.started;
    entry.lastSent = gradients;
  }

  private enter(node: Node, origin: Origin, walk: number): number {
    const name = node.name();
    const next: number[] = [];
    let hash = this.nameId(name);
    const leaf = (node as Node & { variable?: Tensor }).variable ?? null;
    // A leaf belongs to no call: many use it.
    const call = leaf ? -1 : this.calls.indexOf(node);
    hash = mix(mix(mix(hash, origin.site), origin.variable), call);
    for (const [child, output] of node.next_functions) {
      const to = child ? (this.index.get(child) ?? -1) : -1;
      next.push(to, output);
      hash = mix(mix(hash, to), output);
    }
    const bucket = this.bucket(hash, walk);
    // A leaf that no variable names is like no other.
    const mayRepeat = !leaf || origin.site >= 0;
    while (mayRepeat && bucket.cursor < bucket.entries.length) {
      const index = bucket.entries[bucket.cursor++]!;
      const entry = this.entries[index]!;
      if (entry.walk === walk || !this.alike(entry, name, origin, call, next, node)) continue;
      const before = { repeats: entry.repeats, leaf: entry.leaf };
      this.undo?.push(() => Object.assign(entry, before));
      entry.walk = walk;
      entry.repeats++;
      entry.node.kept = null;
      entry.node = node;
      if (leaf) entry.leaf = leaf;
      return index;
    }
    if (this.entries.length >= NODES_MAX) {
      this.undo?.push(() => this.omitted--);
      this.omitted++;
      return -1;
    }
    this.undo?.push(() => {
      bucket.entries.pop();
      this.entries.pop();
    });
    bucket.entries.push(this.entries.length);
    bucket.cursor = bucket.entries.length;
    return this.add(node, { name, origin, call, next, leaf, walk });
  }

  private add(node: Node, known: Pick<Entry, "name" | "origin" | "call" | "next" | "leaf" | "walk">): number {
    const [first] = node.outputs;
    const source = this.calls.sourceOf(node);
    const saved = node.savedTensors().length;
    return (
      this.entries.push({
        ...known,
        time: 0,
        started: 0,
        inPlace: this.calls.isInPlace(node),
        saved,
        source: source ? (this.index.get(source) ?? -1) : -1,
        shapes: node.outputs.map(({ shape }) => [...shape]),
        dtype: String(first?.dtype ?? "").replace("torch.", ""),
        sequence: node._sequence_nr(),
        repeats: 1,
        node,
        norms: new HistoryRecorder(),
        passes: new HistoryRecorder(),
        lastNode: null,
        lastGradients: [],
        lastSent: [],
        held: [],
      }) - 1
    );
  }

  private alike(entry: Entry, name: string, origin: Origin, call: number, next: number[], node: Node): boolean {
    return (
      entry.call === call &&
      entry.name === name &&
      entry.origin.site === origin.site &&
      entry.origin.variable === origin.variable &&
      sameNumbers(entry.next, next) &&
      entry.shapes.length === node.outputs.length &&
      entry.shapes.every((shape, i) => sameNumbers(shape, node.outputs[i]!.shape))
    );
  }

  private bucket(hash: number, walk: number): Bucket {
    let bucket = this.buckets.get(hash);
    if (!bucket) {
      bucket = { entries: [], walk, cursor: 0 };
      this.buckets.set(hash, bucket);
    } else if (bucket.walk !== walk) {
      bucket.walk = walk;
      bucket.cursor = 0;
    }
    return bucket;
  }

  private nameId(name: string): number {
    let id = this.nameIds.get(name);
    if (id === undefined) {
      id = this.nameIds.size;
      this.nameIds.set(name, id);
    }
    return id;
  }
}

export function present(tensors: readonly (Tensor | null)[]): Tensor[] {
  return tensors.filter((tensor): tensor is Tensor => tensor !== null);
}

/** FNV-1a over whole numbers. */
function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 16777619) ^ (hash >>> 15);
}

export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
