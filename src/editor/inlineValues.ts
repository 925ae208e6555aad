/** Results at the end of their lines, as decorations: the text itself never moves. */
import * as vscode from "vscode";
import type { SourceRange } from "../trace/model";
import { inlineTexts } from "./inlineText";
import type { Session } from "./session";

export function registerInlineValues(session: Session): vscode.Disposable {
  const fresh = vscode.window.createTextEditorDecorationType(style("gradlens.inlineValueForeground"));
  const stale = vscode.window.createTextEditorDecorationType(style("gradlens.staleInlineValueForeground"));

  const decorate = (editor: vscode.TextEditor): void => {
    const { document } = editor;
    const run = session.finishedRun(document.uri);
    const enabled = vscode.workspace.getConfiguration("gradlens", document.uri).get("inlineValues.enabled", true);
    const decorations: vscode.DecorationOptions[] = [];
    if (run?.trace && enabled) {
      const at = (range: SourceRange) => session.at(run, range);
      const textOf = (line: number) => (line < document.lineCount ? document.lineAt(line).text : "");
      for (const [line, text] of inlineTexts(run.trace.captures, at, textOf)) {
        if (line >= document.lineCount) continue;
        const end = document.lineAt(line).range.end;
        decorations.push({ range: new vscode.Range(end, end), renderOptions: { after: { contentText: text } } });
      }
    }
    const replaced = session.current?.state === "running" && session.current.uri.toString() === document.uri.toString();
    const old = run?.edited || replaced;
    editor.setDecorations(fresh, old ? [] : decorations);
    editor.setDecorations(stale, old ? decorations : []);
  };
  const decorateAll = (): void => vscode.window.visibleTextEditors.forEach(decorate);
  return vscode.Disposable.from(
    fresh,
    stale,
    session.onDidChangeRun(decorateAll),
    vscode.window.onDidChangeVisibleTextEditors(decorateAll),
    vscode.workspace.onDidChangeConfiguration(
      (event) => event.affectsConfiguration("gradlens.inlineValues") && decorateAll(),
    ),
  );
}

function style(color: string): vscode.DecorationRenderOptions {
  return {
    after: { margin: "0 0 0 3ch", color: new vscode.ThemeColor(color) },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
  };
}
