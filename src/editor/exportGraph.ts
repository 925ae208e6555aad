/** Keeps what the panel shows in a file: asks for the format and the place, and never writes over anything unasked. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Content } from "../../webview/protocol";
import { EXPORT_FORMATS, type ExportFormat, FORMATS } from "../export/formats";
import { PAGE_FILES, partsOf, toHtml } from "../export/html";
import { nameOf } from "./documents";
import type { GraphPanel } from "./graphPanel";
import { panelMain } from "./panelHtml";
import type { Run, Session } from "./session";

export function registerExport(session: Session, panel: GraphPanel, extensionUri: vscode.Uri): vscode.Disposable {
  const exportGraph = async (format?: ExportFormat, target?: vscode.Uri): Promise<void> => {
    const run = session.latest;
    if (!run?.trace || run.trace.nodes.length === 0) {
      void vscode.window.showInformationMessage("There is no graph to export yet. Run a program that makes one.");
      return;
    }
    const chosen = format ?? (await askFormat());
    if (!chosen) return;
    const { ending, title } = FORMATS[chosen];
    const file = target ?? (await askPlace(run.uri, stem(nameOf(run.uri)), ending, title));
    if (!file) return;
    await saving(file, async () => {
      const content = await panel.exportAs(chosen);
      return chosen === "html" ? bytesOf(await page(run, content, extensionUri)) : bytesOf(content);
    });
  };
  return vscode.Disposable.from(
    vscode.commands.registerCommand("gradlens.exportGraph", exportGraph),
    panel.onDidSave(async ({ name, ...content }) => {
      const [, base, ending] = /^(.*)\.(\w+)$/.exec(name) ?? ["", name, "svg"];
      const file = await askPlace(session.latest?.uri, base!, ending!, ending!.toUpperCase());
      if (file) await saving(file, async () => bytesOf(content));
    }),
  );
}

async function askFormat(): Promise<ExportFormat | undefined> {
  const items = EXPORT_FORMATS.map((format) => ({
    label: FORMATS[format].title,
    description: `.${FORMATS[format].ending}`,
    detail: FORMATS[format].detail,
    format,
  }));
  const options = { title: "Export Graph", placeHolder: "As what?", matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.format;
}

/** Beside the program; the dialog asks before an existing file is replaced. */
async function askPlace(
  program: vscode.Uri | undefined,
  name: string,
  ending: string,
  title: string,
): Promise<vscode.Uri | undefined> {
  const folder =
    program && program.scheme !== "untitled"
      ? vscode.Uri.joinPath(program, "..")
      : vscode.workspace.workspaceFolders?.[0]?.uri;
  return await vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `${safeName(name)}.${ending}`) } : {}),
    filters: { [title]: [ending] },
    title: "Export",
  });
}

async function saving(file: vscode.Uri, make: () => Promise<Uint8Array>): Promise<void> {
  const name = file.path.split("/").at(-1);
  const location = vscode.ProgressLocation.Notification;
  try {
    await vscode.window.withProgress({ location, title: `Exporting ${name}` }, async () =>
      vscode.workspace.fs.writeFile(file, await make()),
    );
  } catch (error) {
    void vscode.window.showErrorMessage(
      `${name} could not be exported. ${error instanceof Error ? error.message : String(error)}`,
    );
    return;
  }
  const open = "Open";
  void vscode.window.showInformationMessage(`Exported ${name}.`, open).then((answer) => {
    if (answer !== open) return;
    // A browser shows a page, the editor everything else.
    if (file.path.endsWith(".html")) void vscode.env.openExternal(file);
    else void vscode.commands.executeCommand("vscode.open", file);
  });
}

/** The panel as a page of its own, as it stands now. */
async function page(run: Run, { content }: Content, extensionUri: vscode.Uri): Promise<Content> {
  const read = async (name: string) =>
    new TextDecoder().decode(
      await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, "dist", "standalone", name)),
    );
  const { console: _, ...trace } = run.trace!;
  const html = toHtml(
    { program: nameOf(run.uri), trace, source: run.request.text, state: JSON.parse(content) },
    partsOf(panelMain({ shortcut: "", trusted: true }), await Promise.all(PAGE_FILES.map(read))),
    randomBytes(16).toString("base64url"),
  );
  return { content: html, encoding: "utf8" };
}

function bytesOf({ content, encoding }: Content): Uint8Array {
  return encoding === "base64" ? Buffer.from(content, "base64") : new TextEncoder().encode(content);
}

function stem(name: string): string {
  return name.replace(/\.[^.]*$/, "");
}

/** A title as a file's name, on any system. */
function safeName(name: string): string {
  const safe = name
    .replace(/[\p{Cc}<>:"/\\|?*]+/gu, " ")
    .replace(/[. ]+$/, "")
    .trim();
  return safe.slice(0, 80) || "figure";
}
