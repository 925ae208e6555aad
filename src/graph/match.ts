/** Which node of one run is which of another: by module path, name and structure, then by what they are joined to. */
import type { GraphNode, ModuleCall, Trace } from "../trace/model";

type Graph = Pick<Trace, "nodes" | "edges" | "calls">;

/**
 * For each node of `after` its counterpart in `before`, or -1; no counterpart is given twice. Source lines are not compared,
 * for an edit above moves them all: they only decide among nodes that are alike in everything else.
 */
export function matchNodes(before: Graph, after: Graph): Int32Array {
  const [old, now] = [new Indexed(before), new Indexed(after)];
  const match = new Match(old, now);
  for (const kind of ["both", "below", "above"] as const) match.byKey(old[kind], now[kind]);
  match.spread();
  match.byKey(old.label, now.label);
  match.byPlace();
  match.spread();
  match.spread("op");
  return match.result;
}

/** A module call's names from the outermost: `model/blocks.0/attention`, a later call of the same as `cell#2`. */
export function callPath(calls: readonly ModuleCall[] | undefined, call: number | undefined): string {
  const parts: string[] = [];
  for (let c = call ?? -1; c >= 0 && calls?.[c]; c = calls[c]!.parent) {
    const { name, repetition } = calls[c]!;
    parts.push(repetition > 0 ? `${name}#${repetition}` : name);
  }
  return parts.reverse().join("/");
}

/** A graph with its neighbours by number, and a key for each node. */
class Indexed {
  readonly nodes: readonly GraphNode[];
  /** Pairs (neighbour, input of the edge). */
  readonly producers: [number, number][][];
  readonly consumers: [number, number][][];
  readonly label: string[];
  /** The label without the variable: a name goes from one node to another when an op is added after it. */
  readonly op: string[];
  /** Of a node and all that is below it. */
  readonly below: string[];
  /** Of a node and all that is above it. */
  readonly above: string[];
  readonly both: string[];

  constructor({ nodes, edges, calls }: Graph) {
    this.nodes = nodes;
    this.producers = nodes.map(() => []);
    this.consumers = nodes.map(() => []);
    for (const { from, to, input } of edges) {
      this.producers[from]!.push([to, input]);
      this.consumers[to]!.push([from, input]);
    }
    const paths = new Map<number | undefined, string>();
    const path = (call: number | undefined) => {
      if (!paths.has(call)) paths.set(call, callPath(calls, call));
      return paths.get(call)!;
    };
    this.op = nodes.map(({ name, call }) => `${name} ${path(call)}`);
    this.label = nodes.map(({ variable }, v) => `${this.op[v]} ${variable ?? ""}`);
    const order = topological(this.producers, this.consumers);
    const down = hashes(this.label, order.slice().reverse(), this.producers);
    const up = hashes(this.label, order, this.consumers);
    this.below = this.label.map((label, v) => `${label} ${down[v]}`);
    this.above = this.label.map((label, v) => `${label} ${up[v]}`);
    this.both = this.label.map((label, v) => `${label} ${down[v]} ${up[v]}`);
  }
}

class Match {
  readonly result: Int32Array;
  private readonly taken: Uint8Array;

  constructor(
    private readonly old: Indexed,
    private readonly now: Indexed,
  ) {
    this.result = new Int32Array(now.nodes.length).fill(-1);
    this.taken = new Uint8Array(old.nodes.length);
  }

  /** Nodes that share a key are paired in the order of the forward pass, if both runs have as many of them. */
  byKey(oldKeys: readonly string[], nowKeys: readonly string[]): void {
    const groups = this.groups(oldKeys, nowKeys);
    for (const { mine, theirs } of groups) {
      if (mine.length !== theirs.length) continue;
      mine.forEach((v, i) => {
        this.pair(theirs[i]!, v);
      });
    }
  }

  /** What is left of one label, by its line and then in order. */
  byPlace(): void {
    for (const { mine, theirs } of this.groups(this.old.label, this.now.label)) {
      const places = new Map<string, number[]>();
      for (const o of theirs)
        places.set(place(this.old.nodes[o]!), [...(places.get(place(this.old.nodes[o]!)) ?? []), o]);
      for (const v of mine) {
        const o = places.get(place(this.now.nodes[v]!))?.shift();
        if (o !== undefined) this.pair(o, v);
      }
      const left = theirs.filter((o) => !this.taken[o]);
      for (const v of mine) if (this.result[v] === -1 && left.length > 0) this.pair(left.shift()!, v);
    }
  }

  /** From what is matched to its neighbours, an op that only one of the runs has between them passed over. */
  spread(by: "label" | "op" = "label"): void {
    const alike = (o: number, v: number) => this.old[by][o] === this.now[by][v];
    const queue = [...this.result.keys()].filter((v) => this.result[v] !== -1);
    for (let head = 0; head < queue.length; head++) {
      const v = queue[head]!;
      const o = this.result[v]!;
      for (const side of ["producers", "consumers"] as const) {
        const free = this.old[side][o]!.filter(([n]) => !this.taken[n]);
        const mine = this.now[side][v]!.filter(([n]) => this.result[n] === -1);
        for (const [n, input] of mine) {
          if (this.result[n] !== -1) continue;
          const same = free.find(([m, i]) => i === input && !this.taken[m] && alike(m, n));
          const partner = same ? [same[0], n] : this.passedOver(side, free, n, input, alike);
          if (!partner) continue;
          this.pair(partner[0]!, partner[1]!);
          queue.push(partner[1]!);
        }
      }
    }
  }

  /** `n` was added, or what stood in its place was removed: the pair on the far side of it. */
  private passedOver(
    side: "producers" | "consumers",
    free: readonly [number, number][],
    n: number,
    input: number,
    alike: (o: number, v: number) => boolean,
  ): [number, number] | undefined {
    for (const [m, i] of free) {
      if (i !== input || this.taken[m]) continue;
      for (const [further] of this.now[side][n]!)
        if (this.result[further] === -1 && alike(m, further)) return [m, further];
      for (const [further] of this.old[side][m]!) if (!this.taken[further] && alike(further, n)) return [further, n];
    }
    return undefined;
  }

  private pair(o: number, v: number): void {
    if (this.taken[o] || this.result[v] !== -1) return;
    this.result[v] = o;
    this.taken[o] = 1;
  }

  private groups(oldKeys: readonly string[], nowKeys: readonly string[]): { mine: number[]; theirs: number[] }[] {
    const groups = new Map<string, { mine: number[]; theirs: number[] }>();
    nowKeys.forEach((key, v) => {
      if (this.result[v] !== -1) return;
      const group = groups.get(key);
      if (group) group.mine.push(v);
      else groups.set(key, { mine: [v], theirs: [] });
    });
    oldKeys.forEach((key, o) => {
      if (!this.taken[o]) groups.get(key)?.theirs.push(o);
    });
    const bySequence = (nodes: readonly GraphNode[]) => (a: number, b: number) =>
      nodes[a]!.sequence - nodes[b]!.sequence || a - b;
    for (const { mine, theirs } of groups.values()) {
      mine.sort(bySequence(this.now.nodes));
      theirs.sort(bySequence(this.old.nodes));
    }
    return [...groups.values()];
  }
}

function place({ range }: GraphNode): string {
  return range ? `${range.file}:${range.start.line}:${range.start.column}` : "";
}

/** Consumers before producers; nodes on a cycle (there should be none) at the end. */
function topological(producers: readonly [number, number][][], consumers: readonly [number, number][][]): number[] {
  const waiting = consumers.map((list) => list.length);
  const order = [...waiting.keys()].filter((v) => waiting[v] === 0);
  for (let head = 0; head < order.length; head++)
    for (const [p] of producers[order[head]!]!) if (--waiting[p]! === 0) order.push(p);
  if (order.length < waiting.length) for (const [v, left] of waiting.entries()) if (left > 0) order.push(v);
  return order;
}

/** FNV-1a of a node's label and, in the order of their inputs, of its neighbours' hashes. */
function hashes(
  label: readonly string[],
  order: readonly number[],
  neighbours: readonly [number, number][][],
): Int32Array {
  const hash = new Int32Array(label.length);
  for (const v of order) {
    let h = 0x811c9dc5;
    for (let i = 0; i < label[v]!.length; i++) h = Math.imul(h ^ label[v]!.charCodeAt(i), 16777619);
    let sum = 0;
    // A sum, because consumers come in no particular order.
    for (const [n, input] of neighbours[v]!) sum = (sum + Math.imul(hash[n]! ^ (input + 1), 0x9e3779b1)) | 0;
    hash[v] = Math.imul(h ^ sum, 16777619) ^ (h >>> 15);
  }
  return hash;
}
