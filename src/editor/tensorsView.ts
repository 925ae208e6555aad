/** The view *Tensors*: every tensor and module of the run, for the keyboard, the search (Ctrl+F) and the screen reader. */
import * as vscode from "vscode";
import type { Health } from "./health";
import type { Pins } from "./pins";
import type { Session } from "./session";
import { type TreeNode, tensorsTree } from "./tensorsModel";
import type { ValueRef } from "./values";

const VIEW = "gradlens.tensors";
/** A program that runs tells more often than a tree can be read. */
const PROGRESS_MS = 500;

const ICONS = { group: "list-tree", tensor: "symbol-array", number: "symbol-numeric", module: "symbol-class" } as const;

const COLORS: Partial<Record<Health, string>> = {
  healthy: "charts.green",
  vanishing: "gradlens.vanishingGradientForeground",
  zero: "gradlens.zeroGradientForeground",
  exploding: "gradlens.explodingGradientForeground",
  broken: "gradlens.brokenGradientForeground",
};

/** What menus and commands get: a value, and a node where it has one. */
class Item extends vscode.TreeItem implements ValueRef {
  readonly capture: number;
  readonly node: number | undefined;

  constructor(
    readonly tree: TreeNode,
    readonly run: number,
  ) {
    super(tree.label, tree.children.length > 0 ? EXPANSION[tree.kind] : vscode.TreeItemCollapsibleState.None);
    this.id = tree.id;
    this.capture = tree.capture ?? -1;
    this.node = tree.node;
    this.description = tree.description;
    const color = COLORS[tree.health];
    this.iconPath = new vscode.ThemeIcon(ICONS[tree.kind], color ? new vscode.ThemeColor(color) : undefined);
    const traits = [tree.capture === undefined ? tree.kind : "value placed", tree.pinned ? "pinned" : ""];
    this.contextValue = [...traits, tree.node === undefined ? "" : "node"].join(" ").trim();
    const health = tree.health === "unknown" || tree.health === "healthy" ? "" : `, ${tree.health} gradient`;
    this.accessibilityInformation = {
      label: `${tree.label}, ${tree.description.replace("‖∇‖", "gradient norm").replaceAll(" · ", ", ")}${health}`,
    };
    if (tree.capture !== undefined)
      this.command = {
        command: "gradlens.goToSource",
        title: "Go to Source",
        arguments: [{ run, capture: tree.capture }, true],
      };
    else if (tree.node !== undefined)
      this.command = { command: "gradlens.showGraph", title: "Show in Graph", arguments: [{ run, node: tree.node }] };
  }
}

const EXPANSION = {
  group: vscode.TreeItemCollapsibleState.Expanded,
  module: vscode.TreeItemCollapsibleState.Collapsed,
  tensor: vscode.TreeItemCollapsibleState.None,
  number: vscode.TreeItemCollapsibleState.None,
} as const;

export function registerTensorsView(
  session: Session,
  pins: Pins,
  tooltip: (ref: ValueRef) => vscode.MarkdownString | undefined,
): vscode.Disposable {
  const change = new vscode.EventEmitter<void>();
  const provider: vscode.TreeDataProvider<Item> = {
    onDidChangeTreeData: change.event,
    getTreeItem: (item) => item,
    getChildren(parent) {
      const run = session.latest;
      if (!run?.trace) return [];
      const nodes = parent ? parent.tree.children : tensorsTree(run.trace, (name) => pins.has(name));
      return nodes.map((node) => new Item(node, run.id));
    },
    resolveTreeItem(_, item) {
      item.tooltip = item.capture >= 0 ? tooltip(item) : `${item.tree.label} ${item.tree.description}`;
      return item;
    },
  };
  const view = vscode.window.createTreeView(VIEW, { treeDataProvider: provider });
  let soon: NodeJS.Timeout | undefined;
  const later = (): void => {
    soon ??= setTimeout(() => {
      soon = undefined;
      change.fire();
    }, PROGRESS_MS);
  };
  let shown: object | undefined;
  const refresh = (): void => {
    // An edit moves places, which the tree asks for only when they are gone to.
    const trace = session.latest?.trace;
    if (trace === shown) return;
    shown = trace;
    change.fire();
  };
  return vscode.Disposable.from(
    view,
    change,
    { dispose: () => clearTimeout(soon) },
    session.onDidChangeRun(refresh),
    session.onDidProgress(later),
    pins.onDidChange(() => change.fire()),
    vscode.commands.registerCommand("gradlens.showTensors", (options?: { preserveFocus?: boolean }) =>
      vscode.commands.executeCommand(`${VIEW}.focus`, options),
    ),
  );
}
