/** What is wrong with a run's gradients, as diagnostics with their pages and their quick fixes. */
import * as vscode from "vscode";
import { analyse, type Finding, type Fix, hintOf, isCode } from "../analysis";
import { resolveEdit } from "../analysis/edits";
import { SELECTOR } from "./documents";
import type { Run, Session } from "./session";

/** The diagnostics of a run's findings, and the fixes that go with them. */
export class Findings implements vscode.Disposable {
  /** By document, then by what a diagnostic says and where. */
  private readonly fixes = new Map<string, Map<string, { run: Run; fixes: readonly Fix[] }>>();
  private readonly provider: vscode.Disposable;

  constructor(
    private readonly session: Session,
    private readonly extensionUri: vscode.Uri,
  ) {
    this.provider = vscode.languages.registerCodeActionsProvider(
      SELECTOR,
      { provideCodeActions: (document, _range, { diagnostics }) => this.actions(document, diagnostics) },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    );
  }

  dispose(): void {
    this.provider.dispose();
  }

  clear(): void {
    this.fixes.clear();
  }

  /** Diagnostics of everything that {@link analyse} finds, but of errors, which are told where they were thrown. */
  of(run: Run): [vscode.Uri, vscode.Diagnostic][] {
    if (!run.trace) return [];
    return analyse(run.trace).flatMap((finding): [vscode.Uri, vscode.Diagnostic][] => {
      const place = finding.range && this.session.locate(run, finding.range);
      if (finding.severity === "error" || !place) return [];
      const diagnostic = this.diagnostic(run, finding, place.range);
      this.remember(place.uri, diagnostic, run, finding.fixes);
      return [[place.uri, diagnostic]];
    });
  }

  /** What is known about an error besides its text: a hint beside the diagnostic, and its fixes. */
  advise(run: Run, uri: vscode.Uri, diagnostic: vscode.Diagnostic): void {
    const hint = run.trace && hintOf(run.trace);
    if (!hint) return;
    const here = new vscode.Location(uri, diagnostic.range);
    diagnostic.relatedInformation = [
      new vscode.DiagnosticRelatedInformation(here, hint.todo),
      ...(diagnostic.relatedInformation ?? []),
    ];
    this.remember(uri, diagnostic, run, hint.fixes);
  }

  private diagnostic(run: Run, { code, message, related }: Finding, range: vscode.Range): vscode.Diagnostic {
    const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Warning);
    diagnostic.source = "gradlens";
    diagnostic.code = isCode(code) ? { value: code, target: pageOf(this.extensionUri, code) } : code;
    diagnostic.relatedInformation = related.flatMap((each) => {
      const at = this.session.locate(run, each.range);
      return at ? [new vscode.DiagnosticRelatedInformation(new vscode.Location(at.uri, at.range), each.message)] : [];
    });
    return diagnostic;
  }

  private remember(uri: vscode.Uri, diagnostic: vscode.Diagnostic, run: Run, fixes: readonly Fix[]): void {
    if (fixes.length === 0) return;
    const known = this.fixes.get(uri.toString()) ?? new Map();
    this.fixes.set(uri.toString(), known.set(keyOf(diagnostic), { run, fixes }));
  }

  private actions(document: vscode.TextDocument, diagnostics: readonly vscode.Diagnostic[]): vscode.CodeAction[] {
    const known = this.fixes.get(document.uri.toString());
    return diagnostics.flatMap((diagnostic) => {
      const { run, fixes } = (diagnostic.source === "gradlens" && known?.get(keyOf(diagnostic))) || {};
      if (!run || !fixes) return [];
      return fixes.flatMap((fix) => this.action(document, diagnostic, run, fix));
    });
  }

  /** No action where the text has been edited since, or is not what the fix was made for. */
  private action(
    document: vscode.TextDocument,
    diagnostic: vscode.Diagnostic,
    run: Run,
    { title, edit }: Fix,
  ): vscode.CodeAction[] {
    const place = this.session.locate(run, edit.range);
    if (!place || place.uri.toString() !== document.uri.toString()) return [];
    const { start, end } = place.range;
    const change = resolveEdit(edit, document.getText(), {
      start: { line: start.line, column: start.character },
      end: { line: end.line, column: end.character },
    });
    if (!change) return [];
    const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    action.diagnostics = [diagnostic];
    action.edit = new vscode.WorkspaceEdit();
    action.edit.replace(
      document.uri,
      new vscode.Range(change.start.line, change.start.column, change.end.line, change.end.column),
      change.text,
    );
    return [action];
  }
}

/** The page that says what a code means. */
export function pageOf(extensionUri: vscode.Uri, code: string): vscode.Uri {
  return vscode.Uri.joinPath(extensionUri, "docs", "findings", `${code}.md`);
}

function keyOf({ message, range }: vscode.Diagnostic): string {
  return `${range.start.line}:${range.start.character} ${message}`;
}
