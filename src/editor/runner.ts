/** The way to the runner, taken at the first run: until then nothing of it is loaded. */
import * as vscode from "vscode";
import type { Runner } from "../runner/host";

export async function createRunner(extensionUri: vscode.Uri): Promise<Runner> {
  const host = await import("../runner/host");
  const bundle = (name: string) => vscode.Uri.joinPath(extensionUri, "dist", name).fsPath;
  return new host.Runner(bundle("runner.cjs"), bundle("compiler.cjs"));
}
