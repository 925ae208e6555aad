/** Tensors within arrays and plain objects ("pytrees"): taken apart and put together again. */
import { isKeywords } from "../keywords";

/** The leaves of a tree in order, and how to put others in their places. */
export interface Flat {
  leaves: any[];
  rebuild(leaves: readonly any[]): any;
}

export function flatten(tree: any): Flat {
  const leaves: any[] = [];
  const walk = (node: any): void => {
    if (Array.isArray(node)) for (const child of node) walk(child);
    else if (isKeywords(node)) for (const child of Object.values(node)) walk(child);
    else leaves.push(node);
  };
  walk(tree);
  return {
    leaves,
    rebuild(others) {
      let next = 0;
      return mapTree(tree, () => others[next++]);
    },
  };
}

export function mapTree(tree: any, f: (leaf: any) => any): any {
  if (Array.isArray(tree)) return tree.map((child) => mapTree(child, f));
  if (!isKeywords(tree)) return f(tree);
  return Object.fromEntries(Object.entries(tree).map(([key, child]) => [key, mapTree(child, f)]));
}

/** One value of `prefix` for each leaf of `tree`: a value stands for all leaves below it. Null where the two do not match. */
export function broadcastTo(prefix: any, tree: any): any[] | null {
  if (Array.isArray(prefix)) {
    if (!Array.isArray(tree) || tree.length !== prefix.length) return null;
    return joined(tree.map((child, i) => broadcastTo(prefix[i], child)));
  }
  if (isKeywords(prefix)) {
    if (!isKeywords(tree)) return null;
    const keys = Object.keys(tree);
    if (keys.length !== Object.keys(prefix).length || keys.some((key) => !(key in prefix))) return null;
    return joined(keys.map((key) => broadcastTo(prefix[key], tree[key])));
  }
  return flatten(tree).leaves.map(() => prefix);
}

const joined = (parts: (any[] | null)[]): any[] | null => (parts.includes(null) ? null : parts.flat());

/** The shape of a tree, for errors: `[*, {a: *}]`. */
export function treeText(tree: any): string {
  if (Array.isArray(tree)) return `[${tree.map(treeText).join(", ")}]`;
  if (!isKeywords(tree)) return "*";
  return `{${Object.entries(tree)
    .map(([key, child]) => `${key}: ${treeText(child)}`)
    .join(", ")}}`;
}
