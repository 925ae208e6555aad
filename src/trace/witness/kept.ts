/** Graphs that outlive their step: what a variable still holds of passes that are over. */
import { type Node, sequenceNow } from "../../torch/autograd/node";
import { Tensor } from "../../torch/tensor";
import type { Kept } from "../facts";
import type { SourceRange } from "../model";
import { collections } from "./collections";
import { type Holder, type Scene, targets } from "./scene";

interface Pass {
  /** Nodes made from here on are younger than the pass. */
  sequence: number;
  createGraph: boolean;
}

/** Nodes looked at in all. */
const VISITS_MAX = 200_000;
const CHAIN_MIN = 2;
const LIST_MIN = 3;
const FILLS = ["push", "unshift", "set", "add"];

export class KeptGraphs {
  private readonly passes: Pass[] = [];
  /** The first pass that ran a node. */
  private readonly ran = new WeakMap<Node, number>();

  constructor(private readonly scene: Scene) {}

  /** `capture`: `autograd.grad`, whose graphs are kept on purpose. */
  pass(createGraph: boolean, capture: boolean): void {
    this.passes.push({ sequence: sequenceNow(), createGraph: createGraph || capture });
  }

  runs(node: Node): void {
    if (!this.ran.has(node)) this.ran.set(node, this.passes.length - 1);
  }

  /**
   * `refused`: a backward ended the program, through a graph that was freed, or that a step has changed since; then one such
   * link is the cause, after a step only one from a value to the next that the same line makes.
   */
  finish(refused: "freed" | "stepped" | undefined): Kept[] {
    const found: Kept[] = [];
    const holders = [...this.scene.holders()];
    let visits = 0;
    // What is added to in place is one tensor, seen where it was made once and at each change.
    const seen = new Map<unknown, number>();
    for (const { last, count } of holders) seen.set(last, Math.max(count, seen.get(last) ?? 0));
    const lists = new Set<object>();
    for (const { kind, name, range, last, object } of holders) {
      if (kind !== "variable") continue;
      if (last instanceof Tensor && (seen.get(last)! > CHAIN_MIN || refused) && visits < VISITS_MAX) {
        const held = this.reachable(last);
        visits += held.visits;
        if (held.passes.size < (refused ? 1 : CHAIN_MIN)) continue;
        const linked = held.link && this.scene.madeBy(held.link).range;
        const carried = held.carried && this.scene.madeBy(held.carried).range;
        if (refused === "stepped" && !(linked && carried && isOneLine(linked, carried))) continue;
        const place = linked ?? range;
        found.push({ range: place, variable: name, form: "chain", passes: held.passes.size });
      } else if (!refused) {
        for (const { path, collection, elements } of collections(object ?? last, name, this.scene)) {
          if (lists.has(collection)) continue;
          lists.add(collection);
          const passes = this.listed(elements);
          if (passes < LIST_MIN) continue;
          found.push({ range: filledAt(holders, path) ?? range, variable: path, form: "list", passes });
        }
      }
    }
    return found;
  }

  /** Passes older than the tensor whose nodes it still leads to, and the node (`link`) that ties it to one (`carried`) of the latest. */
  private reachable(tensor: Tensor): { passes: Set<number>; link?: Node; carried?: Node; visits: number } {
    const passes = new Set<number>();
    const root = nodeOf(tensor);
    const seen = new Set<Node>(root ? [root] : []);
    let link: Node | undefined;
    let carried: Node | undefined;
    let latest = -1;
    for (const node of seen) {
      if (seen.size > VISITS_MAX) break;
      for (const next of targets(node)) {
        if ("variable" in next) continue;
        const pass = this.ran.get(next);
        if (
          pass !== undefined &&
          root!._sequence_nr() >= this.passes[pass]!.sequence &&
          !this.passes[pass]!.createGraph
        ) {
          passes.add(pass);
        }
        const over = this.overBefore(node, next);
        if (over > latest) [latest, link, carried] = [over, node, next];
        seen.add(next);
      }
    }
    return { passes, ...(link && carried ? { link, carried } : {}), visits: seen.size };
  }

  /** The last pass after which `node` was made and before which `next` was; -1 for none. */
  private overBefore(node: Node, next: Node): number {
    const { passes } = this;
    let low = 0;
    let high = passes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (passes[middle]!.sequence <= node._sequence_nr()) low = middle + 1;
      else high = middle;
    }
    for (let pass = low - 1; pass >= 0 && passes[pass]!.sequence > next._sequence_nr(); pass--) {
      if (!passes[pass]!.createGraph) return pass;
    }
    return -1;
  }

  /** Elements whose graph ran before a later element was made. */
  private listed(list: readonly Tensor[]): number {
    const nodes = list.map(nodeOf);
    const youngest = nodes.reduce((most, node) => Math.max(most, node?._sequence_nr() ?? -1), -1);
    const passes = new Set<number>();
    for (const node of nodes) {
      const pass = node ? this.ran.get(node) : undefined;
      if (pass === undefined) continue;
      const { sequence, createGraph } = this.passes[pass]!;
      if (!createGraph && youngest >= sequence) passes.add(pass);
    }
    return passes.size;
  }
}

/** Where the program puts something into a collection: `log.losses.push(…)`, `this.losses.push(…)`. */
function filledAt(holders: readonly Holder[], path: string): SourceRange | undefined {
  const own = path.slice(path.lastIndexOf(".") + 1);
  const fills = (name: string, of: string) => FILLS.some((method) => name.startsWith(`${of}.${method}(`));
  const calls = holders.filter(({ kind }) => kind === "expression");
  const found =
    calls.find(({ name }) => fills(name, path)) ??
    (own === path ? undefined : calls.find(({ name }) => fills(name.slice(name.indexOf(`.${own}.`) + 1), own)));
  return found?.range;
}

const isOneLine = (a: SourceRange, b: SourceRange): boolean => a.file === b.file && a.start.line === b.start.line;

function nodeOf(tensor: Tensor): Node | null {
  try {
    return tensor.grad_fn;
  } catch {
    return null;
  }
}
