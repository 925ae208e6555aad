/** The way to the runner, taken at the first run: until then nothing of it is loaded. */
import * as vscode from "vscode";
import type { RunRequest } from "../runner/protocol";
import type { ConsoleEntry, Trace } from "../trace/model";

export interface RunOptions {
  /** As it is printed. */
  onConsole(entry: ConsoleEntry): void;
  /** Megabytes. */
  maxMemory: number;
}

export interface ProgramRunner extends vscode.Disposable {
  /** Replaces what runs. Resolves with what the program got to, however it ended. */
  run(request: RunRequest, options: RunOptions): Promise<Trace>;
  stop(): void;
}

export async function createRunner(extensionUri: vscode.Uri): Promise<ProgramRunner> {
  const { Runner } = await import("../runner/host");
  return new Runner(vscode.Uri.joinPath(extensionUri, "dist", "runner.cjs").fsPath);
}
