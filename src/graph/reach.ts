/** Which results a result depends on, and which depend on it. */
import type { Trace } from "../trace/model";

export interface Reach {
  /** What `node` is made from, nearest first. */
  below: number[];
  /** What is made from `node`, nearest first. */
  above: number[];
}

export function reachOf({ edges }: Pick<Trace, "edges">, node: number): Reach {
  const down = new Map<number, number[]>();
  const up = new Map<number, number[]>();
  for (const { from, to } of edges) {
    push(down, from, to);
    push(up, to, from);
  }
  return { below: walk(down, node), above: walk(up, node) };
}

function walk(next: ReadonlyMap<number, readonly number[]>, start: number): number[] {
  const seen = new Set([start]);
  for (const node of seen) for (const other of next.get(node) ?? []) seen.add(other);
  seen.delete(start);
  return [...seen];
}

function push(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
