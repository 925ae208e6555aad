/** The channel *Gradlens*: what the program prints, under the place that printed it. */
import * as vscode from "vscode";
import { formatDuration } from "../graph/format";
import type { ConsoleEntry } from "../trace/model";
import { nameOf } from "./documents";
import type { Run, Session } from "./session";

/** Characters of one run; beyond them the channel says so and is silent. */
const OUTPUT_MAX = 1_000_000;

export function registerOutput(session: Session): vscode.Disposable {
  const channel = vscode.window.createOutputChannel("Gradlens");
  let place = "";
  let written = 0;
  let shown: number | undefined;
  // A quick run is not announced, and one that goes on may be told of again.
  const begin = (run: Run): void => {
    if (run.id === shown) return;
    shown = run.id;
    channel.clear();
    place = "";
    written = 0;
    channel.appendLine(`${nameOf(run.uri)}${run.request.selection ? " (selection)" : ""}`);
  };
  return vscode.Disposable.from(
    channel,
    vscode.commands.registerCommand("gradlens.showOutput", () => channel.show(true)),
    session.onDidChangeRun((run) => run?.state === "running" && begin(run)),
    session.onDidPrint(({ run, entry }) => {
      begin(run);
      if (written > OUTPUT_MAX) return;
      const here = placeOf(run, entry);
      if (here !== place) channel.appendLine(`\n${here}`);
      place = here;
      channel.appendLine(entry.text.slice(0, OUTPUT_MAX));
      written += entry.text.length;
      if (written > OUTPUT_MAX) channel.appendLine("… more output was left out");
    }),
    session.onDidFinishRun((run) => {
      const { trace, uri } = run;
      if (!trace) return;
      begin(run);
      if (trace.error) {
        const range = trace.error.range;
        channel.appendLine(range ? `\n${linkTo(trace.files[range.file]?.path ?? nameOf(uri), range.start)}` : "");
        channel.appendLine(`${trace.error.name}: ${trace.error.message}`);
      }
      channel.appendLine(`\n${ENDINGS[trace.status]} after ${formatDuration(trace.durationMs)}`);
    }),
  );
}

const ENDINGS = { ok: "Done", error: "Failed", exited: "Exited", stopped: "Stopped", crashed: "Crashed" } as const;

/** `path:line:column`, which the channel makes a link. */
function placeOf({ request }: Run, { range }: ConsoleEntry): string {
  return range && range.file === 0 ? linkTo(request.path, range.start) : "";
}

function linkTo(path: string, { line, column }: { line: number; column: number }): string {
  return `${path}:${line + 1}:${column + 1}`;
}
