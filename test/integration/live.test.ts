/** Live mode: results follow the typing, and nothing else moves. */
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { activate, eventually, find, hoverAt, openExample, openText } from "./programs";
import { note, test } from "./suite";

const PROGRAM =
  'import * as torch from "gradlens";\nconst x = torch.tensor([1, 2], { requires_grad: true });\nx.mul(3).sum().backward();\n';

async function live(content = PROGRAM): Promise<vscode.TextEditor> {
  const api = await activate();
  const editor = await openText(content);
  await vscode.commands.executeCommand("gradlens.toggleLive");
  assert.ok(api.live.isOn(editor.document.uri));
  await eventually("the first result", () => api.session.finishedRun(editor.document.uri)?.trace);
  return editor;
}

async function replace(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  assert.ok(await editor.edit((edit) => edit.replace(find(editor.document, from), to)));
}

const off = () => vscode.commands.executeCommand("gradlens.toggleLive");

test("live mode follows an edit, and stops when it is switched off", async () => {
  const { session } = await activate();
  const editor = await live();
  const { uri } = editor.document;
  await replace(editor, "mul(3)", "mul(5)");
  await eventually("the gradient of the new text", () => {
    const run = session.finishedRun(uri);
    return run && !run.edited && run.trace?.captures.some(({ last }) => gradientText(last) === "tensor([5., 5.])");
  });
  await off();
  const before = session.current;
  await replace(editor, "mul(5)", "mul(7)");
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(session.current, before);
});

test("text that does not parse keeps the last result, and the next that does replaces it", async () => {
  const { session, live: mode } = await activate();
  const editor = await live();
  const { document } = editor;
  await replace(editor, "mul(3)", "mul((3)");
  await eventually("an obstacle", () => mode.obstacle(document.uri));
  assert.ok(mode.isBehind(document.uri));
  assert.match(await hoverAt(document, find(document, "x =").start), /tensor\(\[3\., 3\.\]\)/);
  assert.equal(vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === "gradlens").length, 0);
  await replace(editor, "mul((3)", "mul(4)");
  await eventually("the new result", () => !mode.isBehind(document.uri) && !session.finishedRun(document.uri)?.edited);
  assert.match(await hoverAt(document, find(document, "x =").start), /tensor\(\[4\., 4\.\]\)/);
  await off();
});

test("an edit cancels a program that does not end", async () => {
  const { session } = await activate();
  const editor = await live();
  await replace(editor, "x.mul(3)", "for (;;);\nx.mul(3)");
  await eventually("it runs", () => session.current?.state === "running");
  await replace(editor, "for (;;);\n", "");
  await eventually("it ran to its end", () => session.finishedRun(editor.document.uri)?.edited === false);
  await off();
});

test("a running program shows how far it is", async () => {
  const { session } = await activate();
  const progress: number[] = [];
  const subscription = session.onDidProgress(({ trace }) => progress.push(trace!.durationMs));
  const editor = await live(
    `${PROGRAM}let n = 0;\nfor (let i = 0; i < 120; i++) { n = i; await new Promise((done) => setTimeout(done, 25)); x.sum(); }\n`,
  );
  subscription.dispose();
  assert.ok(progress.length >= 2, `${progress.length} snapshots`);
  assert.equal(session.finishedRun(editor.document.uri)?.trace?.status, "ok");
  await off();
});

test("each file has its own switch and its own results", async () => {
  const { session, live: mode } = await activate();
  const first = await live();
  const second = await openText(PROGRAM.replace("mul(3)", "mul(9)"));
  assert.ok(!mode.isOn(second.document.uri));
  await vscode.commands.executeCommand("gradlens.runFile");
  assert.match(await hoverAt(second.document, find(second.document, "x =").start), /tensor\(\[9\., 9\.\]\)/);
  assert.match(await hoverAt(first.document, find(first.document, "x =").start), /tensor\(\[3\., 3\.\]\)/);
  assert.equal(session.part(first.document.uri)?.run.uri.toString(), first.document.uri.toString());
  await vscode.window.showTextDocument(first.document);
  await off();
});

test("from an edit to its result, in a warm window", async () => {
  const { session } = await activate();
  const editor = await openExample("what-is-autograd.ts");
  await vscode.commands.executeCommand("gradlens.toggleLive");
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    // The spare processes warm up while a person looks.
    await new Promise((resolve) => setTimeout(resolve, 800));
    const start = performance.now();
    const shown = new Promise<void>((resolve) => {
      const take = () => {
        const run = session.current;
        if (run?.state !== "done" || run.edited) return;
        subscription.dispose();
        times.push(performance.now() - start);
        resolve();
      };
      const subscription = session.onDidChangeRun(take);
    });
    const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
    await editor.edit((edit) => edit.insert(end, i % 2 === 0 ? `\nconst q${i} = 1 + 1;` : " "));
    await shown;
  }
  await off();
  await vscode.commands.executeCommand("workbench.action.files.revert");
  const sorted = times.sort((a, b) => a - b);
  note(`edit to result: median ${sorted[2]!.toFixed(0)} ms, fastest ${sorted[0]!.toFixed(0)} ms (goal: 100 ms)`);
  assert.ok(sorted[2]! < 3000);
});

function gradientText(last: { kind: string; tensor?: { gradient?: { text: string } } }): string | undefined {
  return last.kind === "tensor" ? last.tensor?.gradient?.text : undefined;
}

test("an imported file runs as the editor holds it, shows its own values, and its edits run the program", async () => {
  const { session } = await activate();
  const folder = mkdtempSync(join(tmpdir(), "gradlens-import-"));
  writeFileSync(
    join(folder, "part.ts"),
    "export function scale(x: any) {\n  const scaled = x.mul(2);\n  return scaled;\n}\n",
  );
  writeFileSync(
    join(folder, "main.ts"),
    'import * as torch from "gradlens";\nimport { scale } from "./part";\nconst x = torch.tensor([1], { requires_grad: true });\nscale(x).sum().backward();\n',
  );
  const main = await vscode.workspace.openTextDocument(join(folder, "main.ts"));
  await vscode.window.showTextDocument(main);
  await vscode.commands.executeCommand("gradlens.toggleLive");
  const gradient = () => {
    const run = session.finishedRun(main.uri);
    const x = run?.trace?.captures.find(({ name, kind }) => name === "x" && kind === "variable");
    return run?.edited === false && x ? gradientText(x.last) : undefined;
  };
  await eventually("the first result", () => gradient() === "tensor([2.])");
  const part = await vscode.workspace.openTextDocument(join(folder, "part.ts"));
  const editor = await vscode.window.showTextDocument(part);
  await replace(editor, "export", "\n\nexport");
  await replace(editor, "mul(2)", "mul(6)");
  await eventually("the result of the unsaved text", () => gradient() === "tensor([6.])");
  assert.match(await hoverAt(part, find(part, "scaled").start), /\[1\]/);
  assert.equal(session.part(part.uri)?.file, 1);
  await vscode.commands.executeCommand("workbench.action.files.revert");
  await vscode.window.showTextDocument(main);
  await off();
});
