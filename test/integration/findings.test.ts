/** What is wrong with gradients is said in the text, and mended where it is asked for. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { eventually, find, openText, run } from "./programs";
import { test } from "./suite";

const FORGOTTEN = `const w = torch.ones(2, { requires_grad: true });
const opt = new optim.SGD([w], { lr: 0.1 });
for (let i = 0; i < 4; i++) {
  const loss = w.pow(2).sum();
  loss.backward();
  opt.step();
}
`;

const ours = ({ uri }: vscode.TextDocument) =>
  vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "gradlens");

const codeOf = ({ code }: vscode.Diagnostic) => (typeof code === "object" ? code.value : code);

async function fixesAt(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    range,
    vscode.CodeActionKind.QuickFix.value,
  );
  return actions.filter(({ title }) => title.startsWith("Insert '"));
}

test("a finding is a warning with a page, and its quick fix mends the program", async () => {
  const { document } = await openText(FORGOTTEN);
  assert.equal((await run("runFile")).status, "ok");
  const diagnostic = await eventually("a finding", () => ours(document)[0]);
  assert.equal(codeOf(diagnostic), "accumulated-grad");
  assert.equal(diagnostic.severity, vscode.DiagnosticSeverity.Warning);
  assert.equal(document.getText(diagnostic.range), "loss.backward()");
  const { code } = diagnostic;
  assert.ok(typeof code === "object", "the code has no page");
  const page = Buffer.from(await vscode.workspace.fs.readFile(code.target)).toString();
  assert.match(page, /^# accumulated-grad/);

  const [fix] = await fixesAt(document, diagnostic.range);
  assert.ok(fix?.edit, "there is no quick fix");
  await vscode.workspace.applyEdit(fix.edit);
  assert.match(document.getText(), /\n {2}opt\.zero_grad\(\);\n {2}loss\.backward\(\);\n/);
  assert.equal((await run("runFile")).status, "ok");
  await eventually("no finding", () => ours(document).length === 0);
});

test("why a gradient is null is said on the tensor, and retain_grad is a click away", async () => {
  const { document } = await openText(
    "const x = torch.ones(2, { requires_grad: true });\nconst h = x.mul(3);\nh.sum().backward();\nconsole.log(h.grad);\n",
  );
  await run("runFile");
  const diagnostic = await eventually("a finding", () => ours(document)[0]);
  assert.deepEqual([codeOf(diagnostic), diagnostic.range.start.line], ["grad-not-leaf", 1]);
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    "vscode.executeHoverProvider",
    document.uri,
    find(document, "h = ").start,
  );
  const texts = hovers.flatMap(({ contents }) =>
    contents.map((part) => (typeof part === "string" ? part : part.value)),
  );
  assert.ok(
    texts.some((text) => /Why is its gradient null\?.*leaves only.*grad-not-leaf/.test(text)),
    texts.join("\n---\n"),
  );
  const [fix] = await fixesAt(document, diagnostic.range);
  assert.ok(fix?.edit, "there is no quick fix");
  await vscode.workspace.applyEdit(fix.edit);
  await run("runFile");
  await eventually("no finding", () => ours(document).length === 0);
});

test("an engine's error brings advice and a fix", async () => {
  const { document } = await openText(
    "const x = torch.ones(2, { requires_grad: true });\nconst y = x.mul(x).sum();\ny.backward();\ny.backward();\n",
  );
  assert.equal((await run("runFile")).status, "error");
  const diagnostic = await eventually("an error", () => ours(document)[0]);
  assert.equal(diagnostic.severity, vscode.DiagnosticSeverity.Error);
  assert.match(diagnostic.relatedInformation?.[0]?.message ?? "", /retain_graph/);
});
