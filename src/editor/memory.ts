/** The last run outlives the window: it is kept in the workspace's storage and comes back after a reload. */
import * as vscode from "vscode";
import type { RunRequest } from "../runner/protocol";
import { TRACE_VERSION, type Trace } from "../trace/model";
import type { Run, Session } from "./session";

/** Characters of JSON; a larger run is not worth the wait at every run. */
const SIZE_MAX = 4_000_000;

/** Writing waits until the person looks, or stops typing. */
const REST_MS = 500;
const LIVE_REST_MS = 5000;

interface Kept {
  uri: string;
  request: RunRequest;
  trace: Trace;
}

/** Keeps each finished run of `session`, and brings the kept one back. Without a workspace there is no storage, and no memory. */
export function registerMemory(session: Session, storage: vscode.Uri | undefined): vscode.Disposable {
  if (!storage) return new vscode.Disposable(() => {});
  const file = vscode.Uri.joinPath(storage, "last-run.json");
  let writing: ReturnType<typeof setTimeout> | undefined;
  void restore(session, file);
  return vscode.Disposable.from(
    { dispose: () => clearTimeout(writing) },
    session.onDidFinishRun((run) => {
      // After the run is on screen, and once for a flurry of runs.
      clearTimeout(writing);
      writing = setTimeout(() => void keep(run, storage, file), run.live ? LIVE_REST_MS : REST_MS);
    }),
    session.onDidChangeRun((run) => {
      if (!run) void forget(file);
    }),
  );
}

async function keep(run: Run, storage: vscode.Uri, file: vscode.Uri): Promise<void> {
  if (!run.trace) return;
  const kept: Kept = { uri: run.uri.toString(), request: run.request, trace: run.trace };
  const text = JSON.stringify(kept);
  if (text.length > SIZE_MAX) return forget(file);
  await vscode.workspace.fs.createDirectory(storage);
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
}

async function forget(file: vscode.Uri): Promise<void> {
  // It need not have been there.
  await vscode.workspace.fs.delete(file).then(undefined, () => {});
}

async function restore(session: Session, file: vscode.Uri): Promise<void> {
  try {
    const { uri, request, trace } = JSON.parse(
      new TextDecoder().decode(await vscode.workspace.fs.readFile(file)),
    ) as Kept;
    if (trace.version !== TRACE_VERSION) return;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
    // Ranges of another text would lead astray.
    if (document.getText() === request.text) session.restore(document.uri, request, trace);
  } catch {
    // Nothing was kept, or its document is gone.
  }
}
