/** Values of a run that a person points at: in a hover's links, in the tree. */
import * as vscode from "vscode";
import { pytorchCode, valueJson, withElements } from "../export/values";
import { AnswerError } from "../runner/questions";
import type { Capture } from "../trace/model";
import type { Run, Session } from "./session";

/** A capture of a run, as a command's argument can hold it. */
export interface ValueRef {
  run: number;
  /** Index into the trace's captures. */
  capture: number;
}

export function findValue(session: Session, ref: ValueRef): { run: Run; capture: Capture } | undefined {
  const run = session.runs.find(({ id }) => id === ref.run);
  const capture = run?.trace?.captures[ref.capture];
  return run && capture ? { run, capture } : undefined;
}

export function registerValueCommands(session: Session): vscode.Disposable {
  const copy =
    (as: (capture: Pick<Capture, "name" | "last">) => string | null, what: string) => async (ref: ValueRef) => {
      const found = findValue(session, ref);
      if (!found) {
        void vscode.window.showInformationMessage(
          "That value belongs to an earlier run. Hover again to copy the present one.",
        );
        return;
      }
      const { run, capture } = found;
      let text = as(capture);
      if (text === null && capture.last.kind === "tensor") {
        try {
          // The trace has the elements of small tensors only: the process that ran has all.
          text = as(withElements(capture, await session.ask(run, { type: "elements", capture: ref.capture }, {})));
        } catch (error) {
          const why = error instanceof AnswerError ? error.message : String(error);
          void vscode.window.showWarningMessage(`${capture.name} was not copied. ${why}`);
          return;
        }
      }
      if (text === null) {
        void vscode.window.showWarningMessage(`${capture.name} is no tensor: copy it as JSON instead.`);
        return;
      }
      await vscode.env.clipboard.writeText(text);
      vscode.window.setStatusBarMessage(`$(check) Copied ${capture.name} as ${what}.`, 3000);
    };
  return vscode.Disposable.from(
    vscode.commands.registerCommand("gradlens.copyJson", copy(valueJson, "JSON")),
    vscode.commands.registerCommand("gradlens.copyPyTorch", copy(pytorchCode, "PyTorch code")),
    vscode.commands.registerCommand("gradlens.goToSource", async (ref: ValueRef, preserveFocus: unknown) => {
      const found = findValue(session, ref);
      const place = found && session.locate(found.run, found.capture.range);
      if (place)
        await vscode.window.showTextDocument(place.uri, {
          selection: place.range,
          // A menu passes the selected items here, the tree itself true.
          preserveFocus: preserveFocus === true,
        });
    }),
  );
}
