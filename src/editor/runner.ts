/** The way to the runner, taken at the first run: until then nothing of it is loaded. */
import * as vscode from "vscode";
import type { Runner } from "../runner/host";

/** `storage`: a folder of the extension's own, which need not be there yet. */
export async function createRunner(extensionUri: vscode.Uri, storage: vscode.Uri): Promise<Runner> {
  const host = await import("../runner/host");
  const bundle = (name: string) => vscode.Uri.joinPath(extensionUri, "dist", name).fsPath;
  const cache = vscode.Uri.joinPath(storage, "compiled").fsPath;
  return new host.Runner(bundle("runner.cjs"), bundle("compiler.cjs"), cache);
}
