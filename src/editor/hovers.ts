/** Values and gradients where the pointer is. */
import * as vscode from "vscode";
import type { Capture, SourceRange } from "../trace/model";
import { appearance, SELECTOR } from "./documents";
import { hoverMarkdown } from "./hoverText";
import { contains, isInside } from "./places";
import type { Run, Session } from "./session";

export function registerHovers(session: Session): vscode.Disposable {
  return vscode.languages.registerHoverProvider(SELECTOR, {
    provideHover(document, position) {
      const run = session.finishedRun(document.uri);
      const found = run && captureAt(session, run, position);
      if (!found) return undefined;
      const { capture, range } = found;
      const markdown = new vscode.MarkdownString(
        hoverMarkdown(capture, {
          appearance: appearance(),
          edited: run.edited,
          showInGraph: (node) => showInGraph(run.id, node),
        }),
      );
      markdown.isTrusted = { enabledCommands: ["gradlens.showGraph"] };
      return new vscode.Hover(
        markdown,
        new vscode.Range(range.start.line, range.start.column, range.end.line, range.end.column),
      );
    },
  });
}

/** The innermost capture whose range, or one of whose uses, is under the pointer; a variable goes before an expression. */
function captureAt(
  session: Session,
  run: Run,
  { line, character }: vscode.Position,
): { capture: Capture; range: SourceRange } | undefined {
  let best: { capture: Capture; range: SourceRange } | undefined;
  for (const capture of run.trace?.captures ?? []) {
    for (const original of [capture.range, ...(capture.uses ?? [])]) {
      if (original.file !== 0) continue;
      const range = session.at(run, original);
      if (!range || !contains(range, { line, column: character })) continue;
      if (!best || isInside(range, best.range)) best = { capture, range };
    }
  }
  return best;
}

function showInGraph(run: number, node: number): string {
  return `command:gradlens.showGraph?${encodeURIComponent(JSON.stringify([{ run, node }]))}`;
}
