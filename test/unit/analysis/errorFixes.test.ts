import { afterEach, expect, test } from "vitest";
import { hintOf } from "../../../src/analysis";
import { resolveEdit } from "../../../src/analysis/edits";
import { Program } from "../../../src/runner/execute";

let program: Program | undefined;
afterEach(() => program?.dispose());

/** The failing program's last line, as each fix leaves it, with what it leaves of the others where it changes one of them. */
async function mended(text: string): Promise<string[]> {
  program = new Program({ path: "/error-fixes.ts", text }, { onConsole: () => {} });
  await program.main();
  const trace = program.trace();
  expect(trace.status).toBe("error");
  const lines = text.split("\n");
  return (hintOf(trace)?.fixes ?? []).map(({ edit }) => {
    const change = resolveEdit(edit, text, edit.range)!;
    const { line, column } = change.start;
    return `${lines[line]!.slice(0, column)}${change.text}${lines[line]!.slice(column)}`;
  });
}

test.each<[string, string[]]>([
  [
    "const x = torch.ones(4, 5);\nconst mu = x.mean(1);\nconst z = x.sub(mu).div(2);",
    ["const mu = x.mean(1, { keepdim: true });", "const z = x.sub(mu.unsqueeze(1)).div(2);"],
  ],
  [
    "const x = torch.ones(4, 5);\nconst z = x.sub(torch.amax(x, 1));",
    ["const z = x.sub(torch.amax(x, 1, { keepdim: true }));", "const z = x.sub(torch.amax(x, 1).unsqueeze(1));"],
  ],
  ["const m = torch.ones(2, 3, 4);\nconst w = torch.ones(2, 4);\nm.mul(w);", ["m.mul(w.unsqueeze(1));"]],
  // Two places would do, or none: no guess.
  ["const a = torch.ones(3, 3);\nconst b = torch.ones(2);\na.mul(b);", []],
  [
    "const p = torch.rand(4, 1);\nconst t = torch.tensor([0, 1, 1, 0]);\nF.binary_cross_entropy(p, t);",
    ["F.binary_cross_entropy(p, t.unsqueeze(1));"],
  ],
  [
    "const x = torch.arange(6).view(2, 3);\nconst w = torch.ones(3, 2);\nx.matmul(w);",
    ["x.to(torch.float32).matmul(w);"],
  ],
  [
    "const logits = torch.ones(2, 3);\nconst target = torch.tensor([0, 1]);\nF.cross_entropy(logits, target);",
    [
      "const target = torch.tensor([0, 1], { dtype: torch.int64 });",
      "F.cross_entropy(logits, target.to(torch.int64));",
    ],
  ],
  [
    "const table = new nn.Embedding(4, 2);\ntable(torch.tensor([1, 2]));",
    ["table(torch.tensor([1, 2], { dtype: torch.int64 }));", "table(torch.tensor([1, 2]).to(torch.int64));"],
  ],
])("%s", async (text, wanted) => {
  expect(await mended(text)).toEqual(wanted);
});
