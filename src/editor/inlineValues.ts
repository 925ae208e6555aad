/** Results at the end of their lines, as decorations: the text itself never moves. */
import * as vscode from "vscode";
import type { SourceRange, Trace } from "../trace/model";
import type { Health } from "./health";
import { inlineTexts, type LineText } from "./inlineText";
import type { LiveMode } from "./liveMode";
import type { Part, Session } from "./session";

const COLORS: Record<Health, string> = {
  unknown: "gradlens.inlineValueForeground",
  healthy: "gradlens.inlineValueForeground",
  vanishing: "gradlens.vanishingGradientForeground",
  zero: "gradlens.zeroGradientForeground",
  exploding: "gradlens.explodingGradientForeground",
  broken: "gradlens.brokenGradientForeground",
};
const STALE = "gradlens.staleInlineValueForeground";

const SETTING = "inlineValues.enabled";

export function registerInlineValues(session: Session, live: LiveMode): vscode.Disposable {
  const type = vscode.window.createTextEditorDecorationType({
    after: { margin: "0 0 0 3ch" },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
  });

  /** Of each editor, the trace whose values it shows. */
  const shown = new WeakMap<vscode.TextEditor, Trace>();

  const decorate = (editor: vscode.TextEditor): void => {
    const { document } = editor;
    const part = session.part(document.uri);
    if (part?.run.trace) shown.set(editor, part.run.trace);
    else shown.delete(editor);
    const enabled = vscode.workspace.getConfiguration("gradlens", document.uri).get(SETTING, true);
    editor.setDecorations(type, part && enabled ? decorations(part, document) : []);
  };

  const decorations = (part: Part, document: vscode.TextDocument): vscode.DecorationOptions[] => {
    const { run } = part;
    const { current } = session;
    const isReplaced = current !== run && current?.state === "running" && current.uri.toString() === run.uri.toString();
    // While an edit's own result is on its way, what stands is not dimmed: it would flicker at every key.
    const isStale = live.isOn(run.uri) ? live.isBehind(run.uri) : run.edited || isReplaced;
    const lines = new Map<number, LineText & { color: string }>();
    const { previous } = run;
    const isPartial = run.state === "running" || run.trace?.status !== "ok";
    if (previous && isPartial) {
      for (const [line, value] of linesOf({ run: previous, file: part.file }, document))
        lines.set(line, { ...value, color: STALE });
    }
    for (const [line, value] of linesOf(part, document))
      lines.set(line, { ...value, color: isStale ? STALE : COLORS[value.health] });
    return [...lines]
      .filter(([line]) => line < document.lineCount)
      .map(([line, { text, color }]) => {
        const { end } = document.lineAt(line).range;
        const after = { contentText: text, color: new vscode.ThemeColor(color) };
        return { range: new vscode.Range(end, end), renderOptions: { after } };
      });
  };

  const linesOf = ({ run, file }: Part, document: vscode.TextDocument): Map<number, LineText> => {
    if (!run.trace) return new Map();
    const at = (range: SourceRange) => session.at(run, range);
    const textOf = (line: number) => (line < document.lineCount ? document.lineAt(line).text : "");
    return inlineTexts(run.trace, { file, at, textOf });
  };

  const decorateAll = (): void => vscode.window.visibleTextEditors.forEach(decorate);
  const runChanged = (): void => {
    for (const editor of vscode.window.visibleTextEditors) {
      const run = session.part(editor.document.uri)?.run;
      // The result of an edit in live mode comes at once: until then the editor moves what it shows by itself.
      const isAwaited = run?.edited && live.isOn(run.uri) && !live.isBehind(run.uri);
      if (!isAwaited || shown.get(editor) !== run.trace) decorate(editor);
    }
  };
  return vscode.Disposable.from(
    type,
    session.onDidChangeRun(runChanged),
    session.onDidProgress(decorateAll),
    live.onDidChange(decorateAll),
    vscode.window.onDidChangeVisibleTextEditors(decorateAll),
    vscode.workspace.onDidChangeConfiguration(
      (event) => event.affectsConfiguration("gradlens.inlineValues") && decorateAll(),
    ),
    vscode.commands.registerCommand("gradlens.toggleInlineValues", () => {
      const settings = vscode.workspace.getConfiguration("gradlens");
      return settings.update(SETTING, !settings.get(SETTING, true), vscode.ConfigurationTarget.Global);
    }),
  );
}
