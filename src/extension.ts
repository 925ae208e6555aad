/** Gradlens in VS Code. Nothing heavy is loaded before the first run. */
import type * as vscode from "vscode";
import { registerCodeLens } from "./editor/codeLens";
import { registerCommands } from "./editor/commands";
import { registerDiagnostics } from "./editor/diagnostics";
import { registerExport } from "./editor/exportGraph";
import { GraphPanel } from "./editor/graphPanel";
import { registerHovers, valueTooltip } from "./editor/hovers";
import { registerInlineValues } from "./editor/inlineValues";
import { LiveMode } from "./editor/liveMode";
import { registerMemory } from "./editor/memory";
import { registerOutput } from "./editor/output";
import { Pins } from "./editor/pins";
import { registerPlaygrounds } from "./editor/playground";
import { registerPreparation } from "./editor/preparation";
import { registerReveal } from "./editor/reveal";
import { Session } from "./editor/session";
import { registerStatusBar } from "./editor/statusBar";
import { registerTensorsView } from "./editor/tensorsView";
import { registerValueCommands } from "./editor/values";
import { registerWhyHovers } from "./editor/whyHovers";

/** What tests hold on to. */
export interface GradlensApi {
  readonly session: Session;
  readonly panel: GraphPanel;
  readonly live: LiveMode;
}

export function activate(context: vscode.ExtensionContext): GradlensApi {
  const session = new Session(context.extensionUri, context.globalStorageUri);
  const panel = new GraphPanel(context.extensionUri, session, context.workspaceState);
  const live = new LiveMode(session);
  const pins = new Pins(session, context.workspaceState);
  context.subscriptions.push(
    session,
    panel,
    live,
    registerOutput(session),
    registerDiagnostics(session, context.extensionUri),
    registerWhyHovers(session, context.extensionUri),
    registerInlineValues(session, live),
    registerHovers(session, context.extensionUri),
    registerCodeLens(live),
    pins,
    registerValueCommands(session),
    registerTensorsView(session, pins, (ref) => valueTooltip(session, ref)),
    registerPlaygrounds(context),
    registerReveal(session, panel),
    registerStatusBar(session, live),
    registerMemory(session, context.storageUri),
    registerCommands(session, panel, live),
    registerExport(session, panel, context.extensionUri),
    registerPreparation(session),
  );
  return { session, panel, live };
}
