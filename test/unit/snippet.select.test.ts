import { describe, expect, test } from "vitest";
import { instrument, type SnippetError } from "../../src/snippet";
import { textAt } from "./runner.support";
import { runInstrumented } from "./snippet.support";

/** The selection is what stands between « and ». */
function marked(source: string) {
  const start = source.indexOf("«");
  const end = source.indexOf("»") - 1;
  return { text: source.replace("«", "").replace("»", ""), selection: { start, end } };
}

function ran(source: string): string[] {
  const { text, selection } = marked(source);
  const snippet = instrument(text, { path: "program.ts", selection });
  return (snippet.ran ?? []).map((range) => textAt(text, { file: 0, ...range })!);
}

describe("what a selection runs", () => {
  test.each<[string, string, string[]]>([
    ["a closed one, alone", "const a = 1;\n«const b = 2;\nlog(b);»\nlog(a);", ["const b = 2;", "log(b);"]],
    ["with spaces and comments around", "const a = 1;\n«\n  // words\n  log(2); // more\n»\nlog(a)", ["log(2);"]],
    [
      "after the declarations it needs",
      "const a = 1;\nconst no = 0;\nlet b = a;\n«log(b)»",
      ["const a = 1;", "let b = a;", "log(b)"],
    ],
    ["an expression in a statement", "const a = 1;\nconst b = 2 * «(a + 1)»;", ["const a = 1;", "(a + 1)"]],
    ["cut through a word: the statement", "const abc = 1;\nlog(a«b»c);", ["const abc = 1;", "log(abc);"]],
    [
      "cut through statements: all it touches",
      "const a = «1;\nconst b» = a;\nlog(b)",
      ["const a = 1;", "const b = a;"],
    ],
    [
      "inside a function: the function",
      "const k = 1;\nfunction f(x) {\n  «return x + k;»\n}",
      ["const k = 1;", "function f(x) {\n  return x + k;\n}"],
    ],
    [
      "inside a loop, with the loop's names: the loop",
      "let s = 0;\nfor (let i = 0; i < 3; i++) {\n  «s += i;»\n}",
      ["let s = 0;", "for (let i = 0; i < 3; i++) {\n  s += i;\n}"],
    ],
    [
      "inside a loop, without them: alone",
      "let s = 0;\nfor (let i = 0; i < 3; i++) {\n  «log(s);»\n}",
      ["let s = 0;", "log(s);"],
    ],
    ["imports", 'import { a, b } from "x";\nimport c from "y";\n«log(b)»', ['import { a, b } from "x";', "log(b)"]],
    [
      "functions below, for they are hoisted",
      "«log(f())»\nfunction f() { return g; }\nconst g = 1;",
      ["log(f())", "function f() { return g; }"],
    ],
    [
      "types are not needed",
      "type A = number;\ninterface B {}\nconst a: A = 1;\n«log(a as unknown as B)»",
      ["const a: A = 1;", "log(a as unknown as B)"],
    ],
    ["shadowed names are not needed", "const a = 1;\n«((a) => log(a))(2)»", ["((a) => log(a))(2)"]],
    [
      "destructured",
      "const { p, q: [r] } = o();\nfunction o() { return { p: 1, q: [2] } }\n«log(r)»",
      ["const { p, q: [r] } = o();", "function o() { return { p: 1, q: [2] } }", "log(r)"],
    ],
    ["property keys are no uses", "const key = 1;\n«log({ key: 2 }.key)»", ["log({ key: 2 }.key)"]],
    [
      "enums and namespaces",
      "enum E { A }\nnamespace N { export const x = E.A }\n«log(N.x)»",
      ["enum E { A }", "namespace N { export const x = E.A }", "log(N.x)"],
    ],
  ])("%s", (_, source, expected) => {
    expect(ran(source)).toEqual(expected);
  });

  test.each<[string, string, string[]]>([
    ["assignment", "let w = 1;\nw = 2;\nlog(0);\n«log(w)»", ["let w = 1;", "w = 2;", "log(w)"]],
    ["update and compound", "let w = 1;\nw++;\nw += 1;\n«log(w)»", ["let w = 1;", "w++;", "w += 1;", "log(w)"]],
    [
      "a property",
      "const w: any = {};\nw.grad = null;\ndelete w.x;\n«log(w)»",
      ["const w: any = {};", "w.grad = null;", "delete w.x;", "log(w)"],
    ],
    [
      "in place and backward",
      "const w = t();\nconst u = t();\nw.mul_(2);\nu.mul_(3);\nw.sum().item();\nw.backward();\n«log(w)»",
      ["const w = t();", "w.mul_(2);", "w.sum().item();", "w.backward();", "log(w)"],
    ],
    [
      "in a loop",
      "let s = 0;\nfor (const i of [1, 2]) s += i;\n«log(s)»",
      ["let s = 0;", "for (const i of [1, 2]) s += i;", "log(s)"],
    ],
    [
      "in a callback",
      "const w = t();\ntorch.no_grad(() => { w.sub_(1); });\n«log(w)»",
      ["const w = t();", "torch.no_grad(() => { w.sub_(1); });", "log(w)"],
    ],
    [
      "a call for its effect",
      "const l = [];\nl.push(1);\nl.length;\n«log(l)»",
      ["const l = [];", "l.push(1);", "log(l)"],
    ],
    ["the seed", "torch.manual_seed(0);\n«log(torch.rand(2))»", ["torch.manual_seed(0);", "log(torch.rand(2))"]],
    [
      "backward of what was made from it",
      "const x = t();\nconst y = x.sum();\ny.mul(2).backward();\nconst z = t();\nz.backward();\n«log(x.grad)»",
      ["const x = t();", "const y = x.sum();", "y.mul(2).backward();", "log(x.grad)"],
    ],
    [
      "an optimiser's step in a loop",
      "const w = t();\nconst o = new SGD([w]);\nfor (let i = 0; i < 2; i++) { const loss = f(w); loss.backward(); o.step(); }\n«log(w)»",
      [
        "const w = t();",
        "const o = new SGD([w]);",
        "for (let i = 0; i < 2; i++) { const loss = f(w); loss.backward(); o.step(); }",
        "log(w)",
      ],
    ],
    ["not output", "console.log(1);\nplt.plot([1]);\n«console.log(plt.plot([2]))»", ["console.log(plt.plot([2]))"]],
    ["another variable of that name inside", "let w = 1;\n{ let w = 2; w = 3; }\n«log(w)»", ["let w = 1;", "log(w)"]],
    ["not what stands below", "let w = 1;\n«log(w);»\nw = 2;", ["let w = 1;", "log(w);"]],
  ])("statements above that change a name it needs: %s", (_, source, expected) => {
    expect(ran(source)).toEqual(expected);
  });

  test.each<[string, string, string[]]>([
    ["below", "const a = 1;\n«log(a)»\nconst = ;\n", ["const a = 1;", "log(a)"]],
    [
      "above, elsewhere",
      "const a = 1;\nfunction broken( {\nconst b = a;\n«log(b)»",
      ["const a = 1;", "const b = a;", "log(b)"],
    ],
    [
      "above, with statements of several lines",
      "const a = [\n  1,\n];\nlet x = = 1;\nconst f = () => {\n  return a;\n};\n«log(f())»",
      ["const a = [\n  1,\n];", "const f = () => {\n  return a;\n};", "log(f())"],
    ],
  ])("broken code %s does not matter", (_, source, expected) => {
    expect(ran(source)).toEqual(expected);
  });

  test("a broken selection says where", () => {
    const { text, selection } = marked("const a = 1;\n«const b = ;»\n");
    try {
      instrument(text, { path: "program.ts", selection });
      expect.unreachable();
    } catch (error) {
      const { message, start, end } = error as SnippetError;
      expect([message, text.slice(start, end), start]).toEqual(["Unexpected token", ";", 23]);
    }
  });

  test("an empty one is the whole text", () => {
    const snippet = instrument("const a = 1", { path: "p.ts", selection: { start: 3, end: 3 } });
    expect(snippet.ran).toBeUndefined();
  });

  test("it runs with the values it needs", async () => {
    const { text, selection } = marked(
      "let a = 1 as number\nlog('no')\na = a + 1\n;[a] = [a * 2]\nfunction f() { return a }\n«log(f())\nlog(a)»\nlog('neither')",
    );
    expect(await runInstrumented(text, { selection })).toEqual(["4", "4"]);
  });
});
