/** The way to the runner, taken at the first run: until then nothing of it is loaded. */
import * as vscode from "vscode";
import type { Runner } from "../runner/host";

export async function createRunner(extensionUri: vscode.Uri): Promise<Runner> {
  const host = await import("../runner/host");
  return new host.Runner(vscode.Uri.joinPath(extensionUri, "dist", "runner.cjs").fsPath);
}
