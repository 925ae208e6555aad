/** What a person can ask for. */
import * as vscode from "vscode";
import { cellAround } from "./cells";
import { isProgram } from "./documents";
import type { GraphPanel } from "./graphPanel";
import type { LiveMode } from "./liveMode";
import type { Session } from "./session";

/** UTF-16 offsets. */
interface Selection {
  start: number;
  end: number;
}

export function registerCommands(session: Session, panel: GraphPanel, live: LiveMode): vscode.Disposable {
  const commands: Record<string, (...args: never[]) => unknown> = {
    "gradlens.runSelection": () => runEditor(session, panel, selectionOf),
    "gradlens.runCell": (uri?: vscode.Uri, offset?: number) =>
      runEditor(session, panel, (editor) => cellOf(editor, offset), uri),
    "gradlens.runFile": (uri?: vscode.Uri) => runEditor(session, panel, () => undefined, uri),
    "gradlens.runAgain": () => runAgain(session),
    "gradlens.showGraph": (node?: { run: number; node: number }) => panel.show(node),
    "gradlens.openGraphToSide": () => panel.openToSide(),
    "gradlens.stop": () => session.stop(),
    "gradlens.toggleLive": (uri?: vscode.Uri) => toggleLive(live, panel, uri),
    "gradlens.clear": () => session.clear(),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, command]) => vscode.commands.registerCommand(name, command)),
  );
}

/** What ran last, as its document stands now. */
async function runAgain(session: Session): Promise<void> {
  const run = session.latest;
  if (!run || !vscode.workspace.isTrusted) return;
  const document = await vscode.workspace.openTextDocument(run.uri);
  const { text, selection } = run.request;
  // After an edit the old offsets would cut the text anywhere.
  await session.run(document, document.getText() === text ? selection : undefined);
}

/** The selection; without one, the `// %%` cell around the cursor; without cells, the file. */
function selectionOf(editor: vscode.TextEditor): Selection | undefined {
  const { document, selection } = editor;
  if (selection.isEmpty) return cellOf(editor);
  return { start: document.offsetAt(selection.start), end: document.offsetAt(selection.end) };
}

/** The cell at an offset, or around the cursor; without cells, the file. */
function cellOf({ document, selection }: vscode.TextEditor, offset?: number): Selection | undefined {
  return cellAround(document.getText(), offset ?? document.offsetAt(selection.active)) ?? undefined;
}

/** `uri`: of a document in sight; else the active one. */
async function runEditor(
  session: Session,
  panel: GraphPanel,
  select: (editor: vscode.TextEditor) => Selection | undefined,
  uri?: vscode.Uri,
): Promise<void> {
  // While the panel has the keyboard, the program is what ran last or what is in sight.
  const editor = editorOf(uri) ?? vscode.window.activeTextEditor ?? programInSight(session);
  if (!editor) {
    void vscode.window.showInformationMessage(
      "Open a TypeScript or JavaScript file, select what to run, then run it again.",
    );
    return;
  }
  if (!(await mayRun(editor.document))) return;
  const finished = session.run(editor.document, select(editor));
  await panel.showForRun();
  await finished;
}

/** A command from a lens names its document, one from a menu may name a file that is not open. */
function editorOf(uri: unknown): vscode.TextEditor | undefined {
  if (!(uri instanceof vscode.Uri)) return undefined;
  return vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
}

async function toggleLive(live: LiveMode, panel: GraphPanel, uri?: vscode.Uri): Promise<void> {
  const { document } = editorOf(uri) ?? vscode.window.activeTextEditor ?? {};
  if (!document) {
    void vscode.window.showInformationMessage("Open a TypeScript or JavaScript file to switch live mode on for it.");
    return;
  }
  if (!live.isOn(document.uri) && !(await mayRun(document))) return;
  live.toggle(document);
  if (live.isOn(document.uri)) await panel.showForRun();
}

/** Says why not, where a document cannot run. */
async function mayRun(document: vscode.TextDocument): Promise<boolean> {
  if (!isProgram(document)) {
    void vscode.window.showWarningMessage(
      `Gradlens runs TypeScript and JavaScript; this document is ${document.languageId}.`,
    );
    return false;
  }
  if (vscode.workspace.isTrusted) return true;
  const manage = "Manage Workspace Trust";
  const answer = await vscode.window.showWarningMessage(
    "Gradlens runs the code that you select, so it waits until you trust this workspace.",
    manage,
  );
  if (answer === manage) void vscode.commands.executeCommand("workbench.trust.manage");
  return false;
}

function programInSight(session: Session): vscode.TextEditor | undefined {
  const programs = vscode.window.visibleTextEditors.filter((editor) => isProgram(editor.document));
  const last = session.current?.uri.toString();
  return programs.find((editor) => editor.document.uri.toString() === last) ?? programs[0];
}
