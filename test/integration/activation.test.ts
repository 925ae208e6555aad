import assert from "node:assert/strict";
import * as vscode from "vscode";
import { note, test } from "./suite";

const COMMANDS = ["runSelection", "runFile", "showGraph", "openGraphToSide", "stop"];

test("the extension activates and registers its commands", async () => {
  const extension = vscode.extensions.getExtension("gradlens.gradlens");
  assert.ok(extension, "VS Code does not know the extension");
  const wasActive = extension.isActive;
  const start = performance.now();
  await extension.activate();
  if (!wasActive) note(`in ${Math.round(performance.now() - start)} ms`);
  const known = await vscode.commands.getCommands(true);
  for (const command of COMMANDS) assert.ok(known.includes(`gradlens.${command}`), `gradlens.${command} is missing`);
});
