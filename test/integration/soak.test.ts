/**
 * A stretch of scripted editing: runs, kills, errors, endless loops, flurries of keys. What stands in the end must be of the text
 * that stands; the host must not grow; no process may be left. `npm run test:integration -- --soak 3600` makes it an hour.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as vscode from "vscode";
import { activate, hoverAt, openText } from "./programs";
import { note, test } from "./suite";

const SECONDS = Number(process.env.GRADLENS_SOAK_SECONDS ?? 15);
/** Of heap after a collection, from after the first tenth to the end. */
const GROWTH_MAX_MB = 24;
/** A tenth of the time, for each of its seconds. */
const PART_MS = 100;
/** On a machine that is busy with other things. */
const STEPS_MIN = 10;
const SETTLE_MS = 15_000;
/** Those that wait for the next run, and the last run's own. */
const PROCESSES_MAX = 5;

type Session = Awaited<ReturnType<typeof activate>>["session"];

/** Where the gradient of x is k. */
const program = (k: number, extra = "") =>
  `import * as torch from "gradlens";\nconst k = ${k};\nconst x = torch.tensor([1, 2], { requires_grad: true });\n${extra}x.mul(k).sum().backward();\n`;

/** What a person may write into a program, which then does not come to its end. */
const ACCIDENTS = {
  error: "torch.ones(2).add(torch.ones(3));\n",
  syntax: "const = ;\n",
  exit: "process.exit(1);\n",
  abort: "process.abort();\n",
  kill: "process.kill(process.pid, 'SIGKILL');\n",
  endless: "for (;;);\n",
  promise: "await new Promise(() => {});\n",
  tampering: "(Array.prototype as any).map = () => { throw 1; };\nx.mul(1);\nthrow 1;\n",
  print: "for (let i = 0; i < 3000; i++) console.log('x'.repeat(1000));\n",
  getter: "const g = { get [Symbol.toStringTag]() { for (;;); } };\n",
};
type Accident = keyof typeof ACCIDENTS;
/** These come to an end by themselves, or are no program at all. */
const HARMLESS = new Set<Accident>(["print", "getter"]);

test(
  "scripted editing leaves the right values, no growth and no process",
  async () => {
    const { session, live } = await activate();
    const editors = [await openText(program(1)), await openText(program(2))];
    for (const { document } of editors) live.toggle(document);
    const random = generator(12345);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const counts: Record<string, number> = {};
    let checked = 0;
    let runs = 0;
    const counting = session.onDidChangeRun((run) => {
      if (run?.state === "done") runs++;
    });
    const start = Date.now();
    let warm = 0;
    const course: string[] = [];
    for (let step = 1; step <= STEPS_MIN || Date.now() - start < SECONDS * 1000; step++) {
      const editor = pick(editors);
      const accident = random() < 0.5 ? (pick(Object.keys(ACCIDENTS)) as Accident) : undefined;
      const keys = random() < 0.3 ? 6 : 1;
      counts[accident ?? "edit"] = (counts[accident ?? "edit"] ?? 0) + 1;
      for (let key = 0; key < keys; key++) {
        await setText(editor, program(step * 10 + key, accident ? ACCIDENTS[accident] : ""));
        if (keys > 1) await pause(random() * 60);
      }
      if (accident && !HARMLESS.has(accident)) {
        await pause(50 + random() * 200);
        if (random() < 0.5) session.stop();
        await setText(editor, program(step * 10));
        await expectGradient(session, editor.document, step * 10);
      } else {
        await expectGradient(session, editor.document, step * 10 + keys - 1);
      }
      checked++;
      const passed = Date.now() - start;
      if (passed < SECONDS * PART_MS * (course.length + 1)) continue;
      const now = heap();
      if (warm === 0) warm = now;
      course.push(`${Math.round(passed / 1000)} s: ${runs} results, ${(now / 2 ** 20).toFixed(1)} MB`);
    }
    counting.dispose();
    for (const { document } of editors) live.toggle(document);
    await eventually("processes have ended", () => children().length <= PROCESSES_MAX);
    const grown = (heap() - warm) / 2 ** 20;
    note(
      `${course.join("; ")}\n${checked} checks, ${runs} results, heap ${grown.toFixed(1)} MB more; ${JSON.stringify(counts)}`,
    );
    assert.ok(grown < GROWTH_MAX_MB, `the host's heap grew by ${grown.toFixed(1)} MB`);
    assert.deepEqual(orphans(), []);
  },
  SECONDS * 1000 + 90_000,
);

async function setText(editor: vscode.TextEditor, text: string): Promise<void> {
  const { document } = editor;
  const shown = await vscode.window.showTextDocument(document, { preserveFocus: true });
  const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
  assert.ok(await shown.edit((edit) => edit.replace(all, text)));
}

/** Once results are of the text that stands, they are right; a wrong one is never taken for them. */
async function expectGradient(session: Session, document: vscode.TextDocument, k: number): Promise<void> {
  const run = await eventually(`a result for k = ${k}`, () => {
    const { run } = session.part(document.uri) ?? {};
    return run && run.state === "done" && !run.edited && run.trace?.status === "ok" ? run : undefined;
  });
  assert.equal(run.request.text, document.getText());
  const x = run.trace!.captures.find(({ name, kind }) => name === "x" && kind === "variable");
  assert.equal(x?.last.kind === "tensor" && x.last.tensor.gradient?.text, `tensor([${k}., ${k}.])`);
  if (k % 7 === 0)
    assert.match(await hoverAt(document, new vscode.Position(2, 6)), new RegExp(`\\[${k}\\., ${k}\\.\\]`));
}

/** Processes of programs that this host started. */
function children(): number[] {
  return processes()
    .filter(({ parent }) => parent === process.pid)
    .map(({ pid }) => pid);
}

/** Processes of programs whose host is gone. */
function orphans(): number[] {
  return processes()
    .filter(({ parent }) => parent === 1)
    .map(({ pid }) => pid);
}

/** Of this extension's programs; none are found where there is no /proc. */
function processes(): { pid: number; parent: number }[] {
  if (!existsSync("/proc/self/stat")) return [];
  const runner = vscode.Uri.joinPath(
    vscode.extensions.getExtension("gradlens.gradlens")!.extensionUri,
    "dist",
    "runner.cjs",
  );
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, "utf8").includes(runner.fsPath)) return [];
      const [state, parent] = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      return state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent) }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

function heap(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** Mulberry32: the same editing each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function eventually<T>(what: string, probe: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + SETTLE_MS; Date.now() < end; await pause(5)) {
    const value = probe();
    if (value) return value;
  }
  throw new Error(`never: ${what}`);
}
