import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { bundle } from "./runner.support";

const folder = mkdtempSync(join(tmpdir(), "gradlens-check-"));
let cli: string;

beforeAll(async () => {
  cli = await bundle("cli.ts", "cli.mjs", "esm");
});

function check(...args: string[]) {
  return spawnSync(process.execPath, [cli, "check", ...args], { cwd: folder, encoding: "utf8" });
}

function program(text: string, name: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const HEALTHY = `const x = torch.ones(2, { requires_grad: true });
x.mul(3).sum().backward();
console.log(x.grad);
`;
const FAULTY = `const x = torch.ones(2, { requires_grad: true });
const h = x.mul(3);
h.sum().backward();
console.log("h", h.grad);
`;

describe("gradlens check", () => {
  test("a healthy program: nothing on standard output, what it prints on standard error, exit code 0", () => {
    const { status, stdout, stderr } = check(program(HEALTHY, "healthy.ts"));
    expect([status, stdout, stderr]).toEqual([0, "", "tensor([3., 3.])\n"]);
  });

  test("a finding: one line with place, code and message, exit code 1", () => {
    const { status, stdout, stderr } = check(program(FAULTY, "faulty.ts"));
    expect([status, stderr]).toEqual([1, "h null\n"]);
    expect(stdout).toMatch(/^faulty\.ts:2:11: warning grad-not-leaf: 'h' has no gradient: [^\n]+\n$/);
  });

  test("--quiet leaves out what the program prints", () => {
    const { status, stdout, stderr } = check("--quiet", program(FAULTY, "faulty.ts"));
    expect([status, stderr, stdout.split("\n").length]).toEqual([1, "", 2]);
  });

  test("--json: places from 1, related places, fixes; [] for a healthy one", () => {
    const { status, stdout } = check("--json", program(FAULTY, "faulty.ts"));
    expect(status).toBe(1);
    const [finding, ...others] = JSON.parse(stdout);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      path: "faulty.ts",
      line: 2,
      column: 11,
      endLine: 2,
      endColumn: 19,
      severity: "warning",
      code: "grad-not-leaf",
    });
    expect(finding.fixes[0].edit).toMatchObject({ place: "after", text: "h.retain_grad();" });
    const healthy = check("--json", "--quiet", program(HEALTHY, "healthy.ts"));
    expect([healthy.status, healthy.stdout]).toEqual([0, "[]\n"]);
  });

  test("several files: each runs alone, the worst exit code counts, and JSON is one list", () => {
    const files = [program(HEALTHY, "healthy.ts"), program(FAULTY, "faulty.ts"), program(FAULTY, "again.ts")];
    const text = check("-q", ...files);
    expect([text.status, text.stdout.split("\n").map((line) => line.split(":")[0])]).toEqual([
      1,
      ["faulty.ts", "again.ts", ""],
    ]);
    const json = check("-q", "--json", ...files);
    expect(JSON.parse(json.stdout).map(({ path }: { path: string }) => path)).toEqual(["faulty.ts", "again.ts"]);
  });

  test("an error without a known cause is told as one, with its fix; broken text at its place", () => {
    const thrown = check("--json", "-q", program("const x = torch.ones(4, 5);\nconst z = x.sub(x.mean(1));\n", "e.ts"));
    expect(thrown.status).toBe(1);
    const [finding] = JSON.parse(thrown.stdout);
    expect(finding).toMatchObject({ line: 2, column: 11, severity: "error", code: "RuntimeError" });
    expect(finding.fixes[0].edit).toMatchObject({ place: "option", text: "keepdim: true" });
    const broken = check(program("const a = 1;\nconst = 2;\n", "broken.ts"));
    expect(broken.status).toBe(1);
    expect(broken.stdout).toMatch(/^broken\.ts:2:7: error SyntaxError: /);
  });

  test("a finding in an imported file names that file", () => {
    program("export function f(x: any) {\n  return x.detach().mul(2);\n}\n", "part.ts");
    const main = `import { f } from "./part";\nconst w = torch.ones(2, { requires_grad: true });
const loss = f(w).sum().add(torch.ones([], { requires_grad: true }));\nloss.backward();\nconsole.log(w.grad);\n`;
    const { status, stdout } = check("-q", program(main, "main.ts"));
    expect(status).toBe(1);
    expect(stdout).toMatch(/^part\.ts:2:10: warning grad-detached: /);
  });

  test("wrong use: exit code 2 and a word on standard error", () => {
    expect(check()).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^gradlens: check: which file/),
    });
    expect(check("nowhere.ts")).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(/nowhere\.ts/) });
  });
});
