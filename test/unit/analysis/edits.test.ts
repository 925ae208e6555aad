import { expect, test } from "vitest";
import { resolveEdit } from "../../../src/analysis/edits";
import type { Edit } from "../../../src/analysis/finding";

/** The text between « and » is the edit's range; the result is the text with the edit made. */
function made(place: Edit["place"], added: string, marked: string): string | undefined {
  const text = marked.replace(/[«»]/g, "");
  const position = (offset: number) => {
    const before = text.slice(0, offset).split("\n");
    return { line: before.length - 1, column: before.at(-1)!.length };
  };
  const range = { file: 0, start: position(marked.indexOf("«")), end: position(marked.indexOf("»") - 1) };
  const change = resolveEdit({ place, text: added, range }, text, range);
  if (!change) return undefined;
  const lines = text.split("\n");
  const offset = ({ line, column }: { line: number; column: number }) =>
    lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, column);
  return text.slice(0, offset(change.start)) + change.text + text.slice(offset(change.end));
}

test.each<[Edit["place"], string, string, string | undefined]>([
  [
    "before",
    "opt.zero_grad();",
    "for (;;) {\n  «loss.backward()»;\n}",
    "for (;;) {\n  opt.zero_grad();\n  loss.backward();\n}",
  ],
  ["before", "opt.zero_grad();", "for (;;) { «loss.backward()»; }", "for (;;) { opt.zero_grad(); loss.backward(); }"],
  [
    "before",
    "opt.zero_grad();",
    "  F.mse_loss(a, b)\n    .«backward()»;",
    "  opt.zero_grad();\n  F.mse_loss(a, b)\n    .backward();",
  ],
  [
    "after",
    "h.retain_grad();",
    "  const h = «x.mul(2)»; // twice\n  y();",
    "  const h = x.mul(2); // twice\n  h.retain_grad();\n  y();",
  ],
  ["after", "h.retain_grad();", "const h = «f(\n  x,\n)»;\ny();", "const h = f(\n  x,\n);\nh.retain_grad();\ny();"],
  [
    "after",
    "y.backward();",
    "const y = «x.pow(2)»\n  .neg();\nz();",
    "const y = x.pow(2)\n  .neg();\ny.backward();\nz();",
  ],
  ["option", "requires_grad: true", "«torch.zeros(1)»", "torch.zeros(1, { requires_grad: true })"],
  [
    "option",
    "requires_grad: true",
    "«torch.rand([2], { dtype: d })»",
    "torch.rand([2], { dtype: d, requires_grad: true })",
  ],
  ["option", "retain_graph: true", "«loss.backward()»", "loss.backward({ retain_graph: true })"],
  ["option", "retain_graph: true", "«run(() => { go(); })»", "run(() => { go(); }, { retain_graph: true })"],
  ["option", "retain_graph: true", "«loss»", undefined],
  ["operand", ".clamp({ min: 1e-8 })", "«torch.log(p)»", "torch.log(p.clamp({ min: 1e-8 }))"],
  ["operand", ".clamp({ min: 1e-8 })", "«p.mul(a, b).log()»", "p.mul(a, b).clamp({ min: 1e-8 }).log()"],
  ["operand", ".clamp({ min: 1e-8 })", '«torch.pow(f(a, ")"), 2)»', 'torch.pow(f(a, ")").clamp({ min: 1e-8 }), 2)'],
  ["unlink", "detach", "«code.detach()».mul(2)", "code.mul(2)"],
  ["unlink", "detach", "«f(x)\n  .detach()»", "f(x)"],
  ["unlink", "detach", "«x.clone()»", undefined],
])("%s %s: %s", (place, added, marked, wanted) => {
  expect(made(place, added, marked)).toBe(wanted);
});
