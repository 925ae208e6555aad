/** One item: a spinner that stops the run, then what came of it. */
import * as vscode from "vscode";
import { formatDuration } from "../graph/format";
import type { Trace } from "../trace/model";
import { nameOf } from "./documents";
import type { Run, Session } from "./session";

export function registerStatusBar(session: Session): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("gradlens.run", vscode.StatusBarAlignment.Left, 10);
  item.name = "Gradlens";
  const show = (run: Run | undefined): void => {
    if (!run) {
      item.hide();
      return;
    }
    if (run !== session.current) return;
    if (run.state === "running") {
      item.text = "$(loading~spin) Gradlens";
      item.tooltip = `Running ${nameOf(run.uri)}. Click to stop.`;
      item.command = "gradlens.stop";
    } else if (run.trace) {
      item.text = `${ICONS[run.trace.status]} ${formatDuration(run.trace.durationMs)}`;
      item.tooltip = `Gradlens: ${nameOf(run.uri)}, ${summary(run.trace)}. Click to show the graph.`;
      item.command = "gradlens.showGraph";
    }
    item.accessibilityInformation = { label: String(item.tooltip) };
    item.show();
  };
  return vscode.Disposable.from(item, session.onDidChangeRun(show));
}

const ICONS: Record<Trace["status"], string> = {
  ok: "$(type-hierarchy-sub)",
  error: "$(error)",
  exited: "$(type-hierarchy-sub)",
  stopped: "$(debug-stop)",
  crashed: "$(error)",
};

function summary(trace: Trace): string {
  const count = trace.nodes.length + trace.omittedNodes;
  const nodes = count === 1 ? "1 node" : `${count} nodes`;
  return trace.error ? `${trace.error.name} after ${formatDuration(trace.durationMs)}` : `${trace.status}, ${nodes}`;
}
