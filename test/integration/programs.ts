/** What the tests do with the extension: open a program, select in it, run it, and wait for the outcome. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as vscode from "vscode";
import type { GradlensApi } from "../../src/extension";
import type { Trace } from "../../src/trace/model";

type Session = GradlensApi["session"];

/** Long enough for a cold, busy machine: no test here measures speed. */
const RUN_LIMIT_MS = 20_000;

export async function activate(): Promise<GradlensApi> {
  const extension = vscode.extensions.getExtension<GradlensApi>("gradlens.gradlens");
  assert.ok(extension, "VS Code does not know the extension");
  return extension.activate();
}

export async function openExample(name: string): Promise<vscode.TextEditor> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  assert.ok(folder, "no folder is open");
  return vscode.window.showTextDocument(vscode.Uri.file(join(folder, name)));
}

/** A program that is nowhere on disk. */
export async function openText(content: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: "typescript", content }));
}

/** Where `text` is, the first time after `from`. */
export function find(document: vscode.TextDocument, text: string, from?: vscode.Position): vscode.Range {
  const start = document.getText().indexOf(text, from ? document.offsetAt(from) : 0);
  assert.notEqual(start, -1, `the program has no ${JSON.stringify(text)}`);
  return new vscode.Range(document.positionAt(start), document.positionAt(start + text.length));
}

/** Selects from the beginning of the first text to the end of the second one after it. */
export function select(editor: vscode.TextEditor, first: string, last: string): void {
  const { start } = find(editor.document, first);
  const { end } = find(editor.document, last, start);
  editor.selection = new vscode.Selection(start, end);
}

/** Runs a Gradlens command and waits until the run that it starts has ended. */
export async function run(command: "runSelection" | "runFile"): Promise<Trace> {
  const { session } = await activate();
  const finished = nextRun(session);
  await vscode.commands.executeCommand(`gradlens.${command}`);
  return finished;
}

/** What the run that ends next got to. */
export function nextRun(session: Session): Promise<Trace> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      subscription.dispose();
      reject(new Error(`no run ended within ${RUN_LIMIT_MS / 1000} s`));
    }, RUN_LIMIT_MS);
    const subscription = session.onDidFinishRun(({ trace }) => {
      clearTimeout(limit);
      subscription.dispose();
      resolve(trace!);
    });
  });
}

/** The texts of what a person reads when the mouse rests there. */
export async function hoverAt(document: vscode.TextDocument, position: vscode.Position): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    "vscode.executeHoverProvider",
    document.uri,
    position,
  );
  return hovers
    .flatMap((hover) => hover.contents)
    .map((content) => (typeof content === "string" ? content : content.value))
    .join("\n\n");
}

/** Polls until `probe` has an answer. */
export async function eventually<T>(what: string, probe: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + 5000; Date.now() < end; ) {
    const value = probe();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never: ${what}`);
}
