/** What a person can ask for. */
import * as vscode from "vscode";
import { cellAround } from "./cells";
import { isProgram } from "./documents";
import type { GraphPanel } from "./graphPanel";
import type { Session } from "./session";

export function registerCommands(session: Session, panel: GraphPanel): vscode.Disposable {
  const commands: Record<string, (...args: never[]) => unknown> = {
    "gradlens.runSelection": () => runEditor(session, panel, (editor) => selectionOf(editor)),
    "gradlens.runFile": () => runEditor(session, panel, () => undefined),
    "gradlens.showGraph": (node?: { run: number; node: number }) => panel.show(node),
    "gradlens.openGraphToSide": () => panel.openToSide(),
    "gradlens.stop": () => session.stop(),
    "gradlens.clear": () => session.clear(),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, command]) => vscode.commands.registerCommand(name, command)),
  );
}

/** The selection; without one, the `// %%` cell around the cursor; without cells, the file. */
function selectionOf(editor: vscode.TextEditor): { start: number; end: number } | undefined {
  const { document, selection } = editor;
  if (selection.isEmpty) return cellAround(document.getText(), document.offsetAt(selection.active)) ?? undefined;
  return { start: document.offsetAt(selection.start), end: document.offsetAt(selection.end) };
}

async function runEditor(
  session: Session,
  panel: GraphPanel,
  select: (editor: vscode.TextEditor) => { start: number; end: number } | undefined,
): Promise<void> {
  // While the panel has the keyboard, the program is what ran last or what is in sight.
  const editor = vscode.window.activeTextEditor ?? programInSight(session);
  if (!editor) {
    void vscode.window.showInformationMessage(
      "Open a TypeScript or JavaScript file, select what to run, then run it again.",
    );
    return;
  }
  if (!isProgram(editor.document)) {
    void vscode.window.showWarningMessage(
      `Gradlens runs TypeScript and JavaScript; this document is ${editor.document.languageId}.`,
    );
    return;
  }
  if (!vscode.workspace.isTrusted) {
    const manage = "Manage Workspace Trust";
    const answer = await vscode.window.showWarningMessage(
      "Gradlens runs the code that you select, so it waits until you trust this workspace.",
      manage,
    );
    if (answer === manage) void vscode.commands.executeCommand("workbench.trust.manage");
    return;
  }
  const finished = session.run(editor.document, select(editor));
  await panel.showForRun();
  await finished;
}

function programInSight(session: Session): vscode.TextEditor | undefined {
  const programs = vscode.window.visibleTextEditors.filter((editor) => isProgram(editor.document));
  const last = session.current?.uri.toString();
  return programs.find((editor) => editor.document.uri.toString() === last) ?? programs[0];
}
