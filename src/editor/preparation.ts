/** A process that waits for the first run, as soon as a program that names the engine is in sight. */
import * as vscode from "vscode";
import { importsGradlens, isProgram } from "./documents";
import type { Session } from "./session";

/** A window that opens has other things to do first. */
const DELAY_MS = 1500;

export function registerPreparation(session: Session): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    if (timer || !vscode.workspace.isTrusted) return;
    const documents = vscode.window.visibleTextEditors.map(({ document }) => document);
    if (!documents.some((document) => isProgram(document) && importsGradlens(document))) return;
    timer = setTimeout(() => void session.prepare().catch(() => {}), DELAY_MS);
  };
  look();
  return vscode.Disposable.from(
    { dispose: () => clearTimeout(timer) },
    vscode.window.onDidChangeVisibleTextEditors(look),
    vscode.workspace.onDidGrantWorkspaceTrust(look),
  );
}
