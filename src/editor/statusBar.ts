/** Two items: what runs or came of it, and the switch of live mode. */
import * as vscode from "vscode";
import { formatDuration } from "../graph/format";
import type { Trace } from "../trace/model";
import { importsGradlens, isProgram, nameOf } from "./documents";
import type { LiveMode } from "./liveMode";
import { type Progress, progressOf, progressText } from "./progress";
import type { Run, Session } from "./session";

export function registerStatusBar(session: Session, live: LiveMode): vscode.Disposable {
  return vscode.Disposable.from(registerRunItem(session), registerLiveItem(session, live));
}

function registerRunItem(session: Session): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("gradlens.run", vscode.StatusBarAlignment.Left, 10);
  item.name = "Gradlens";
  let before: { run: Run; progress: Progress } | undefined;
  const show = (run: Run | undefined): void => {
    if (!run) {
      item.hide();
      return;
    }
    if (run !== session.current) return;
    if (run.state === "running") {
      const progress = run.trace && progressOf(run.trace);
      const told = progress ? progressText(progress, before?.run === run ? before.progress : undefined) : "";
      if (progress) before = { run, progress };
      item.text = `$(loading~spin) ${told || "Gradlens"}`;
      item.tooltip = `Running ${nameOf(run.uri)}${told ? `: ${told}` : ""}. Click to stop.`;
      item.command = "gradlens.stop";
    } else if (run.trace) {
      item.text = `${ICONS[run.trace.status]} ${formatDuration(run.trace.durationMs)}`;
      item.tooltip = `Gradlens: ${nameOf(run.uri)}, ${summary(run.trace)}. Click to show the graph.`;
      item.command = "gradlens.showGraph";
    }
    item.accessibilityInformation = { label: String(item.tooltip) };
    item.show();
  };
  return vscode.Disposable.from(
    item,
    session.onDidChangeRun(show),
    session.onDidProgress((run) => run.announced && show(run)),
  );
}

function registerLiveItem(session: Session, live: LiveMode): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("gradlens.live", vscode.StatusBarAlignment.Left, 9);
  item.name = "Gradlens Live Mode";
  item.command = "gradlens.toggleLive";
  const show = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    if (!document) return;
    const isOurs = isProgram(document) && (importsGradlens(document) || session.part(document.uri) !== undefined);
    const on = live.isOn(document.uri);
    if (!isOurs && !on) {
      item.hide();
      return;
    }
    const why = live.obstacle(document.uri);
    item.text = on ? (why ? "$(debug-pause) Live" : "$(pulse) Live") : "$(circle-slash) Live";
    item.tooltip = !vscode.workspace.isTrusted
      ? "Live mode waits until you trust this workspace."
      : !on
        ? `Live mode is off: ${nameOf(document.uri)} runs when you run it. Click to run it with every edit.`
        : why
          ? `Live mode waits for text that runs: ${why}. Results are of the last text that did. Click to switch it off.`
          : `Live mode: ${nameOf(document.uri)} runs with every edit. Click to switch it off.`;
    item.accessibilityInformation = { label: item.tooltip, role: "button" };
    item.show();
  };
  let soon: NodeJS.Timeout | undefined;
  show();
  return vscode.Disposable.from(
    item,
    { dispose: () => clearTimeout(soon) },
    live.onDidChange(show),
    session.onDidFinishRun(show),
    vscode.window.onDidChangeActiveTextEditor(show),
    vscode.workspace.onDidGrantWorkspaceTrust(show),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("gradlens.live") && show()),
    vscode.workspace.onDidChangeTextDocument(() => {
      // An import may have come or gone.
      clearTimeout(soon);
      soon = setTimeout(show, 300);
    }),
  );
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
