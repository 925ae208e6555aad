/** From the graph to the source and back. */
import * as vscode from "vscode";
import type { RevealTarget } from "../../webview/protocol";
import type { SourceRange, Trace } from "../trace/model";
import type { GraphPanel } from "./graphPanel";
import { contains, isInside } from "./places";
import type { Part, Session } from "./session";

const FLASH_MS = 900;

export function registerReveal(session: Session, panel: GraphPanel): vscode.Disposable {
  const flash = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("editor.findMatchHighlightBackground"),
    border: "1px solid",
    borderColor: new vscode.ThemeColor("editor.findMatchHighlightBorder"),
  });
  let follow: ReturnType<typeof setTimeout> | undefined;
  return vscode.Disposable.from(
    flash,
    { dispose: () => clearTimeout(follow) },
    panel.onDidReveal(async ({ run, target, focus }) => {
      const range = run.trace && rangeOf(run.trace, target);
      if (!range) return;
      const place = session.locate(run, range);
      if (place) await goTo(place.uri, place.range, focus, flash);
      else
        vscode.window.setStatusBarMessage("$(info) That code was edited since the run; run it again to find it.", 4000);
    }),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind, selections }) => {
      // A selection that a command made is our own, or none to follow.
      if (kind === undefined || kind === vscode.TextEditorSelectionChangeKind.Command) return;
      clearTimeout(follow);
      follow = setTimeout(() => {
        const part = session.part(textEditor.document.uri);
        if (!part || part.run !== session.latest) return;
        const node = nodeAt(session, part, selections[0]!.active);
        if (node !== undefined) panel.select(part.run, node, false);
      }, 60);
    }),
  );
}

function rangeOf(trace: Trace, target: RevealTarget): SourceRange | undefined {
  if (target.kind === "error") return trace.error?.range;
  return (target.kind === "node" ? trace.nodes : trace.figures)[target.index]?.range;
}

async function goTo(
  uri: vscode.Uri,
  range: vscode.Range,
  focus: boolean,
  flash: vscode.TextEditorDecorationType,
): Promise<void> {
  const visible = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
  const editor = await vscode.window.showTextDocument(uri, {
    viewColumn: visible?.viewColumn ?? vscode.ViewColumn.One,
    preserveFocus: !focus,
    selection: range,
  });
  // The cursor at its beginning, so that what it shows is where the expression is.
  editor.selection = new vscode.Selection(range.end, range.start);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  editor.setDecorations(flash, [range]);
  setTimeout(() => editor.setDecorations(flash, []), FLASH_MS);
}

/** The node made by the innermost expression around the cursor, or held by the variable under it. */
function nodeAt(session: Session, { run, file }: Part, { line, character }: vscode.Position): number | undefined {
  const position = { line, column: character };
  let best: { range: SourceRange; node: number } | undefined;
  const consider = (original: SourceRange | undefined, node: number | undefined): void => {
    if (!original || node === undefined || original.file !== file) return;
    const range = session.at(run, original);
    if (range && contains(range, position) && (!best || isInside(range, best.range))) best = { range, node };
  };
  for (const [index, { range }] of (run.trace?.nodes ?? []).entries()) consider(range, index);
  for (const { range, uses, last } of run.trace?.captures ?? []) {
    if (last.kind === "tensor") for (const place of [range, ...(uses ?? [])]) consider(place, last.node);
  }
  return best?.node;
}
