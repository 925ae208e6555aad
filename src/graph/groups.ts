/** Which nodes belong together: by module call, function call, loop iteration or source line; runs of equal groups folded. */
import type { GraphNode, ModuleCall, SourceBlock, Trace } from "../trace/model";
import { topological } from "./layout/ranks";

export type Grouping = "module" | "function" | "loop" | "line" | "none";

export interface Group {
  /** The same in every run of the program, as long as its names and places are. */
  key: string;
  kind: "call" | "function" | "loop" | "iteration" | "line" | "run" | "derivative";
  title: string;
  subtitle: string;
  /** Index of the group around it; -1 for none. Groups come after the group around them. */
  parent: number;
  /** Trace nodes in it, at any depth. */
  size: number;
  /** Of a loop or a run of equal groups: its iterations in the order of the forward pass. */
  steps?: number[];
}

export interface Grouped {
  mode: Grouping;
  groups: Group[];
  /** For each trace node the innermost group that it is in, -1 for none. */
  of: Int32Array;
}

type Source = Pick<Trace, "nodes" | "edges" | "calls" | "blocks" | "executions">;

/** A group's own part of a path. */
type Segment = Pick<Group, "key" | "kind" | "title" | "subtitle">;

/** Equal groups in a row from this many on are folded. */
const RUN_LEAST = 3;
/** A group of fewer nodes is none. */
const SIZE_LEAST = 2;
const LEAF = "AccumulateGrad";

/** Groupings that tell anything about this run. */
export function groupingsOf(trace: Source): Grouping[] {
  const modes = (["module", "function", "loop", "line"] as const).filter(
    (mode) => groupsOf(trace, mode).groups.length > 0,
  );
  return [...modes, "none"];
}

export function groupsOf(trace: Source, mode: Grouping): Grouped {
  if (mode === "none") return { mode, groups: [], of: new Int32Array(trace.nodes.length).fill(-1) };
  const paths = pathsOf(trace, mode);
  trace.nodes.forEach(({ derivativeOf }, v) => {
    if (derivativeOf !== undefined) paths[v] = [DERIVATIVE];
  });
  placeLeaves(trace, paths);
  const tree = new Tree(trace, paths);
  tree.foldRuns();
  return tree.finish(mode);
}

/** A group and all that it is in, outermost first. */
export function pathTo({ groups }: Pick<Grouped, "groups">, group: number): number[] {
  const path: number[] = [];
  for (let g = group; g >= 0; g = groups[g]!.parent) path.push(g);
  return path.reverse();
}

/**
 * The groups that are open at first: as many as leave at most `limit` cards, outer ones before inner ones and small ones
 * before large ones.
 */
export function openAtFirst(grouped: Grouped, limit: number): Set<string> {
  const { groups, of } = grouped;
  const own = new Int32Array(groups.length);
  let visible = 0;
  for (const g of of) {
    if (g < 0) visible++;
    else own[g]!++;
  }
  const children = groups.map((): number[] => []);
  groups.forEach(({ parent }, g) => {
    if (parent < 0) visible++;
    else children[parent]!.push(g);
  });
  const depth = groups.map(() => 0);
  groups.forEach(({ parent }, g) => {
    depth[g] = parent < 0 ? 0 : depth[parent]! + 1;
  });
  const open = new Set<string>();
  const byDepth = groups
    .map((_, g) => g)
    .sort((a, b) => depth[a]! - depth[b]! || groups[a]!.size - groups[b]!.size || a - b);
  for (const g of byDepth) {
    const { parent, key, steps } = groups[g]!;
    if (parent >= 0 && !open.has(groups[parent]!.key)) continue;
    const shown = own[g]! + (steps ? Math.min(steps.length, 3) : children[g]!.length);
    if (visible - 1 + shown > limit) continue;
    visible += shown - 1;
    open.add(key);
  }
  return open;
}

const DERIVATIVE: Segment = { key: "derivative", kind: "derivative", title: "derivative", subtitle: "create_graph" };

function pathsOf(trace: Source, mode: Exclude<Grouping, "none">): Segment[][] {
  if (mode === "module") return modulePaths(trace);
  if (mode === "line") return trace.nodes.map(linePath);
  return blockPaths(trace, mode);
}

function modulePaths({ nodes, calls }: Source): Segment[][] {
  const known = new Map<number, Segment[]>();
  const path = (call: number): Segment[] => {
    const before = known.get(call);
    if (before) return before;
    const { parent, ...own } = calls![call]!;
    const outer = parent >= 0 ? path(parent) : [];
    const made = [...outer, callSegment(own, outer.at(-1)?.key ?? "")];
    known.set(call, made);
    return made;
  };
  return nodes.map(({ call }) => (call === undefined || !calls?.[call] ? [] : path(call)));
}

function callSegment({ name, type, repetition }: Omit<ModuleCall, "parent">, outer: string): Segment {
  const times = repetition > 0 ? `#${repetition}` : "";
  const title = name === type ? type : repetition > 0 ? `${name} ${repetition + 1}` : name;
  return { key: `${outer}/${name}${times}`, kind: "call", title, subtitle: type };
}

function linePath({ name, range }: GraphNode): Segment[] {
  if (!range || name === LEAF) return [];
  const { file, start } = range;
  return [{ key: `line ${file}:${start.line}`, kind: "line", title: `line ${start.line + 1}`, subtitle: "" }];
}

/** Executions nest as calls do: a function's within the iteration that called it, an inner loop's within the outer one's. */
function blockPaths({ nodes, blocks = [], executions = [] }: Source, mode: "function" | "loop"): Segment[][] {
  const order = [...nodes.keys()]
    .filter((v) => nodes[v]!.name !== LEAF && nodes[v]!.derivativeOf === undefined)
    .sort((a, b) => nodes[a]!.sequence - nodes[b]!.sequence || a - b);
  const wanted = executions.filter(({ block }) => blocks[block]?.kind === mode);
  const paths: Segment[][] = nodes.map(() => []);
  const stack: { last: number; path: Segment[] }[] = [];
  /** How often a block ran within the one around it, by the keys of both. */
  const counts = new Map<string, number>();
  let next = 0;
  for (const v of order) {
    const { sequence } = nodes[v]!;
    while (next < wanted.length && wanted[next]!.first <= sequence) {
      const { block, first, last } = wanted[next++]!;
      if (last < sequence) continue;
      while (stack.length > 0 && stack.at(-1)!.last < first) stack.pop();
      const outer = stack.at(-1)?.path ?? [];
      const { range } = blocks[block]!;
      const base = `${outer.at(-1)?.key ?? ""}/${mode} ${range.file}:${range.start.line}:${range.start.column}`;
      const index = counts.get(base) ?? 0;
      counts.set(base, index + 1);
      stack.push({ last, path: [...outer, ...blockSegments(blocks[block]!, base, index)] });
    }
    while (stack.length > 0 && stack.at(-1)!.last < sequence) stack.pop();
    paths[v] = stack.at(-1)?.path ?? [];
  }
  // A loop that went round once, or whose steps are all alike to the graph, is none.
  const once = new Set([...counts].flatMap(([base, count]) => (mode === "loop" && count < 2 ? [base] : [])));
  return paths.map((path) => path.filter(({ key }) => !once.has(key.replace(/#\d+$/, ""))));
}

function blockSegments({ kind, name, range }: SourceBlock, base: string, index: number): Segment[] {
  const line = `line ${range.start.line + 1}`;
  if (kind === "function")
    return [{ key: `${base}#${index}`, kind, title: index > 0 ? `${name} ${index + 1}` : name, subtitle: line }];
  return [
    { key: base, kind, title: name, subtitle: line },
    { key: `${base}#${index}`, kind: "iteration", title: `step ${index + 1}`, subtitle: name },
  ];
}

/** A leaf stands where all of its consumers stand: in the innermost group that they share. */
function placeLeaves({ nodes, edges }: Source, paths: Segment[][]): void {
  const shared = new Map<number, Segment[]>();
  for (const { from, to } of edges) {
    if (nodes[to]!.name !== LEAF) continue;
    const path = paths[from]!;
    const before = shared.get(to);
    if (!before) {
      shared.set(to, path);
      continue;
    }
    let same = 0;
    while (same < path.length && same < before.length && path[same]!.key === before[same]!.key) same++;
    shared.set(to, before.slice(0, same));
  }
  for (const [leaf, path] of shared) paths[leaf] = path;
}

interface Branch extends Segment {
  parent: Branch | null;
  children: Branch[];
  /** Trace nodes directly in it. */
  own: number[];
  steps?: Branch[];
  /** Order of the forward pass. */
  first: number;
}

/** Paths put together. */
class Tree {
  private readonly root: Branch = branch({ key: "", kind: "call", title: "", subtitle: "" }, null);
  private readonly between: (members: ReadonlySet<number>) => boolean;

  constructor(
    private readonly trace: Source,
    paths: readonly (readonly Segment[])[],
  ) {
    this.between = convexity(trace);
    const byKey = new Map<string, Branch>();
    paths.forEach((path, v) => {
      let here = this.root;
      const { name, sequence } = trace.nodes[v]!;
      for (const segment of path) {
        let next = byKey.get(segment.key);
        if (!next) {
          next = branch(segment, here);
          byKey.set(segment.key, next);
          here.children.push(next);
        }
        if (name !== LEAF) next.first = Math.min(next.first, sequence);
        here = next;
      }
      here.own.push(v);
    });
    this.prune(this.root);
  }

  /** A group that is too small, or that something outside stands in the middle of, gives its contents to the one around it. */
  private prune(at: Branch): void {
    for (const child of [...at.children]) this.prune(child);
    at.children.sort((a, b) => a.first - b.first);
    if (at === this.root) return;
    const members = new Set(membersOf(at));
    const empty = at.kind === "iteration" ? members.size < 1 : members.size < SIZE_LEAST;
    if (!empty && this.between(members)) return;
    const { parent } = at;
    parent!.own.push(...at.own);
    parent!.children = parent!.children.flatMap((child) => (child === at ? at.children : [child]));
    for (const child of at.children) child.parent = parent;
  }

  foldRuns(): void {
    const fold = (at: Branch): void => {
      for (const child of at.children) fold(child);
      if (at.kind === "loop") {
        const steps = at.children.filter(({ kind }) => kind === "iteration");
        if (steps.length > 1) at.steps = steps;
        return;
      }
      const folded: Branch[] = [];
      for (let i = 0; i < at.children.length; ) {
        let end = i + 1;
        const first = at.children[i]!;
        const like = first.kind === "call" || first.kind === "function" ? this.signature(first) : "";
        while (like && end < at.children.length && this.signature(at.children[end]!) === like) end++;
        const run = at.children.slice(i, end);
        const members = new Set(run.flatMap(membersOf));
        if (run.length >= RUN_LEAST && this.between(members)) folded.push(this.run(run, at));
        else folded.push(...run);
        i = end;
      }
      at.children = folded;
    };
    fold(this.root);
  }

  private run(steps: Branch[], parent: Branch): Branch {
    const [first, last] = [steps[0]!, steps.at(-1)!];
    const made = branch(
      {
        key: `${first.key} …`,
        kind: "run",
        title: first.subtitle,
        subtitle: first.title === last.title ? first.title : `${first.title} … ${last.title}`,
      },
      parent,
    );
    for (const step of steps) step.parent = made;
    made.children = steps;
    made.steps = steps;
    made.first = first.first;
    return made;
  }

  /** What two equal groups have in common: class, ops and shapes in the order of the forward pass. */
  private signature(at: Branch): string {
    const { nodes } = this.trace;
    const members = membersOf(at).sort((a, b) => nodes[a]!.sequence - nodes[b]!.sequence || a - b);
    return `${at.subtitle} ${members.map((v) => `${nodes[v]!.name}${JSON.stringify(nodes[v]!.shapes)}`).join(" ")}`;
  }

  finish(mode: Grouping): Grouped {
    const groups: Group[] = [];
    const of = new Int32Array(this.trace.nodes.length).fill(-1);
    const numbers = new Map<Branch, number>();
    const visit = (at: Branch, parent: number): number => {
      const { key, kind, title, subtitle } = at;
      const group: Group = { key, kind, title, subtitle, parent, size: at.own.length };
      const index = groups.push(group) - 1;
      numbers.set(at, index);
      for (const v of at.own) of[v] = index;
      for (const child of at.children) group.size += visit(child, index);
      if (at.steps) group.steps = at.steps.map((step) => numbers.get(step)!);
      return group.size;
    };
    for (const child of this.root.children) visit(child, -1);
    return { mode, groups, of };
  }
}

function branch(segment: Segment, parent: Branch | null): Branch {
  return { ...segment, parent, children: [], own: [], first: Number.POSITIVE_INFINITY };
}

function membersOf({ own, children }: Branch): number[] {
  return [...own, ...children.flatMap(membersOf)];
}

/** Says whether no way leads out of a set of nodes and back in: else, closed, it would stand above and below the same node. */
function convexity({ nodes, edges }: Source): (members: ReadonlySet<number>) => boolean {
  const count = nodes.length;
  const from = Int32Array.from(edges, (edge) => edge.from);
  const to = Int32Array.from(edges, (edge) => edge.to);
  const order = topological(count, from, to);
  const place = new Int32Array(count);
  order.forEach((v, i) => {
    place[v] = i;
  });
  const producers: number[][] = nodes.map(() => []);
  for (const edge of edges) producers[edge.from]!.push(edge.to);
  return (members) => {
    let [low, high] = [count, -1];
    for (const v of members) {
      low = Math.min(low, place[v]!);
      high = Math.max(high, place[v]!);
    }
    const left = new Set<number>();
    for (let i = low; i <= high; i++) {
      const v = order[i]!;
      const isIn = members.has(v);
      if (!isIn && !left.has(v)) continue;
      for (const p of producers[v]!) {
        if (members.has(p)) {
          if (!isIn) return false;
        } else left.add(p);
      }
    }
    return true;
  };
}
