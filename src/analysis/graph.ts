/** The trace's graph with its neighbourhoods. Edges lead from a result to what it was computed from, to lower indices. */
import type { BackwardPass, Trace } from "../trace/model";

/** Products with weights: what counts as a layer. */
const PRODUCT = /^(?:Addmm|Mm|Bmm|Baddbmm|Addbmm|Mv|Addmv|Dot|Convolution\w*|Embedding\w*|Linear|Bilinear)Backward\d*$/;

export class Graph {
  readonly below: number[][];
  readonly above: number[][];

  constructor(readonly trace: Trace) {
    this.below = trace.nodes.map(() => []);
    this.above = trace.nodes.map(() => []);
    for (const { from, to } of trace.edges) {
      this.below[from]!.push(to);
      this.above[to]!.push(from);
    }
  }

  isLeaf(node: number): boolean {
    return this.trace.nodes[node]!.name === "AccumulateGrad";
  }

  /** A product with a parameter, element by element too. */
  isLayer(node: number): boolean {
    const { name } = this.trace.nodes[node]!;
    if (PRODUCT.test(name)) return true;
    if (name !== "MulBackward0") return false;
    const inputs = this.below[node]!;
    return (
      inputs.length === 2 && inputs.some((input) => this.isLeaf(input)) && inputs.some((input) => !this.isLeaf(input))
    );
  }

  isProduct(node: number): boolean {
    return PRODUCT.test(this.trace.nodes[node]!.name);
  }

  /** Whether some result of a node is fed to a product again: it is hidden, not an output. */
  isHidden(node: number): boolean {
    return this.search(this.above, node, (each) => this.isProduct(each)).length > 0;
  }

  /** The leaves of the nearest products below: what a layer is known by. */
  weightsBelow(node: number): number[] {
    const products = this.search(this.below, node, (each) => this.isProduct(each));
    return products.flatMap((product) => this.below[product]!.flatMap((input) => this.leavesOf(input)));
  }

  /** The leaf behind transposes and casts; none where the way branches into activations. */
  private leavesOf(input: number): number[] {
    for (let node = input; ; ) {
      if (this.isLeaf(node)) return [node];
      const next = this.below[node]!;
      if (next.length !== 1 || this.isProduct(node)) return [];
      node = next[0]!;
    }
  }

  /** The nearest nodes in one direction that answer. */
  private search(ways: readonly number[][], start: number, wanted: (node: number) => boolean): number[] {
    const found: number[] = [];
    const seen = new Set<number>(ways[start]);
    for (const node of seen) {
      if (wanted(node)) found.push(node);
      else for (const next of ways[node]!) seen.add(next);
    }
    return found;
  }

  /** Passes that differ in more than their number. */
  get passes(): readonly BackwardPass[] {
    return this.trace.passes;
  }
}
