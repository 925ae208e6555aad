import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Runner, type RunOptions } from "../../src/runner/host";
import type { ConsoleEntry, Trace } from "../../src/trace/model";
import { bundle, textAt } from "./runner.support";

const folder = mkdtempSync(join(tmpdir(), "gradlens-program-"));
let runner: Runner;

beforeAll(async () => {
  const compiler = await bundle("runner/compiler.ts", "compiler.cjs", "cjs");
  runner = new Runner(await bundle("runner/child.ts", "runner.cjs", "cjs"), compiler, join(folder, "compiled"));
});
afterAll(() => runner.dispose());

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function run(text: string, options?: RunOptions, selection?: { start: number; end: number }): Promise<Trace> {
  return runner.run({ path: join(folder, "program.ts"), text, selection }, options);
}

const printed = (trace: Trace) => trace.console.map(({ text }) => text);
const errorOf = (trace: Trace) => `${trace.error?.name}: ${trace.error?.message}`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("programs that are replaced before their process is up end, and the last one runs in it", async () => {
  const runs = [1, 2, 3, 4, 5].map((k) => run(`const pid = process.pid; console.log(${k});`));
  const traces = await Promise.all(runs);
  expect(traces.map(({ status }) => status)).toEqual(["stopped", "stopped", "stopped", "stopped", "ok"]);
  expect(printed(traces[4]!)).toEqual(["5"]);
  // One process has run a program, at most two are ready for the next.
  expect(runner.ready).toBeLessThanOrEqual(2);
});

describe("a program that ends", () => {
  test("prints with its places, formatted as Node does", async () => {
    const text =
      'console.log("a %d", 1, { b: [2] });\nconsole.warn("w"); console.error(new Map([[1, 2]]));\nprocess.stdout.write("raw\\n")';
    const trace = await run(text);
    expect(trace.status).toBe("ok");
    expect(trace.console.map(({ level, text }) => [level, text])).toEqual([
      ["log", "a 1 { b: [ 2 ] }"],
      ["warn", "w"],
      ["error", "Map(1) { 1 => 2 }"],
      ["log", "raw"],
    ]);
    expect(trace.console.map(({ range }) => textAt(text, range))).toEqual([
      'console.log("a %d", 1, { b: [2] })',
      'console.warn("w")',
      "console.error(new Map([[1, 2]]))",
      'process.stdout.write("raw\\n")',
    ]);
  });

  test("prints tensors as PyTorch does, and groups and tables", async () => {
    const trace = await run(
      'console.log(torch.tensor([1, 2]), [torch.ones(1)]); console.group("g"); console.log("in"); console.groupEnd(); console.table([{ a: 1 }])',
    );
    expect(printed(trace).slice(0, 3)).toEqual(["tensor([1., 2.]) [ tensor([1.]) ]", "g", "  in"]);
    expect(printed(trace)[3]).toContain("(index)");
  });

  test("has top-level await, timers and import.meta", async () => {
    const trace = await run(
      'await new Promise((r) => setTimeout(r, 5)); console.log(import.meta.url.startsWith("file:"), import.meta.dirname === process.cwd(), typeof require, process.argv.length)',
    );
    expect(printed(trace)).toEqual(["true true function 2"]);
  });

  test("goes on after it is done: the trace comes again", async () => {
    const late: ConsoleEntry[] = [];
    const updated = new Promise<Trace>((resolve) => {
      void run(
        "const x = torch.ones(2, { requires_grad: true }); setTimeout(() => { console.log('late'); x.sum().backward() }, 30)",
        {
          onConsole: (entry) => late.push(entry),
          onUpdate: resolve,
        },
      ).then((trace) => expect(trace.passes).toHaveLength(0));
    });
    const trace = await updated;
    expect(late.map(({ text }) => text)).toEqual(["late"]);
    expect(trace.passes).toHaveLength(1);
  });
});

describe("errors", () => {
  test.each([
    [
      "a call of the engine",
      "const a = torch.ones(2);\nconst b = a.mul(torch.ones(3));",
      "RuntimeError",
      "a.mul(torch.ones(3))",
    ],
    ["within a function", "function f(x: any) {\n  return x.nope();\n}\nf(torch.ones(1));", "TypeError", "x.nope()"],
    ["an unknown name", "let y = 1 + undefinedName * 2;", "ReferenceError", "undefinedName"],
    ["the result of a call, called", "const f: any = (x) => x; f(1)(2);", "TypeError", "f(1)(2)"],
    ["not iterable", "const o: any = {}; for (const x of o) console.log(x);", "TypeError", "o"],
    ["a property of nothing", "const o: any = {}; const z = o.p.q;", "TypeError", "q"],
    [
      "thrown by the program",
      "if (true) {\n  throw new RangeError('mine');\n}",
      "RangeError",
      "new RangeError('mine')",
    ],
    ["no Error at all", "const f = () => {\n  throw 'words';\n};\nf();", "Uncaught", "throw 'words'"],
    [
      "rejected in a timer",
      "setTimeout(() => { throw new Error('later') }, 1); await new Promise(() => setTimeout(() => {}, 50));",
      "Error",
      "new Error('later')",
    ],
    [
      "an unhandled rejection",
      "Promise.reject(new TypeError('lost')); await new Promise((r) => setTimeout(r, 50));",
      "TypeError",
      "new TypeError('lost')",
    ],
    ["a module that is not there", 'import { a } from "./nowhere";\na();', "Error", '"./nowhere"'],
    ["a package that is not there", 'import "no-such-package";', "Error", '"no-such-package"'],
    ["syntax", "const a = 1;\nconst b = ;\n", "SyntaxError", ";"],
    ["JSX", "const a = 1;\nconst b = <div>x</div>;\n", "SyntaxError", "<div>x</div>"],
    ["declared twice", "let a = 1;\nlet a = 2;", "SyntaxError", "a"],
    ["an end of file", "function f() {", "SyntaxError", "{"],
  ])("%s", async (_, text, name, place) => {
    const trace = await run(text);
    expect(trace.status).toBe("error");
    expect(trace.error?.name).toBe(name);
    expect(textAt(text, trace.error?.range)).toBe(place);
  });

  test("the frames of the program, innermost first", async () => {
    const text =
      "function inner(): never {\n  throw new Error('deep');\n}\nconst outer = async () => inner();\nawait outer();";
    const trace = await run(text);
    expect(trace.error?.stack.map((frame) => [frame.function, textAt(text, frame.range)])).toEqual([
      ["inner", "new Error('deep')"],
      ["outer", "inner()"],
      [undefined, "outer()"],
    ]);
  });

  test.each([
    ["torch.ones(1).mul(2).nope(1)", "torch.ones(...).mul(...).nope is not a function"],
    ["const f: any = (x) => x; f((1))(2)", "f(...) is not a function"],
    ["const { a } = [].pop() as any", "Cannot destructure property 'a' of '(intermediate value)' as it is undefined."],
    ['import * as t from "gradlens"; t.nope(1)', "t.nope is not a function"],
    ['import { float32 } from "gradlens"; (float32 as any)(1)', "float32 is not a function"],
  ])("V8's message speaks of the program, not of what it became: %s", async (text, message) => {
    expect((await run(text)).error?.message).toBe(message);
  });

  test("the graph up to the error is there", async () => {
    const trace = await run(
      "const x = torch.ones(2, { requires_grad: true }); const y = x.mul(2); y.sum().backward(); y.view(7);",
    );
    expect(trace.status).toBe("error");
    expect(trace.passes).toHaveLength(1);
    expect(trace.captures.some(({ name }) => name === "y")).toBe(true);
  });

  test("a promise that never settles", async () => {
    expect(errorOf(await run("await new Promise(() => {})"))).toMatch(/^Error: The program waits for a promise/);
  });
});

describe("a program that ends its process", () => {
  test("process.exit delivers the trace and the place", async () => {
    const text =
      "const x = torch.ones(2, { requires_grad: true });\nx.sum().backward();\nconst big = Array.from({ length: 300 }, (_, i) => torch.ones(30, 30));\nprocess.exit(1);\nconsole.log('never');";
    const trace = await run(text);
    expect(trace.status).toBe("exited");
    expect(trace.error?.message).toBe("The program called process.exit(1)");
    expect(textAt(text, trace.error?.range)).toBe("process.exit(1)");
    expect(trace.passes).toHaveLength(1);
    expect(printed(trace)).toEqual([]);
  });

  test("process.exit in a timer, after done", async () => {
    const update = new Promise<Trace>(
      (resolve) => void run("setTimeout(() => process.exit(3), 20)", { onUpdate: resolve }),
    );
    expect((await update).error?.message).toBe("The program called process.exit(3)");
  });

  test("a large trace arrives whole", async () => {
    const text = `const t = [];\n${Array.from({ length: 400 }, (_, i) => `const a${i} = torch.arange(1000).mul(${i});`).join("\n")}\nprocess.exit(0)`;
    const trace = await run(text);
    expect(trace.captures.filter(({ kind }) => kind === "variable")).toHaveLength(401);
  });

  test("out of memory is said plainly", async () => {
    const trace = await run(
      "const all: any[] = []; for (;;) all.push(new Array(1000).fill({}).map((_, i) => ({ i })));",
      { maxMemory: 40 },
    );
    expect(trace.status).toBe("crashed");
    expect(errorOf(trace)).toBe("Crashed: The program ran out of memory: it may use 40 MB");
  });

  test("a signal, with what was printed before", async () => {
    const trace = await run("console.log('before'); process.kill(process.pid, 'SIGKILL'); for (;;);");
    expect(trace.status).toBe("crashed");
    expect(printed(trace)).toEqual(["before"]);
    expect(trace.error?.message).toMatch(/killed/);
    expect(errorOf(await run("process.abort()"))).toMatch(/SIGABRT/);
  });
});

test("a process that has rehearsed is as good as new", async () => {
  await run("process.pid");
  await expect.poll(() => runner.ready, { timeout: 10_000 }).toBe(1);
  // Rehearsing takes it a fifth of a second.
  await pause(1000);
  const text = `const y = torch.ones(2, { requires_grad: true }).mul(2);
    console.log((y.grad_fn as any)._sequence_nr(), String(y.grad_fn), process.env.NODE_COMPILE_CACHE, torch.initial_seed());`;
  expect(printed(await run(text))).toEqual([`0 <MulBackward0 object at 0x7f0000001000> undefined 67280421310721`]);
});

describe("stopping", () => {
  test("an endless loop dies at once", async () => {
    const running = run("console.log('on'); for (;;);", { onConsole: () => started() });
    let started = () => {};
    await new Promise<void>((resolve) => {
      started = resolve;
    });
    const from = performance.now();
    runner.stop();
    const trace = await running;
    expect(performance.now() - from).toBeLessThan(2000);
    expect(trace.status).toBe("stopped");
    expect(printed(trace)).toEqual(["on"]);
  });

  test("an endless printer neither fills memory nor outlives its stop", async () => {
    let lines = 0;
    const running = run("for (let i = 0; ; i++) console.log(i);", { onConsole: () => lines++ });
    while (lines < 10_000) await pause(5);
    await pause(100);
    runner.stop();
    const trace = await running;
    expect(trace.status).toBe("stopped");
    // What nobody will read is not sent, only counted.
    expect(lines).toBe(10_000);
    expect(printed(trace).at(-1)).toMatch(/^… and \d+ more entries$/);
  });

  test("a timeout, and the next run", async () => {
    const slow = await run("for (;;);", { timeout: 300 });
    expect(errorOf(slow)).toBe("Stopped: Stopped after 0.3 s");
    const first = run("for (;;);");
    const second = run("console.log(2)");
    expect(errorOf(await first)).toBe("Stopped: A newer run took its place");
    expect(printed(await second)).toEqual(["2"]);
  });
});

describe("imports", () => {
  test("files of the program, with their types, cycles and live names", async () => {
    file(
      "lib/count.ts",
      "export let count: number = 0; export function up(): void { count++ } export default class Named {} export enum E { A = 3 } export const [p, { q }] = [1, { q: 2 }];",
    );
    file(
      "lib/even.ts",
      'import { odd } from "./odd"; export const even = (n: number): boolean => n === 0 || odd(n - 1);',
    );
    file(
      "lib/odd.ts",
      'import { even } from "./even.js"; export function odd(n: number): boolean { return n !== 0 && even(n - 1) }',
    );
    file(
      "lib/index.ts",
      'export * from "./count"; export { default as Named } from "./count"; export * as all from "./count"; export type T = number;',
    );
    file("lib/data.json", '{ "n": 5 }');
    file("lib/plain.mjs", "export const plain = typeof this;");
    file("lib/old.cjs", "module.exports = { old: 1 };");
    const trace = await run(`import { count, up, Named, E, all, p, q, type T } from "./lib";
      import { even } from "./lib/even"; import data from "./lib/data.json"; import { plain } from "./lib/plain.mjs"; import old from "./lib/old.cjs";
      import legacy = require("./lib/old.cjs"); import fs, { existsSync } from "node:fs"; import type { Stats } from "node:fs";
      up(); up(); console.log(count, new Named().constructor.name, E.A, all.count, p, q, even(10), data.n, plain, old.old, legacy.old, existsSync(".") === fs.existsSync("."));
      const { up: again } = await import("./lib/count"); again(); console.log(count);`);
    expect(printed(trace)).toEqual(["2 Named 3 2 1 2 true 5 undefined 1 1 true", "3"]);
    expect(trace.files.map(({ path }) => path.slice(folder.length + 1))).toContain(join("lib", "even.ts"));
  });

  test("npm packages, as Node finds them from the program's file", async () => {
    file(
      "node_modules/both/package.json",
      '{ "name": "both", "exports": { "import": "./esm.mjs", "require": "./cjs.cjs" } }',
    );
    file("node_modules/both/esm.mjs", 'export const kind = "esm";');
    file("node_modules/both/cjs.cjs", 'exports.kind = "cjs";');
    const trace = await run('import { kind } from "both"; console.log(kind, require("both").kind);');
    expect(printed(trace)).toEqual(["esm cjs"]);
  });

  test("the engine by its names, and without import", async () => {
    const trace = await run(
      'import * as t from "gradlens"; import { sin } from "gradlens"; import d from "gradlens"; import * as F from "gradlens/nn"; console.log(t.sin === sin, d.sin === sin, torch.sin === sin, typeof F, typeof plt.plot, sin(t.tensor(0)).item())',
    );
    expect(printed(trace)).toEqual(["true true true object function 0"]);
  });

  test("errors inside an imported file are placed there", async () => {
    const path = file("lib/broken.ts", "export const a = 1;\nexport function f() { return (null as any).x }\n");
    const trace = await run('import { f } from "./lib/broken";\nf();');
    expect(trace.files[trace.error!.range!.file]?.path).toBe(path);
    expect(trace.error?.stack.map(({ range }) => range.file)).toEqual([1, 0]);
    const bad = file("lib/syntax.ts", "let 1 = 2");
    const syntax = await run('import "./lib/syntax";');
    expect(syntax.files[syntax.error!.range!.file]?.path).toBe(bad);
    expect(errorOf(await run('import { nope } from "./lib/count"; nope();'))).toBe(
      "SyntaxError: The module './lib/count' has no export named 'nope'",
    );
  });
});

test("a selection runs after what it depends on", async () => {
  const text =
    'const a = 1;\nconst unused = console.log("not me");\nconst b = a + 1;\nconsole.log(b);\nthis is broken(\n';
  const start = text.indexOf("console.log(b)");
  const trace = await run(text, {}, { start, end: start + "console.log(b);".length });
  expect(printed(trace)).toEqual(["2"]);
  expect(trace.ran?.map((range) => textAt(text, range))).toEqual([
    "const a = 1;",
    "const b = a + 1;",
    "console.log(b);",
  ]);
});

test("light tampering does not break the run", async () => {
  const trace = await run(
    "process.removeAllListeners(); JSON.stringify = () => 'x'; process.send = undefined; console.log = () => {}; const x = 1; process.exit(2)",
  );
  expect(trace.error?.message).toBe("The program called process.exit(2)");
});

describe("questions after the run", () => {
  const text = "const x = torch.ones(300, { requires_grad: true }); const y = x.cumsum(0); y.sum().backward();";
  const live = (program = text) => runner.run({ path: join(folder, "program.ts"), text: program, live: true });
  const nodeOf = (trace: Trace, name: string) => ({
    node: trace.nodes.findIndex(({ variable }) => variable === name),
    output: 0,
  });

  test("are answered by its process", async () => {
    const trace = await live();
    const answer = await runner.ask({ type: "jacobian", of: nodeOf(trace, "y"), by: nodeOf(trace, "x") });
    expect(answer.facts.shape).toEqual([300, 300]);
    // A cumulative sum's Jacobian is a triangle of ones.
    expect(answer.facts.stats).toMatchObject({ zeros: (300 * 299) / 2, max: 1 });
  });

  test("say how far they are, and can be cancelled", async () => {
    const trace = await live(text.replace("300", "3000"));
    const stop = new AbortController();
    const question = { type: "jacobian", of: nodeOf(trace, "y"), by: nodeOf(trace, "x") } as const;
    let answer: Promise<unknown> | undefined;
    const told = await new Promise<number>((resolve) => {
      answer = runner.ask(question, { signal: stop.signal, onProgress: (done, total) => resolve(done / total) });
      answer.catch(() => {});
    });
    expect(told).toBeLessThan(1);
    stop.abort();
    await expect(answer).rejects.toMatchObject({ reason: "cancelled" });
    const soon = performance.now();
    await runner.ask({ type: "inspect", node: 0, elementwise: false });
    expect(performance.now() - soon).toBeLessThan(1000);
  });

  test("have no answer once the process is gone", async () => {
    await live();
    const late = runner.ask({ type: "inspect", node: 0, elementwise: false }).catch(() => {});
    await live(`${text} setTimeout(() => process.exit(), 1);`);
    await late;
    await pause(100);
    const asked = runner.ask({ type: "inspect", node: 0, elementwise: false });
    await expect(asked).rejects.toMatchObject({ reason: "gone", message: /Run the program again/ });
  });
});
