/** Gradlens in VS Code. Nothing heavy is loaded before the first run. */
import type * as vscode from "vscode";
import { registerCommands } from "./editor/commands";
import { registerDiagnostics } from "./editor/diagnostics";
import { registerExport } from "./editor/exportGraph";
import { GraphPanel } from "./editor/graphPanel";
import { registerHovers } from "./editor/hovers";
import { registerInlineValues } from "./editor/inlineValues";
import { registerMemory } from "./editor/memory";
import { registerOutput } from "./editor/output";
import { registerReveal } from "./editor/reveal";
import { Session } from "./editor/session";
import { registerStatusBar } from "./editor/statusBar";

/** What tests hold on to. */
export interface GradlensApi {
  readonly session: Session;
  readonly panel: GraphPanel;
}

export function activate(context: vscode.ExtensionContext): GradlensApi {
  const session = new Session(context.extensionUri);
  const panel = new GraphPanel(context.extensionUri, session);
  context.subscriptions.push(
    session,
    panel,
    registerOutput(session),
    registerDiagnostics(session),
    registerInlineValues(session),
    registerHovers(session),
    registerReveal(session, panel),
    registerStatusBar(session),
    registerMemory(session, context.storageUri),
    registerCommands(session, panel),
    registerExport(session, panel, context.extensionUri),
  );
  return { session, panel };
}
