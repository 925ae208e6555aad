/** Who takes part: this engine, and those of its peers that this machine has or can install. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Engine, type EngineSpec } from "./engine";

const FOLDER = ".bench";
const BUILT = join("out", "test", "bench");
const ENGINES = join("test", "bench", "engines");
const node = process.execPath;

const start = (file: string): [string, string[]] => [node, [join(ENGINES, "start", file)]];

const ours = { command: node, args: [join(BUILT, "gradlens.mjs")] };

/** This engine again, kept to the calling thread. */
export const SINGLE = "single";

const SPECS: readonly EngineSpec[] = [
  {
    ...ours,
    name: "gradlens",
    title: "Gradlens",
    start: [node, [join("dist", "cli.js"), "run", join(ENGINES, "start", "gradlens.ts")]],
  },
  { ...ours, name: SINGLE, title: "on one thread", args: [...ours.args, "1"] },
  {
    name: "pytorch",
    title: "PyTorch",
    command: "/usr/bin/python3",
    args: [join(ENGINES, "pytorch.py")],
    start: ["/usr/bin/python3", [join(ENGINES, "start", "pytorch.py")]],
  },
  {
    name: "tfjs",
    title: "tfjs-wasm",
    command: node,
    args: [join(ENGINES, "tfjs.mjs")],
    start: start("tfjs.mjs"),
  },
  {
    name: "jax",
    title: "jax-js",
    command: node,
    args: [join(ENGINES, "jax.mjs")],
    start: start("jax.mjs"),
  },
];

/** Installs the JavaScript peers, pinned, into a folder of their own; says so when it cannot. */
function install(): void {
  const wanted = readFileSync(join("test", "bench", "peers.json"), "utf8");
  const present = join(FOLDER, "package.json");
  if (existsSync(join(FOLDER, "node_modules")) && existsSync(present) && readFileSync(present, "utf8") === wanted)
    return;
  mkdirSync(FOLDER, { recursive: true });
  copyFileSync(join("test", "bench", "peers.json"), present);
  console.log(`→ Install the peers into ${FOLDER} …`);
  const { status, stderr } = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], {
    cwd: FOLDER,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status !== 0) console.log(`  They are left out: npm install failed. ${stderr.trim().split("\n").at(-1)}`);
}

/** The engines that come up, this one first. A peer that does not is named with the reason. */
export async function engines(): Promise<Engine[]> {
  install();
  const all = SPECS.map((spec) => new Engine(spec));
  const up: Engine[] = [];
  for (const engine of all) {
    try {
      await engine.open();
      up.push(engine);
    } catch (error) {
      if (engine === all[0]) throw error;
      console.log(`  ${engine.spec.title} is left out: ${(error as Error).message}`);
    }
  }
  return up;
}
