/** Where the arrow keys lead: down to a producer, up to a consumer, sideways along the row. */
import type { GraphView, Placement } from "../src/graph";

export type Direction = "down" | "up" | "left" | "right";

/** Cards of one row may be of different heights. */
const SAME_ROW = 30;

export class Navigation {
  private readonly producers: number[][];
  private readonly consumers: number[][];
  /** Nodes as they are read: component by component, row by row, left to right. */
  readonly sequence: number[];
  private readonly position: number[];

  constructor(
    view: GraphView,
    private readonly placed: Pick<Placement, "x" | "y">,
  ) {
    this.producers = view.nodes.map(() => []);
    this.consumers = view.nodes.map(() => []);
    for (const { from, to } of view.edges) {
      this.producers[from]!.push(to);
      this.consumers[to]!.push(from);
    }
    const { x, y } = placed;
    this.sequence = view.nodes.map(({ index }) => index).sort((a, b) => y[a]! - y[b]! || x[a]! - x[b]!);
    this.position = [];
    this.sequence.forEach((node, i) => {
      this.position[node] = i;
    });
  }

  /** The node that a key leads to from `node`, or `node` itself at the border. */
  next(node: number, direction: Direction): number {
    const { x, y } = this.placed;
    if (direction === "down" || direction === "up") {
      const joined = (direction === "down" ? this.producers : this.consumers)[node]!;
      return nearest(joined, (other) => Math.abs(x[other]! - x[node]!)) ?? node;
    }
    const beside = this.sequence[this.position[node]! + (direction === "right" ? 1 : -1)];
    return beside !== undefined && Math.abs(y[beside]! - y[node]!) < SAME_ROW ? beside : node;
  }

  /** What is joined to `node`, itself included. */
  neighbourhood(node: number): Set<number> {
    return new Set([node, ...this.producers[node]!, ...this.consumers[node]!]);
  }
}

function nearest(nodes: readonly number[], distance: (node: number) => number): number | undefined {
  let best: number | undefined;
  for (const node of nodes) if (best === undefined || distance(node) < distance(best)) best = node;
  return best;
}
