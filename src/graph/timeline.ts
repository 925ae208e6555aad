/** A backward pass as steps in the order in which they ran, the forward pass before it, and what stands where in between. */
import type { BackwardPass, GraphEdge, Num, Trace } from "../trace/model";
import { toNumber } from "./format";

export interface Step {
  phase: "forward" | "backward";
  node: number;
}

/** What has come to a node that has not run yet. */
export interface Gathering {
  node: number;
  /** Parts that have arrived, of so many. */
  parts: number;
  of: number;
  /** Their sum so far, of a few elements. */
  sum?: number[];
}

export interface Sent {
  edge: GraphEdge;
  gathering: Gathering;
}

/** How things stand after a step. */
export interface Standing {
  step: Step;
  /** Nodes of this phase that have run, this one included. */
  done: ReadonlySet<number>;
  /** Nodes with a part of their gradient, or all of it, that have not run. */
  waiting: Gathering[];
  /** What this step sent, and what has gathered there by it. */
  sent: Sent[];
}

export class Timeline {
  readonly steps: readonly Step[];
  /** Index of the first backward step. */
  readonly turn: number;
  private readonly out = new Map<number, GraphEdge[]>();
  private readonly expected = new Map<number, number>();

  constructor(
    private readonly trace: Pick<Trace, "nodes" | "edges">,
    private readonly pass: BackwardPass,
  ) {
    const ran = new Set(pass.order);
    for (const edge of trace.edges) {
      if (!ran.has(edge.from)) continue;
      const edges = this.out.get(edge.from);
      if (edges) edges.push(edge);
      else this.out.set(edge.from, [edge]);
      this.expected.set(edge.to, (this.expected.get(edge.to) ?? 0) + 1);
    }
    const forward = this.forward(ran);
    this.turn = forward.length;
    this.steps = [
      ...forward.map((node): Step => ({ phase: "forward", node })),
      ...pass.order.map((node): Step => ({ phase: "backward", node })),
    ];
  }

  /** Results in the order they were made, each leaf before its first use. */
  private forward(ran: ReadonlySet<number>): number[] {
    const { nodes } = this.trace;
    const isLeaf = (node: number): boolean => nodes[node]!.name === "AccumulateGrad";
    const made = [...ran].filter((node) => !isLeaf(node)).sort((a, b) => nodes[a]!.sequence - nodes[b]!.sequence);
    const order = new Set<number>();
    for (const node of made) {
      for (const { to } of this.out.get(node) ?? []) if (isLeaf(to) && ran.has(to)) order.add(to);
      order.add(node);
    }
    for (const node of ran) order.add(node);
    return [...order];
  }

  /** After step `at`. */
  standing(at: number): Standing {
    const step = this.steps[at]!;
    const start = step.phase === "forward" ? 0 : this.turn;
    const done = new Set<number>();
    for (let i = start; i <= at; i++) done.add(this.steps[i]!.node);
    if (step.phase === "forward") return { step, done, waiting: [], sent: [] };
    const gathered = new Map<number, Gathering>();
    for (const root of this.pass.roots) this.gather(gathered, root);
    for (const node of done) {
      for (const edge of this.out.get(node) ?? []) this.gather(gathered, edge.to, edge);
    }
    const sent = (this.out.get(step.node) ?? []).flatMap((edge) => {
      const gathering = gathered.get(edge.to);
      return edge.flow && gathering ? [{ edge, gathering }] : [];
    });
    const waiting = [...gathered.values()].filter(({ node, parts }) => parts > 0 && !done.has(node));
    return { step, done, waiting, sent };
  }

  private gather(gathered: Map<number, Gathering>, node: number, edge?: GraphEdge): void {
    const root = this.pass.roots.includes(node) ? 1 : 0;
    const known = gathered.get(node) ?? { node, parts: 0, of: (this.expected.get(node) ?? 0) + root };
    gathered.set(node, known);
    if (!edge) known.parts++;
    if (!edge?.flow) return;
    known.parts++;
    const values = edge.flow.values?.map(toNumber);
    // Outputs of one node are apart from each other: only a single one adds up.
    if (!values || root > 0 || this.trace.nodes[node]!.shapes.length > 1) return;
    known.sum = known.sum && known.parts > 1 ? known.sum.map((sum, i) => sum + values[i]!) : values;
  }
}

/** The passes of a run that a slider goes through: their numbers over the whole run. */
export function passNumbers({ at, repeats }: BackwardPass, max: number): number[] {
  if (at) return at;
  const stride = Math.max(1, Math.ceil(repeats / max));
  return Array.from({ length: Math.ceil(repeats / stride) }, (_, i) => i * stride);
}

/** The trace with the gradient norms that it had at a pass; nodes that no gradient had reached by then have none. */
export function traceAt<T extends Pick<Trace, "nodes">>(trace: T, pass: number): T {
  const nodes = trace.nodes.map((node) => {
    const { gradient, norms } = node;
    if (!gradient || !norms) return node;
    const norm = normAt(norms.values, norms.at, norms.stride, pass);
    if (norm === undefined) {
      const { gradient: _, ...rest } = node;
      return rest;
    }
    const finite = Number.isFinite(toNumber(norm));
    const stats = { ...gradient.stats, norm, nan: norm === "nan" ? 1 : 0, inf: finite || norm === "nan" ? 0 : 1 };
    return { ...node, gradient: { ...gradient, stats } };
  });
  return { ...trace, nodes };
}

/** The last one kept up to then. */
function normAt(
  values: readonly Num[],
  at: readonly number[] | undefined,
  stride: number,
  pass: number,
): Num | undefined {
  if (!at) return values[Math.min(values.length - 1, Math.floor(pass / stride))];
  const i = at.findLastIndex((number) => number <= pass);
  return i < 0 ? undefined : values[i];
}
