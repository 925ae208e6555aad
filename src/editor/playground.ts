/** Where `gradlens` has typings without anyone installing it: playgrounds of the extension's own, and folders that agreed to have them. */
import * as vscode from "vscode";

/** A program to begin with. */
const PROGRAM = `// A playground: run it with Ctrl+Alt+Enter (macOS: ⌥⌘↩), then hover a name. The switch "Live" runs it with every edit.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

// %% A function and its gradient
const x = torch.linspace(-3, 3, 61, { requires_grad: true });
const y = x.mul(x.sin());
y.sum().backward();

plt.plot(x.detach(), y.detach(), { label: "x sin x" });
plt.plot(x.detach(), x.grad, { label: "its derivative" });
plt.legend();
plt.show();

// %% Gradient descent
const w = torch.tensor([4.0], { requires_grad: true });
const optimizer = new torch.optim.SGD([w], { lr: 0.1 });
for (let step = 0; step < 50; step++) {
  optimizer.zero_grad();
  const loss = w.sub(1).pow(2).sum();
  loss.backward();
  optimizer.step();
}
console.log(w.item());
`;

/** Read by TypeScript 6 and 7 alike. */
const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023", "DOM", "ESNext.Disposable"],
    module: "ESNext",
    moduleResolution: "bundler",
    moduleDetection: "force",
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ["*.ts", "*.js"],
};

/** Names that a program need not import; see `AMBIENT` in `src/snippet`. */
const AMBIENT = `// Names that Gradlens knows without an import.
declare const torch: typeof import("gradlens");
declare const nn: typeof import("gradlens").nn;
declare const F: typeof import("gradlens").nn.functional;
declare const optim: typeof import("gradlens").optim;
declare const plt: typeof import("gradlens/pyplot");
`;

export function registerPlaygrounds(context: vscode.ExtensionContext): vscode.Disposable {
  const { extensionUri, globalStorageUri } = context;
  return vscode.Disposable.from(
    vscode.commands.registerCommand("gradlens.newPlayground", async () => {
      const file = await newPlayground(extensionUri, globalStorageUri);
      await vscode.window.showTextDocument(file);
      return file;
    }),
    vscode.commands.registerCommand("gradlens.addTypings", (uri: vscode.Uri) => addTypings(extensionUri, uri)),
    vscode.languages.registerCodeActionsProvider(["typescript", "typescriptreact", "javascript"], new TypingsFix(), {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
  );
}

/** One folder holds all playgrounds, so that its typings are there once; each program is a file of its own. */
async function newPlayground(extensionUri: vscode.Uri, storage: vscode.Uri): Promise<vscode.Uri> {
  const folder = vscode.Uri.joinPath(storage, "playground");
  await installTypings(extensionUri, folder);
  await write(vscode.Uri.joinPath(folder, "tsconfig.json"), `${JSON.stringify(TSCONFIG, null, 2)}\n`);
  await write(vscode.Uri.joinPath(folder, "ambient.d.ts"), AMBIENT);
  for (let number = 1; ; number++) {
    const file = vscode.Uri.joinPath(folder, `playground-${number}.ts`);
    if (await exists(file)) continue;
    await write(file, PROGRAM);
    return file;
  }
}

/** Puts the typings of this version into `folder`'s node_modules, types alone: what runs is the extension's own engine. */
async function installTypings(extensionUri: vscode.Uri, folder: vscode.Uri): Promise<void> {
  const target = vscode.Uri.joinPath(folder, "node_modules", "gradlens");
  const manifest = JSON.parse(await read(vscode.Uri.joinPath(extensionUri, "package.json"))) as Record<string, unknown>;
  const typesOf = (entry: string) => ({ types: `./types/${entry}.d.ts` });
  const own = {
    name: "gradlens",
    version: manifest.version,
    description: "Typings of the Gradlens extension: it runs these programs itself.",
    types: "./types/torch/index.d.ts",
    exports: { ".": typesOf("torch/index"), "./pyplot": typesOf("plot/pyplot"), "./package.json": "./package.json" },
  };
  const types = vscode.Uri.joinPath(target, "types");
  await vscode.workspace.fs.createDirectory(target);
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(extensionUri, "dist", "types"), types, { overwrite: true });
  await write(vscode.Uri.joinPath(target, "package.json"), `${JSON.stringify(own, null, 2)}\n`);
}

/** Asks, then adds the typings where TypeScript looks for them from a file: beside the nearest package.json or tsconfig.json. */
async function addTypings(extensionUri: vscode.Uri, uri: vscode.Uri): Promise<void> {
  const folder = await projectOf(uri);
  const add = "Add Typings";
  const answer = await vscode.window.showInformationMessage(
    "Add typings for gradlens to this project?",
    {
      modal: true,
      detail: `They go to ${vscode.workspace.asRelativePath(vscode.Uri.joinPath(folder, "node_modules", "gradlens"), true)}. npm removes them when it installs packages anew; the package gradlens, as a dependency, is the durable way.`,
    },
    add,
  );
  if (answer !== add) return;
  if (await exists(vscode.Uri.joinPath(folder, "node_modules", "gradlens", "dist"))) {
    void vscode.window.showInformationMessage(
      "The package gradlens is installed there already. Restart the TypeScript server.",
    );
    return;
  }
  await installTypings(extensionUri, folder);
  // The server of VS Code's own TypeScript looks again by itself, but not at once.
  await vscode.commands.executeCommand("typescript.restartTsServer").then(undefined, () => {});
}

async function projectOf(uri: vscode.Uri): Promise<vscode.Uri> {
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  let folder = vscode.Uri.joinPath(uri, "..");
  const start = folder;
  for (;;) {
    for (const name of ["package.json", "tsconfig.json", "jsconfig.json"])
      if (await exists(vscode.Uri.joinPath(folder, name))) return folder;
    const parent = vscode.Uri.joinPath(folder, "..");
    if (folder.path === root?.path || parent.path === folder.path) return root ?? start;
    folder = parent;
  }
}

/** On "Cannot find module 'gradlens'" (2307; 2792 with an older module resolution). */
class TypingsFix implements vscode.CodeActionProvider {
  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const missing = diagnostics.filter(({ code, message }) => {
      const number = typeof code === "object" ? code.value : code;
      return /^(?:2307|2792|7016)$/.test(String(number)) && /['"]gradlens(?:\/pyplot)?['"]/.test(message);
    });
    if (missing.length === 0 || document.uri.scheme !== "file") return [];
    const action = new vscode.CodeAction("Add typings for gradlens…", vscode.CodeActionKind.QuickFix);
    action.diagnostics = missing;
    action.isPreferred = true;
    action.command = { command: "gradlens.addTypings", title: action.title, arguments: [document.uri] };
    return [action];
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

async function read(uri: vscode.Uri): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

async function write(uri: vscode.Uri, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
