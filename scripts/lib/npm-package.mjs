/** The npm package as somebody else's program meets it: packed, unpacked, type-checked and run. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./npm.mjs";
import { OUT, ROOT } from "./paths.mjs";
import { show, step } from "./step.mjs";
import { tsc } from "./tools.mjs";

const CONSUMER = join(OUT, "npm-package");
const BELONGS =
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/(torch|pyplot|cli|runner|figures)\.c?js|dist\/standalone\/[\w.-]+\.(js|css)|dist\/types\/.*\.d\.ts)$/;

/** The engine's state must be one: a tensor of `gradlens` is one for `gradlens/pyplot` too. */
const PROGRAM = `
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";
const x = torch.ones([3], { requires_grad: true });
x.mul(2).sum().backward();
plt.plot(x.detach(), x.grad!);
if (String(x.grad) !== "tensor([2., 2., 2.])") throw new Error(String(x.grad));
`;
const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    types: [],
    strict: true,
    rootDir: ".",
    outDir: "out",
  },
  files: ["program.ts"],
};

/** Packs the npm package into node_modules/ of an empty project. Returns what does not belong into it. */
export async function installPackage() {
  rmSync(CONSUMER, { recursive: true, force: true });
  const modules = join(CONSUMER, "node_modules");
  mkdirSync(modules, { recursive: true });
  await npm("Pack the npm package", ["pack", "--pack-destination", CONSUMER], { cwd: ROOT });
  const archive = readdirSync(CONSUMER).find((name) => name.endsWith(".tgz"));
  await step("Unpack it", "tar", ["-xzf", `${archive}`], { cwd: CONSUMER });
  renameSync(join(CONSUMER, "package"), join(modules, "gradlens"));
  writeFileSync(join(CONSUMER, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(CONSUMER, "tsconfig.json"), JSON.stringify(TSCONFIG));
  writeFileSync(join(CONSUMER, "program.ts"), PROGRAM);
  return readdirSync(join(modules, "gradlens"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(join(modules, "gradlens").length + 1)
        .replaceAll("\\", "/"),
    )
    .filter((name) => !BELONGS.test(name));
}

/** Type-checks and compiles a program that imports the package, with Node's resolution and the package's own typings checked too. */
export const compileConsumer = () => tsc(["--project", CONSUMER]);

/** Runs what {@link compileConsumer} made. */
export const runConsumer = () => show(process.execPath, [join("out", "program.js")], { cwd: CONSUMER });

/** Runs the package's command by its `bin`. */
export async function runCommand() {
  const folder = join(CONSUMER, "node_modules", "gradlens");
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return show(process.execPath, [join(folder, bin.gradlens), "run", join(CONSUMER, "program.ts")], { cwd: CONSUMER });
}
