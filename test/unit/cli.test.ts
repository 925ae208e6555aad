import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { excerpt } from "../../src/runner/excerpt";
import type { Trace } from "../../src/trace/model";
import { bundle } from "./runner.support";

const folder = mkdtempSync(join(tmpdir(), "gradlens-cli-"));
let cli: string;

beforeAll(async () => {
  cli = await bundle("cli.ts", "cli.mjs", "esm");
});

function gradlens(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 });
}

function program(text: string, name = "program.ts"): string {
  writeFileSync(join(folder, name), text);
  return name;
}

test("prints what the program prints, and nothing else", () => {
  const run = gradlens(
    "run",
    program('const x: number = 1; console.log("a", x); console.error("e"); process.stdout.write("raw")'),
  );
  expect([run.status, run.stdout, run.stderr]).toEqual([0, "a 1\nraw", "e\n"]);
});

test("large output reaches a pipe whole, also before process.exit", () => {
  const run = gradlens("run", program("for (let i = 0; i < 100000; i++) console.log('line', i); process.exit(0)"));
  expect(run.stdout.split("\n")).toHaveLength(100_001);
  expect(run.stdout.endsWith("line 99999\n")).toBe(true);
});

test("a reader that leaves early ends it quietly", () => {
  program("for (let i = 0; i < 100000; i++) console.log('line', i)");
  const run = spawnSync("sh", ["-c", `${process.execPath} ${cli} run program.ts | head -n 1`], {
    cwd: folder,
    encoding: "utf8",
  });
  expect([run.stdout, run.stderr]).toEqual(["line 0\n", ""]);
});

test("an error: its name and message, its place, exit code 1", () => {
  const run = gradlens("run", program("const a = torch.ones(2);\nconst b = a.mul(torch.ones(3));\n"));
  expect(run.status).toBe(1);
  expect(run.stdout).toBe("");
  expect(run.stderr).toBe(
    [
      "RuntimeError: The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
      "  at program.ts:2:11",
      "  1 | const a = torch.ones(2);",
      "> 2 | const b = a.mul(torch.ones(3));",
      "    |           ^^^^^^^^^^^^^^^^^^^^",
      "  3 |",
      "",
    ].join("\n"),
  );
});

test("timers run to their end, and an error in one counts", () => {
  const run = gradlens("run", program('setTimeout(() => { console.log("late"); throw new Error("boom") }, 20)'));
  expect([run.status, run.stdout]).toEqual([1, "late\n"]);
  expect(run.stderr).toMatch(/^Error: boom\n {2}at program.ts:1:47/);
});

test.each([
  ["process.exit(3)", 3],
  ["process.exit()", 0],
  ["process.exitCode = 4", 4],
  ["setTimeout(() => process.exit(5), 5)", 5],
])("%s exits with %d", (text, status) => {
  const run = gradlens("run", program(text));
  expect([run.status, run.stderr]).toEqual([status, ""]);
});

describe("files", () => {
  const text =
    "const x = torch.ones(2, { requires_grad: true });\nconst y = x.mul(3);\ny.sum().backward();\nconsole.log(x.grad);\n";

  test("the graph in each format, and the trace", () => {
    for (const [name, sign] of [
      ["g.svg", "<svg"],
      ["g.dot", "digraph"],
      ["g.mmd", "flowchart"],
      ["g.png", "IHDR"],
      ["g.json", "{"],
    ] as const) {
      const run = gradlens("run", program(text), "--graph", name);
      expect([run.status, run.stdout, run.stderr]).toEqual([0, "tensor([3., 3.])\n", ""]);
      expect(readFileSync(join(folder, name), "utf8")).toContain(sign);
    }
    gradlens("run", program(text), "--json", "trace.json");
    const trace = JSON.parse(readFileSync(join(folder, "trace.json"), "utf8")) as Trace;
    expect(trace.nodes.map(({ name }) => name)).toEqual(["AccumulateGrad", "MulBackward0", "SumBackward0"]);
  });

  test("--json FILE prints as ever, and the trace has it too", () => {
    const run = gradlens(
      "run",
      program('console.log("a\\nb"); process.stdout.write("c"); console.warn("w")'),
      "--json",
      "out.json",
    );
    expect([run.stdout, run.stderr]).toEqual(["a\nb\nc", "w\n"]);
    const trace = JSON.parse(readFileSync(join(folder, "out.json"), "utf8")) as Trace;
    expect(trace.console.map((entry) => [entry.level, entry.text])).toEqual([
      ["log", "a\nb"],
      ["log", "c"],
      ["warn", "w"],
    ]);
  });

  test("--json alone prints the trace instead of the output", () => {
    const run = gradlens("run", program(text), "--json");
    const trace = JSON.parse(run.stdout) as Trace;
    expect(trace.console.map((entry) => entry.text)).toEqual(["tensor([3., 3.])"]);
  });

  test("they are written when the program fails or exits", () => {
    const failing = gradlens("run", program(`${text}throw new Error("x")`), "--graph", "fail.dot", "--json", "-");
    expect(failing.status).toBe(1);
    expect((JSON.parse(failing.stdout) as Trace).error?.message).toBe("x");
    expect(readFileSync(join(folder, "fail.dot"), "utf8")).toContain("MulBackward0");
    const exiting = gradlens("run", program(`${text}process.exit(7)`), "--graph", "exit.svg");
    expect(exiting.status).toBe(7);
    expect(readFileSync(join(folder, "exit.svg"), "utf8")).toContain("MulBackward0");
  });
});

test("JavaScript and .mts run as well", () => {
  expect(gradlens("run", program("console.log(1 < 2, 3 > 2)", "plain.js")).stdout).toBe("true true\n");
  expect(gradlens("run", program("const x: number = 5; console.log(x)", "typed.mts")).stdout).toBe("5\n");
});

test.each([
  [["run", "nowhere.ts"], "gradlens: Cannot read nowhere.ts: there is no such file\n"],
  [["run", "."], "gradlens: Cannot read .: it is a folder\n"],
  [
    ["run", "program.ts", "--graph", "x.gif"],
    "gradlens: --graph x.gif: the ending must be .svg, .png, .html, .dot, .mmd, .json\n",
  ],
  [["run", "program.ts", "--nope"], "gradlens: Unknown option `--nope`\n"],
  [["run"], "gradlens: missing required args for command `run <file>`\n"],
  [["walk"], "gradlens: There is no command 'walk'. Try: gradlens run FILE.ts, or gradlens --help\n"],
  [[], "gradlens: A command is missing. Try: gradlens run FILE.ts, or gradlens --help\n"],
  [["run", "program.ts", "--graph", "no/such/folder.svg"], /^gradlens: Cannot write no\/such\/folder\.svg: ENOENT/],
])("%j is a mistake of the command", (args, message) => {
  program("1");
  const run = gradlens(...args);
  expect(run.status).toBe(2);
  if (typeof message === "string") expect(run.stderr).toBe(message);
  else expect(run.stderr).toMatch(message);
});

test("help and version", () => {
  expect(gradlens("--help").stdout).toContain("run <file>");
  expect(gradlens("run", "--help").stdout).toMatch(/--graph <file>.*\n.*--json \[file\]/);
  expect(gradlens("--version").stdout).toMatch(/^gradlens\/0\.0\.0-test/);
});

test("an excerpt of several lines marks the first", () => {
  const range = { start: { line: 1, column: 2 }, end: { line: 2, column: 1 } };
  expect(excerpt("one\n\ttwo(\n)", range, { color: false })).toBe("  1 | one\n> 2 |  two(\n    |   ^^^\n  3 | )");
});

describe("gradlens export", () => {
  const text =
    "const x = torch.ones(2, { requires_grad: true });\nx.mul(3).sum().backward();\nconsole.log('printed');\n";

  test("to standard output, in place of what the program prints", () => {
    const run = gradlens("export", program(text), "--format", "mermaid");
    expect([run.status, run.stderr]).toEqual([0, ""]);
    expect(run.stdout).toMatch(/^flowchart TB\n/);
    expect(run.stdout).not.toContain("printed");
  });

  test("to a file whose ending says the format, in the theme asked for; the program prints as ever", () => {
    const run = gradlens("export", program(text), "-o", "dark.svg", "--theme", "dark");
    expect([run.status, run.stdout, run.stderr]).toEqual([0, "printed\n", ""]);
    expect(readFileSync(join(folder, "dark.svg"), "utf8")).toContain("--page:#1f1f1f");
  });

  test("of a saved trace, nothing runs", () => {
    gradlens("run", program(text), "--json", "saved.json");
    const run = gradlens("export", "saved.json", "--format", "dot");
    expect([run.status, run.stdout.split("\n")[0]]).toEqual([0, "digraph backward {"]);
  });

  test.each([
    [["--format", "gif"], "--format gif: it must be svg, png, html, dot, mermaid, json"],
    [["-o", "x.gif"], "--output x.gif: the ending must be .svg, .png, .html, .dot, .mmd, .json"],
    [["-o", "x.svg", "--theme", "pink"], "--theme pink: it must be auto, light, dark"],
    [[], "Say where to: --output FILE, or --format FORMAT for standard output"],
  ])("%j is a mistake that is explained before anything runs", (flags, message) => {
    const run = gradlens("export", program(text), ...flags);
    expect([run.status, run.stdout, run.stderr]).toEqual([2, "", `gradlens: ${message}\n`]);
  });

  test("what is no trace is refused", () => {
    program('{"a": 1}', "not.json");
    const run = gradlens("export", "not.json", "--format", "dot");
    expect([run.status, run.stderr]).toEqual([
      2,
      "gradlens: not.json is no trace. Make one with: gradlens run FILE.ts --json not.json\n",
    ]);
  });
});
