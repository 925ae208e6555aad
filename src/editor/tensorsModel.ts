/** The run's tensors and modules as a tree: the graph's accessible twin. No VS Code in here. */
import { formatNorm, formatNumber, formatShape } from "../graph/format";
import type { Capture, Parameter, Statistics, Trace } from "../trace/model";
import { type Health, healthOf } from "./health";

export interface TreeNode {
  /** Unique, and the same from run to run, so that what is open stays open. */
  id: string;
  kind: "group" | "tensor" | "number" | "module";
  label: string;
  /** Value summary and gradient. */
  description: string;
  health: Health;
  /** Index into the trace's captures. */
  capture?: number;
  /** Index into the trace's nodes. */
  node?: number;
  pinned?: boolean;
  children: TreeNode[];
}

/** Pinned variables first, then variables in the order of the text, then modules with their parameters. */
export function tensorsTree(trace: Trace, isPinned: (name: string) => boolean): TreeNode[] {
  const health = healthOf(trace.nodes);
  const variables: TreeNode[] = [];
  const modules: TreeNode[] = [];
  for (const [index, capture] of lastOfEach(trace.captures)) {
    const node =
      capture.last.kind === "other" ? moduleNode(trace, index, health) : variableNode(capture, index, health);
    if (node) (node.kind === "module" ? modules : variables).push({ ...node, pinned: isPinned(capture.name) });
  }
  const pinned = [...variables, ...modules].filter((node) => node.pinned).map((node) => under("pinned", node));
  return [
    ...group("pinned", "Pinned", pinned),
    ...group("variables", "Variables", variables),
    ...group("modules", "Modules", modules),
  ];
}

function group(id: string, label: string, children: TreeNode[]): TreeNode[] {
  return children.length > 0
    ? [{ id, kind: "group", label, description: String(children.length), health: "unknown", children }]
    : [];
}

/** A node that stands elsewhere in the tree too needs an id of its own. */
function under(prefix: string, node: TreeNode): TreeNode {
  return { ...node, id: `${prefix}/${node.id}`, children: node.children.map((child) => under(prefix, child)) };
}

/** A variable is assigned at several places; what it held last is what it holds. */
function lastOfEach(captures: readonly Capture[]): [number, Capture][] {
  const byName = new Map<string, [number, Capture]>();
  for (const [index, capture] of captures.entries()) {
    if (capture.kind !== "variable") continue;
    const key = `${capture.range.file} ${capture.name}`;
    byName.delete(key);
    byName.set(key, [index, capture]);
  }
  return [...byName.values()].sort(
    ([, a], [, b]) => a.range.file - b.range.file || a.range.start.line - b.range.start.line,
  );
}

function variableNode(capture: Capture, index: number, health: (stats: Statistics) => Health): TreeNode | undefined {
  const { last, name, range } = capture;
  const id = `${range.file}/${name}`;
  if (last.kind === "number") {
    const description = formatNumber(last.value);
    return { id, kind: "number", label: name, description, health: "unknown", capture: index, children: [] };
  }
  if (last.kind !== "tensor") return undefined;
  const { tensor, node } = last;
  const { gradient } = tensor;
  return {
    id,
    kind: "tensor",
    label: name,
    description: describe(tensor.shape, tensor.dtype, tensor.stats, gradient?.stats),
    health: gradient ? health(gradient.stats) : "unknown",
    capture: index,
    ...(node === undefined ? {} : { node }),
    children: [],
  };
}

/** A variable under whose name parameters go is a module. */
function moduleNode(trace: Trace, index: number, health: (stats: Statistics) => Health): TreeNode | undefined {
  const { name, last, range } = trace.captures[index]!;
  const parameters = (trace.parameters ?? []).filter((parameter) => parameter.name.startsWith(`${name}.`));
  if (parameters.length === 0 || last.kind !== "other") return undefined;
  const total = parameters.reduce((sum, { value }) => sum + value.numel, 0);
  const description = `${last.type} · ${total.toLocaleString("en")} parameters`;
  const id = `${range.file}/${name}`;
  const root: TreeNode = {
    id,
    kind: "module",
    label: name,
    description,
    health: "unknown",
    capture: index,
    children: [],
  };
  for (const parameter of parameters) addParameter(root, parameter, parameter.name.slice(name.length + 1), health);
  return root;
}

function addParameter(root: TreeNode, parameter: Parameter, path: string, health: (stats: Statistics) => Health): void {
  const steps = path.split(".");
  const own = steps.pop()!;
  let parent = root;
  for (const step of steps) {
    const id = `${parent.id}.${step}`;
    let child = parent.children.find((each) => each.id === id);
    if (!child) {
      child = { id, kind: "module", label: step, description: "", health: "unknown", children: [] };
      parent.children.push(child);
    }
    parent = child;
  }
  const { shape, dtype, value, gradient, node } = parameter;
  parent.children.push({
    id: `${parent.id}.${own}`,
    kind: "tensor",
    label: own,
    description: describe(shape, dtype, value, gradient),
    health: gradient ? health(gradient) : "unknown",
    ...(node === undefined ? {} : { node }),
    children: [],
  });
}

/** `[64, 16] float32 · mean 0.12 · ‖∇‖ 0.031`; a scalar is its number. */
function describe(
  shape: readonly number[],
  dtype: string,
  value: Statistics,
  gradient: Statistics | undefined,
): string {
  const bad = [value.nan > 0 ? `${value.nan} NaN` : "", value.inf > 0 ? `${value.inf} Inf` : ""].filter(Boolean);
  const said =
    value.numel === 1 ? formatNumber(value.mean) : value.numel > 1 ? `mean ${formatNumber(value.mean)}` : "empty";
  const parts = [`${formatShape(shape)} ${dtype}`, said, ...bad];
  if (gradient) parts.push(formatNorm(gradient.norm));
  return parts.join(" · ");
}
