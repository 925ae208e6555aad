/** What to show in the panel: traces of real programs, from the command line, and made-up ones of any size. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GraphEdge, type GraphNode, TRACE_VERSION, type Trace } from "../../src/trace/model";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLES = join(ROOT, "examples");
const CLI = join(ROOT, "dist", "cli.js");
const CACHE = join(ROOT, "out", "test", "traces");

/** The trace of a program of examples/. */
export function exampleTrace(name: string): Trace {
  return programTrace(readFileSync(join(EXAMPLES, `${name}.ts`), "utf8"));
}

/** The trace of a program's text. Runs once for each build and text. */
export function programTrace(text: string): Trace {
  const key = createHash("sha1").update(readFileSync(CLI)).update(text).digest("hex");
  const kept = join(CACHE, `${key}.json`);
  if (!existsSync(kept)) {
    const folder = mkdtempSync(join(tmpdir(), "gradlens-"));
    try {
      const program = join(folder, "program.ts");
      const result = join(folder, "trace.json");
      writeFileSync(program, text);
      run(["run", program, "--json", result]);
      mkdirSync(CACHE, { recursive: true });
      writeFileSync(kept, readFileSync(result));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return JSON.parse(readFileSync(kept, "utf8"));
}

/** A program that ends with an error leaves its trace too. */
function run(args: string[]): void {
  try {
    execFileSync(process.execPath, [CLI, ...args], { stdio: "ignore", timeout: 60_000 });
  } catch (error) {
    if (typeof (error as { status?: unknown }).status !== "number") throw error;
  }
}

/** Numbers from 0 to 1, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Edges as autograd makes them: about 1.1 a node, mostly to nearby nodes, a few far. Pairs (consumer, producer). */
export function autogradPairs(count: number, seed: number): [number, number][] {
  const random = randomNumbers(seed);
  const pairs: [number, number][] = [];
  for (let v = 1; v < count; v++) {
    pairs.push([v - 1 - Math.floor(random() ** 4 * Math.min(v - 1, 40)), v]);
    if (random() < 0.1) pairs.push([Math.floor(random() * v), v]);
  }
  return pairs;
}

const NAMES = ["AddmmBackward0", "ReluBackward0", "MulBackward0", "AddBackward0", "TanhBackward0", "ViewBackward0"];

/** A run with a graph of `count` nodes of {@link autogradPairs}; nodes without producers are leaves. */
export function syntheticTrace(count: number, seed = 1): Trace {
  const random = randomNumbers(seed + 1);
  const pairs = autogradPairs(count, seed);
  const inputs = new Array<number>(count).fill(0);
  const edges = pairs.map(
    ([from, to]): GraphEdge => ({ from, to, input: inputs[from]!++, output: 0, shape: [64, 16] }),
  );
  const nodes = inputs.map((used, i): GraphNode => {
    const norm = 10 ** (random() * 6 - 4);
    const leaf = used === 0;
    const place = { line: i % 200, column: 6 };
    return {
      name: leaf ? "AccumulateGrad" : NAMES[Math.floor(random() * NAMES.length)]!,
      ...(leaf || random() < 0.4 ? { variable: `${leaf ? "w" : "h"}${i}` } : {}),
      range: { file: 0, start: place, end: { ...place, column: 14 } },
      shapes: [[64, 16]],
      dtype: "float32",
      sequence: count - i,
      gradient: {
        shape: [64, 16],
        source: "flow",
        text: "tensor(…)",
        stats: { numel: 1024, min: -norm, max: norm, mean: 0, norm, zeros: 0, nan: 0, inf: 0 },
      },
      repeats: 1,
    };
  });
  return {
    version: TRACE_VERSION,
    files: [{ path: "/synthetic.ts" }],
    status: "ok",
    captures: [],
    nodes,
    edges,
    passes: [{ roots: [0], order: nodes.map((_, i) => i), repeats: 1, createGraph: false }],
    console: [],
    figures: [],
    omittedNodes: 0,
    durationMs: 1,
  };
}
