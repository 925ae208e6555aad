/** What a run threw, at its place; a crash has none. */
import * as vscode from "vscode";
import type { Run, Session } from "./session";

export function registerDiagnostics(session: Session): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection("gradlens");
  return vscode.Disposable.from(
    collection,
    session.onDidChangeRun((run) => {
      if (!run || run.state === "running") collection.clear();
    }),
    session.onDidFinishRun((run) => report(session, run, collection)),
  );
}

function report(session: Session, run: Run, collection: vscode.DiagnosticCollection): void {
  // A run that is over at once was never announced: its predecessor's words still stand.
  collection.clear();
  const error = run.trace?.error;
  if (!error || run.trace?.status === "stopped") return;
  if (run.trace?.status === "crashed") {
    void vscode.window.showErrorMessage(`Gradlens: ${error.message}.`);
    return;
  }
  const place = error.range && session.locate(run, error.range);
  const diagnostic = new vscode.Diagnostic(
    place?.range ?? new vscode.Range(0, 0, 0, 0),
    error.message,
    vscode.DiagnosticSeverity.Error,
  );
  diagnostic.source = "gradlens";
  diagnostic.code = error.name;
  diagnostic.relatedInformation = error.stack.slice(1).flatMap((frame) => {
    const at = session.locate(run, frame.range);
    return at
      ? [
          new vscode.DiagnosticRelatedInformation(
            new vscode.Location(at.uri, at.range),
            `called from ${frame.function ?? "here"}`,
          ),
        ]
      : [];
  });
  collection.set(place?.uri ?? run.uri, [diagnostic]);
}
