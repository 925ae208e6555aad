/** Programs that misbehave: what happened is said, and the next run works. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activate, eventually, find, nextRun, openText, run } from "./programs";
import { note, test } from "./suite";

async function assertUsable(): Promise<void> {
  const editor = await openText("const x = torch.tensor([3.0], { requires_grad: true });\nx.mul(x).backward();\n");
  const trace = await run("runFile");
  assert.equal(trace.status, "ok", trace.error?.message);
  assert.equal(vscode.languages.getDiagnostics(editor.document.uri).filter(isOurs).length, 0);
}

const isOurs = ({ source }: vscode.Diagnostic) => source === "gradlens";

test("an exception becomes a diagnostic at its range, and goes with the next run", async () => {
  const editor = await openText(
    "const a = torch.ones([2, 3]);\nconst b = torch.ones([4, 5]);\nconst c = a.matmul(b);\n",
  );
  const { document } = editor;
  const trace = await run("runFile");
  assert.equal(trace.status, "error");
  const ours = () => vscode.languages.getDiagnostics(document.uri).filter(isOurs);
  const diagnostic = await eventually("a diagnostic", () => ours()[0]);
  assert.match(diagnostic.message, /mat1 and mat2 shapes cannot be multiplied \(2x3 and 4x5\)/);
  assert.equal(document.getText(diagnostic.range), "a.matmul(b)");
  assert.equal(diagnostic.severity, vscode.DiagnosticSeverity.Error);

  await editor.edit((edit) => edit.replace(find(document, "[4, 5]"), "[3, 5]"));
  assert.equal((await run("runFile")).status, "ok");
  await eventually("no diagnostic", () => ours().length === 0);
});

test("a syntax error is a diagnostic too", async () => {
  const { document } = await openText("const a = torch.ones([2, 3]);\nconst = 4;\n");
  const trace = await run("runFile");
  assert.equal(trace.status, "error");
  const diagnostic = await eventually("a diagnostic", () => vscode.languages.getDiagnostics(document.uri).find(isOurs));
  assert.equal(diagnostic.range.start.line, 1);
});

test("process.exit(1) ends the run and nothing else", async () => {
  await openText("const x = torch.ones([2]);\nprocess.exit(1);\n");
  assert.equal((await run("runFile")).status, "exited");
  await assertUsable();
});

test("Stop ends an endless loop", async () => {
  const { session } = await activate();
  await openText("let steps = 0;\nwhile (true) steps++;\n");
  const finished = nextRun(session);
  // The command may wait for the run's end: it must not be waited for here.
  void vscode.commands.executeCommand("gradlens.runFile");
  // Time enough to be in the loop.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const start = performance.now();
  await vscode.commands.executeCommand("gradlens.stop");
  assert.equal((await finished).status, "stopped");
  const took = performance.now() - start;
  note(`stopped in ${took.toFixed(0)} ms`);
  // The goal is 100 ms; a busy machine is given ten times that.
  assert.ok(took < 1000, `Stop took ${took.toFixed(0)} ms`);
  await assertUsable();
});

test("a new run takes the place of one that does not end", async () => {
  await openText("while (true);\n");
  void vscode.commands.executeCommand("gradlens.runFile");
  await new Promise((resolve) => setTimeout(resolve, 500));
  await assertUsable();
});
