/** Values and gradients where the pointer is, and what an operator is. */
import * as vscode from "vscode";
import type { Capture, SourceRange } from "../trace/model";
import { appearance, SELECTOR } from "./documents";
import { type HoverContext, hoverMarkdown, operatorMarkdown } from "./hoverText";
import { OperatorDocs } from "./operatorDocs";
import { contains, isInside } from "./places";
import type { Part, Run, Session } from "./session";
import { findValue, type ValueRef } from "./values";

const COMMANDS = ["gradlens.showGraph", "gradlens.copyJson", "gradlens.copyPyTorch", "gradlens.pin"];
/** Called on these without a run that says so, a name is an operator's. */
const ENGINE = /\b(?:torch|F|linalg|special|fft|functional)\.$/;

export function registerHovers(session: Session, extensionUri: vscode.Uri): vscode.Disposable {
  const docs = new OperatorDocs(vscode.Uri.joinPath(extensionUri, "dist", "operators.json").fsPath);
  return vscode.languages.registerHoverProvider(SELECTOR, {
    provideHover(document, position) {
      const called = operatorAt(document, position, docs);
      const part = session.part(document.uri);
      const found = part && foundIn(session, part, position);
      if (!found) {
        if (!called?.isEngines) return undefined;
        return new vscode.Hover(new vscode.MarkdownString(operatorMarkdown(called)), called.range);
      }
      const { run, capture, range } = found;
      const isCall = capture.kind === "expression" && capture.last.kind === "tensor";
      const operator = called && (isCall || called.isEngines) ? called : undefined;
      return new vscode.Hover(
        valueMarkdown(run, capture, operator),
        operator?.range ?? new vscode.Range(range.start.line, range.start.column, range.end.line, range.end.column),
      );
    },
  });
}

/** What a hover says of a value, for other places that tell it. */
export function valueTooltip(session: Session, ref: ValueRef): vscode.MarkdownString | undefined {
  const found = findValue(session, ref);
  return found && valueMarkdown(found.run, found.capture);
}

function valueMarkdown(run: Run, capture: Capture, operator?: HoverContext["operator"]): vscode.MarkdownString {
  const ref: ValueRef = { run: run.id, capture: run.trace?.captures.indexOf(capture) ?? -1 };
  const markdown = new vscode.MarkdownString(
    hoverMarkdown(capture, {
      appearance: appearance(),
      edited: run.edited,
      showInGraph: (node) => link("gradlens.showGraph", { run: run.id, node }),
      copyJson: link("gradlens.copyJson", ref),
      copyPyTorch: link("gradlens.copyPyTorch", ref),
      pin: link("gradlens.pin", ref),
      operator,
    }),
    true,
  );
  markdown.isTrusted = { enabledCommands: COMMANDS };
  return markdown;
}

/** In the run itself or, where it has not come (again), in the one before it. */
function foundIn(session: Session, { run, file }: Part, position: vscode.Position) {
  const found = captureAt(session, { run, file }, position);
  if (found) return { run, ...found };
  const { previous } = run;
  const before = previous && captureAt(session, { run: previous, file }, position);
  return before && { run: previous, ...before };
}

/** The operator whose name, before a parenthesis, is under the pointer. */
function operatorAt(document: vscode.TextDocument, position: vscode.Position, docs: OperatorDocs) {
  const range = document.getWordRangeAtPosition(position, /[A-Za-z_]\w*/);
  if (!range) return undefined;
  const line = document.lineAt(position.line).text;
  const before = line.slice(0, range.start.character);
  if (!/\.\s*$/.test(before) || !/^\s*(?:<[^()]*>)?\(/.test(line.slice(range.end.character))) return undefined;
  const name = document.getText(range);
  const doc = docs.of(name);
  return doc ? { name, doc, range, isEngines: ENGINE.test(before) } : undefined;
}

/** The innermost capture whose range, or one of whose uses, is under the pointer; a variable goes before an expression. */
function captureAt(
  session: Session,
  { run, file }: Part,
  { line, character }: vscode.Position,
): { capture: Capture; range: SourceRange } | undefined {
  let best: { capture: Capture; range: SourceRange } | undefined;
  for (const capture of run.trace?.captures ?? []) {
    for (const original of [capture.range, ...(capture.uses ?? [])]) {
      if (original.file !== file) continue;
      const range = session.at(run, original);
      if (!range || !contains(range, { line, column: character })) continue;
      if (!best || isInside(range, best.range)) best = { capture, range };
    }
  }
  return best;
}

function link(command: string, argument: unknown): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify([argument]))}`;
}
