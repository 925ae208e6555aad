/** What can be run, above where it begins: each cell, and the file at its first import of gradlens. */
import * as vscode from "vscode";
import { cellStarts } from "./cells";
import { importsGradlens, SELECTOR } from "./documents";
import type { LiveMode } from "./liveMode";

const IMPORT = /^\s*import\b.*["']gradlens/;

export function registerCodeLens(live: LiveMode): vscode.Disposable {
  const change = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    change,
    live.onDidChange(() => change.fire()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => change.fire()),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("gradlens") && change.fire()),
    vscode.languages.registerCodeLensProvider(SELECTOR, {
      onDidChangeCodeLenses: change.event,
      provideCodeLenses: (document) => (isWanted(document) ? lensesOf(document, live) : []),
    }),
  );
}

function isWanted(document: vscode.TextDocument): boolean {
  return (
    vscode.workspace.isTrusted && vscode.workspace.getConfiguration("gradlens", document).get("codeLens.enabled", true)
  );
}

function lensesOf(document: vscode.TextDocument, live: LiveMode): vscode.CodeLens[] {
  const lenses: vscode.CodeLens[] = [];
  const add = (line: number, title: string, tooltip: string, command: string, ...args: unknown[]) => {
    lenses.push(new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, tooltip, command, arguments: args }));
  };
  if (importsGradlens(document)) {
    const line = Math.max(0, lineOfImport(document));
    add(line, "$(run-all) Run File", "Run the whole text, saved or not", "gradlens.runFile", document.uri);
    const on = live.isOn(document.uri);
    const tooltip = on ? "Stop running the file with every edit" : "Run the file with every edit";
    add(line, on ? "$(pulse) Live: on" : "$(pulse) Live: off", tooltip, "gradlens.toggleLive", document.uri);
  }
  for (const start of cellStarts(document.getText())) {
    const { line } = document.positionAt(start);
    const tooltip = "Run this cell, after the statements above it that it depends on";
    add(line, "$(play) Run Cell", tooltip, "gradlens.runCell", document.uri, start);
  }
  return lenses;
}

function lineOfImport(document: vscode.TextDocument): number {
  for (let line = 0; line < document.lineCount; line++) if (IMPORT.test(document.lineAt(line).text)) return line;
  return -1;
}
