/** Programs that mean harm, or might as well: each ends with a plain word, and the next one is clean. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Runner, type RunOptions } from "../../src/runner/host";
import type { RunRequest } from "../../src/runner/protocol";
import type { Capture, Trace } from "../../src/trace/model";
import { bundle, textAt } from "./runner.support";

const folder = mkdtempSync(join(tmpdir(), "gradlens-hostile-"));
let runner: Runner;

beforeAll(async () => {
  const compiler = await bundle("runner/compiler.ts", "compiler.cjs", "cjs");
  runner = new Runner(await bundle("runner/child.ts", "runner.cjs", "cjs"), compiler);
});
afterAll(() => runner.dispose());

const run = (text: string, options?: RunOptions, request?: Partial<RunRequest>): Promise<Trace> =>
  runner.run({ path: join(folder, "program.ts"), text, ...request }, options);
const last = (trace: Trace, name: string): Capture["last"] | undefined =>
  trace.captures.find((capture) => capture.kind === "variable" && capture.name === name)?.last;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(async () => {
  const trace = await run(
    "const x = torch.ones(2, { requires_grad: true }); x.mul(3).sum().backward(); console.log(x.grad);",
  );
  expect(trace.status).toBe("ok");
  expect(trace.console.map(({ text }) => text)).toEqual(["tensor([3., 3.])"]);
});

describe("values that do not want to be looked at", () => {
  test("proxies whose traps never return do not hold up the program or its trace", async () => {
    const trace = await run(`const loop = (): any => { for (;;); };
      const p = new Proxy({}, { get: loop, getPrototypeOf: loop, ownKeys: loop, has: loop, getOwnPropertyDescriptor: loop });
      const list = [p]; const y = torch.ones(2);`);
    expect(trace.status).toBe("ok");
    expect(last(trace, "p")?.kind).toBe("other");
    expect(last(trace, "y")).toMatchObject({ kind: "tensor" });
  });

  test("getters and inspect methods that never return are given up on, the others are told", async () => {
    const trace = await run(`const tag = { get [Symbol.toStringTag]() { for (;;); } };
      const shown = { [Symbol.for("nodejs.util.inspect.custom")]() { for (;;); } };
      const named = { get named_parameters() { for (;;); } };
      const cyclic: any = { a: 1 }; cyclic.self = cyclic;
      const y = torch.tensor([4]);`);
    expect(trace.status).toBe("ok");
    expect(last(trace, "shown")).toMatchObject({ text: expect.stringMatching(/does not end/) });
    expect(last(trace, "cyclic")).toMatchObject({ text: "<ref *1> { a: 1, self: [Circular *1] }" });
    expect(last(trace, "y")).toMatchObject({ kind: "tensor" });
  });

  test.each([
    [
      "an error whose message never comes",
      "throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } });",
    ],
    ["an error whose stack throws", "throw Object.defineProperty(new Error('x'), 'stack', { get() { throw 1; } });"],
    ["a proxy", "throw new Proxy({}, { get() { for (;;); }, getPrototypeOf() { for (;;); } });"],
    ["null", "throw null;"],
    ["a symbol", "throw Symbol('s');"],
    ["an object without prototype", "throw Object.create(null);"],
  ])("thrown: %s", async (_, text) => {
    const trace = await run(`const y = torch.ones(1);\n${text}`);
    expect(trace.status).toBe("error");
    expect(trace.error?.message).toBeTruthy();
    expect(last(trace, "y")).toMatchObject({ kind: "tensor" });
  });
});

describe("globals replaced", () => {
  test.each([
    "Array.prototype.map = Array.prototype.filter = Array.prototype.reduce = (() => { throw new Error('mine') }) as any;",
    "(Array.prototype as any)[Symbol.iterator] = () => { throw new Error('mine') };",
    "(Object.prototype as any).toJSON = () => 'x'; (Array.prototype as any).toJSON = () => 'y';",
    "JSON.stringify = (() => { throw 1 }) as any; (globalThis as any).JSON = null;",
    "Map.prototype.get = Map.prototype.set = WeakMap.prototype.get = (() => { throw 1 }) as any;",
    "String.prototype.replace = String.prototype.slice = (() => { throw 1 }) as any;",
    "(globalThis as any).console = null; (process as any).send = null; process.removeAllListeners();",
    "(globalThis as any).Array = (globalThis as any).Object = (globalThis as any).Map = function () { throw 1 };",
    "Object.entries = Object.keys = Object.assign = (() => { throw 1 }) as any; Math.max = () => 0; performance.now = () => 0;",
    "Buffer.from = (() => { throw 1 }) as any; require('node:fs').writeSync = () => { throw 1 }; Atomics.wait = (() => { throw 1 }) as any;",
    "(Error as any).prepareStackTrace = () => { throw 1 }; Error.stackTraceLimit = 0;",
  ])("%s", async (text) => {
    const trace = await run(
      `const x = torch.ones(2, { requires_grad: true });\nx.mul(x).sum().backward();\nconst n = 5;\n${text}`,
    );
    expect(trace.status).toBe("ok");
    expect(last(trace, "n")).toEqual({ kind: "number", value: 5 });
    expect(trace.passes).toHaveLength(1);
  });

  test("an error after that is told as well", async () => {
    const text = "Array.prototype.map = (() => { throw 1 }) as any;\nconst a: any = null;\na.b();";
    const trace = await run(text);
    expect(trace.error?.name).toBe("TypeError");
    expect(textAt(text, trace.error?.range)).toBe("a.b()");
  });

  test("a program that writes to our own pipe is not believed", async () => {
    const trace = await run(
      `import { writeSync } from "node:fs"; writeSync(4, "nonsense\\n{}\\nnull\\n"); writeSync(4, '{"type":"done","trace":{}}\\n'); console.log("on");`,
    );
    expect(trace.status).toBe("ok");
    expect(trace.console.map(({ text }) => text)).toEqual(["on"]);
  });
});

describe("too much", () => {
  test("a gigabyte of print is cut, counted, and over soon", async () => {
    let told = 0;
    const trace = await run("const line = 'x'.repeat(1 << 20); for (let i = 0; i < 1024; i++) console.log(line);", {
      onConsole: ({ text }) => {
        told += text.length;
      },
    });
    expect(trace.status).toBe("ok");
    expect(told).toBeLessThan(6_000_000);
    expect(trace.console[0]?.text).toMatch(/… \(948576 more characters\)$/);
    expect(trace.console.at(-1)?.text).toMatch(/^… and 9\d\d more entries$/);
  });

  test("tensors without end", async () => {
    const trace = await run("const all: any[] = []; for (;;) all.push(torch.ones(1 << 20));", { maxMemory: 100 });
    expect(trace.status).toBe("crashed");
    expect(trace.error?.message).toBe(
      "The program ran out of memory: it may use 100 MB, and its tensors as much again",
    );
    // What it had got to is there.
    expect(last(trace, "all")).toMatchObject({ kind: "other" });
  });
});

describe("stopped, it keeps what it got to", () => {
  const STEPS = "const x = torch.ones(3, { requires_grad: true });\nx.mul(2).sum().backward();\nconsole.log(1);\n";
  test.each([
    ["a loop of nothing", `${STEPS}for (;;);`],
    ["a loop in a getter", `${STEPS}const o = { get g() { for (;;); } };\no.g;`],
    ["a promise for ever", `${STEPS}await new Promise(() => setInterval(() => {}, 1000));`],
    [
      "a training loop",
      `${STEPS}let loss = x.sum(); for (let i = 0; ; i++) { loss = x.mul(i).sum(); loss.backward(); }`,
    ],
  ])("%s", async (_, text) => {
    let started = () => {};
    const on = new Promise<void>((resolve) => {
      started = resolve;
    });
    const running = run(text, { onConsole: () => started() });
    await on;
    await pause(50);
    runner.stop();
    const trace = await running;
    expect(trace.status).toBe("stopped");
    expect(trace.passes.length).toBeGreaterThan(0);
    expect(trace.nodes.map(({ name }) => name)).toContain("AccumulateGrad");
    expect(last(trace, "x")).toMatchObject({ tensor: { gradient: { source: "grad" } } });
  });

  test("snapshots come while it runs, and change nothing of the result", async () => {
    const text = `torch.manual_seed(0); const w = torch.randn([4], { requires_grad: true }); let loss = 0;
      for (let i = 0; i < 3000; i++) { const h = w.mul(2); const y = h.sin().sum(); y.backward(); loss = y.item(); w.grad = null; }
      console.log(loss, String(torch.randn([2])), (w.mul(1).grad_fn as any)._sequence_nr());`;
    let snapshots = 0;
    const watched = await run(text, { onSnapshot: () => snapshots++ });
    const plain = await run(text.replace("3000", "1500 * 2"));
    expect(snapshots).toBeGreaterThan(1);
    expect(watched.console.map((entry) => entry.text)).toEqual(plain.console.map((entry) => entry.text));
    expect(watched.nodes.map(({ name, repeats }) => [name, repeats])).toEqual(
      plain.nodes.map(({ name, repeats }) => [name, repeats]),
    );
  });
});

describe("text that is no program", () => {
  test("costs no process", async () => {
    await run("process.pid", {});
    await expect.poll(() => runner.ready, { timeout: 10_000 }).toBe(1);
    const trace = await run("const a = ;");
    expect(trace.refused).toBe(true);
    expect(trace.error?.name).toBe("SyntaxError");
    expect(runner.ready).toBe(1);
    expect((await run("const a = 1;")).status).toBe("ok");
  });
});

test("what an editor holds unsaved goes before the disk's text, in imported files too", async () => {
  const path = join(folder, "part.ts");
  writeFileSync(path, "export const n: number = 1;");
  const trace = await run(
    'import { n } from "./part"; const m = n;',
    {},
    { unsaved: { [path]: "export const n: number = 2;" } },
  );
  expect(last(trace, "m")).toEqual({ kind: "number", value: 2 });
});

test("when its host dies, a program in an endless loop dies too", async () => {
  const child = await bundle("runner/child.ts", "runner.cjs", "cjs");
  const host = join(folder, "host.cjs");
  writeFileSync(
    host,
    `const { fork } = require("node:child_process");
     const child = fork(${JSON.stringify(child)}, ["4000"], { serialization: "advanced", stdio: ["ignore", "ignore", "ignore", "ipc", "pipe", "pipe"] });
     child.stdio[4].once("data", () => {
       child.send({ type: "run", request: { path: ${JSON.stringify(join(folder, "p.ts"))}, text: "for (;;);" } });
       setTimeout(() => { process.stdout.write(String(child.pid)); process.kill(process.pid, "SIGKILL"); }, 600);
     });`,
  );
  let pid = 0;
  try {
    execFileSync(process.execPath, [host], { encoding: "utf8" });
  } catch (error) {
    pid = Number((error as { stdout: string }).stdout);
  }
  expect(pid).toBeGreaterThan(0);
  const isAlive = () => {
    try {
      // A zombie that nobody has collected yet is dead as well.
      return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return false;
    }
  };
  for (let i = 0; i < 100 && isAlive(); i++) await pause(30);
  expect(isAlive()).toBe(false);
});
