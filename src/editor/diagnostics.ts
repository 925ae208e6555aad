/** What a run threw, at its place (a crash has none), and what is wrong with its gradients. */
import * as vscode from "vscode";
import { Findings } from "./findings";
import type { Run, Session } from "./session";

export function registerDiagnostics(session: Session, extensionUri: vscode.Uri): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection("gradlens");
  const findings = new Findings(session, extensionUri);
  let isEmpty = true;
  const clear = () => {
    if (!isEmpty) collection.clear();
    isEmpty = true;
    findings.clear();
  };
  return vscode.Disposable.from(
    collection,
    findings,
    session.onDidChangeRun((run) => {
      if (!run || run.state === "running") clear();
    }),
    session.onDidFinishRun((run) => {
      // A run that is over at once was never announced: its predecessor's words still stand.
      clear();
      const told = byDocument([...thrown(session, run, findings), ...findings.of(run)]);
      if (told.length === 0) return;
      isEmpty = false;
      collection.set(told);
    }),
  );
}

type Placed = [vscode.Uri, vscode.Diagnostic];

function byDocument(all: readonly Placed[]): [vscode.Uri, vscode.Diagnostic[]][] {
  const documents = new Map<string, [vscode.Uri, vscode.Diagnostic[]]>();
  for (const [uri, diagnostic] of all) {
    const known = documents.get(uri.toString());
    if (known) known[1].push(diagnostic);
    else documents.set(uri.toString(), [uri, [diagnostic]]);
  }
  return [...documents.values()];
}

function thrown(session: Session, run: Run, findings: Findings): Placed[] {
  const error = run.trace?.error;
  if (!error || run.trace?.status === "stopped") return [];
  if (run.trace?.status === "crashed") {
    void vscode.window.showErrorMessage(`Gradlens: ${error.message}.`);
    return [];
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
  const uri = place?.uri ?? run.uri;
  findings.advise(run, uri, diagnostic);
  return [[uri, diagnostic]];
}
