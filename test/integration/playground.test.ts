/** Beginnings: a playground that is whole, and typings on consent. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import { activate, eventually, run } from "./programs";
import { test } from "./suite";

test("a new playground has typings of its own, and its program runs", async () => {
  await activate();
  const file = await vscode.commands.executeCommand<vscode.Uri>("gradlens.newPlayground");
  const folder = dirname(file.fsPath);
  for (const path of ["tsconfig.json", "ambient.d.ts", "node_modules/gradlens/types/torch/index.d.ts"])
    assert.ok(existsSync(join(folder, path)), `${path} is missing`);
  const trace = await run("runFile");
  assert.equal(trace.status, "ok", trace.error?.message);
  assert.equal(trace.figures.length, 1);
  const second = await vscode.commands.executeCommand<vscode.Uri>("gradlens.newPlayground");
  assert.notEqual(second.fsPath, file.fsPath);
});

test("a module that TypeScript does not find gets the offer of typings", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gradlens-typings-"));
  const path = join(folder, "program.ts");
  writeFileSync(path, 'import * as torch from "gradlens";\nimport x from "other";\n');
  const document = await vscode.workspace.openTextDocument(path);
  await vscode.window.showTextDocument(document);
  const diagnostics = vscode.languages.createDiagnosticCollection("gradlens-test");
  const missing = (line: number, module: string) => {
    const range = new vscode.Range(line, 0, line, 10);
    const found = new vscode.Diagnostic(
      range,
      `Cannot find module '${module}' or its corresponding type declarations.`,
    );
    found.code = 2307;
    return found;
  };
  diagnostics.set(document.uri, [missing(0, "gradlens"), missing(1, "other")]);
  const fixesAt = async (line: number) => {
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      new vscode.Range(line, 0, line, 5),
    );
    return actions.filter(({ command }) => command?.command === "gradlens.addTypings");
  };
  try {
    await eventually("the diagnostics", () => vscode.languages.getDiagnostics(document.uri).length >= 2);
    assert.equal((await fixesAt(0)).length, 1);
    assert.equal((await fixesAt(1)).length, 0);
  } finally {
    diagnostics.dispose();
  }
});
