import { describe, expect, test } from "vitest";
import { instrument } from "../../src/snippet";
import { textAt } from "./runner.support";
import { runSnippet } from "./snippet.support";

function sites(text: string) {
  const place = (range: { start: { line: number; column: number }; end: { line: number; column: number } }) =>
    `${textAt(text, { file: 0, ...range })}@${range.start.line}:${range.start.column}`;
  return instrument(text, { path: "program.ts" }).sites.map((site) => ({
    kind: site.kind,
    name: site.name,
    at: place(site.range),
    uses: site.uses.map(place),
  }));
}

const variables = (text: string) =>
  sites(text)
    .filter(({ kind }) => kind === "variable")
    .map(({ at, uses }) => [at, ...uses]);

describe("places of values", () => {
  test("declarations, and the reads that see them", () => {
    expect(variables("const a = f();\nconst b = a + a;\nlog({ a, b: b });")).toEqual([
      ["a@0:6", "a@1:10", "a@1:14", "a@2:6"],
      ["b@1:6", "b@2:12"],
    ]);
  });

  test("a read belongs to the assignment before it", () => {
    expect(variables("let x = 1;\nx = x + 1;\nx++;\nlog(x);")).toEqual([
      ["x@0:4", "x@1:4"],
      ["x@1:0"],
      ["x@2:0", "x@3:4"],
    ]);
  });

  test("a function reads a variable declared after it", () => {
    expect(variables("function f() { return w }\nconst w = 1;")).toEqual([["w@1:6", "w@0:22"]]);
  });

  test("shadowing keeps variables apart", () => {
    expect(variables("const x = 1;\n{ const x = 2; log(x); }\nlog(x);\n((x) => x)(3);")).toEqual([
      ["x@0:6", "x@2:4"],
      ["x@1:8", "x@1:19"],
      ["x@3:2", "x@3:8"],
    ]);
  });

  test("types are neither places nor uses", () => {
    expect(variables("const x: number = 1; type T = typeof x; let y: typeof x = x as T; log<T>(y!);")).toEqual([
      ["x@0:6", "x@0:58"],
      ["y@0:44", "y@0:73"],
    ]);
  });

  test("patterns, parameters, loops and properties", () => {
    const text =
      "const { a, b: [c = 1, ...d], ...e } = o;\nfunction f(p, { q }, ...r) {}\nfor (const [k] of m) for (i in n);\nthis.w = z; g.h.i += 1; [x, y.z] = u;";
    expect(variables(text).map(([at]) => at)).toEqual([
      ...["a@0:8", "c@0:15", "d@0:25", "e@0:32"],
      ...["p@1:11", "q@1:16", "r@1:24", "k@2:12", "i@2:26"],
      ...["this.w@3:0", "g.h.i@3:12", "x@3:25"],
    ]);
  });

  test("functions are not values to look at", () => {
    expect(variables("const f = () => {}, g = function () {}, C = class {};")).toEqual([]);
  });

  test("calls by their text, on one line and shortened", () => {
    const names = sites(`a.b(\n  1,\n).c(2); console.log(d()); new K(); super1(${"x".repeat(100)})`).map(
      ({ name }) => name,
    );
    expect(names).toEqual(["a.b( 1, ).c(2)", "a.b( 1, )", "d()", "new K()", `super1(${"x".repeat(52)}…`]);
  });

  test("the captured values are those of the places", async () => {
    const snippet = instrument(
      "let n = 0; const list = [1, 2].map((v) => v * 2); n += list.length; const [first] = list; for (const x of list) n++;",
      { path: "p.ts" },
    );
    const { captured } = await runSnippet(snippet);
    const byName = snippet.sites.map(({ name }, id) => [name, captured.get(id)]);
    expect(byName).toEqual([
      ["n", 0],
      ["list", [2, 4]],
      ["[1, 2].map((v) => v * 2)", [2, 4]],
      ["v", 2],
      ["n", 2],
      ["first", 2],
      ["x", 4],
      ["n", 4],
    ]);
  });
});

describe("positions stay true", () => {
  const text = `import x, { type T } from "./answers";
interface I { a: string }
const a = (b as unknown as number)!.toFixed<any>(
  2,
) as string; enum E { A = f(1), B }
export default class C<T> extends D<T> implements I { private p?: number = g(); }
declare const q: number; (h)(); throw k
`;

  test("no line is added or lost", () => {
    const { code } = instrument(text, { path: "p.ts" });
    expect(code.split("\n")).toHaveLength(text.split("\n").length + 1);
  });

  test("every word of the result comes from its own place", () => {
    const snippet = instrument(text, { path: "p.ts" });
    const lines = snippet.code.split("\n");
    for (const word of ["b", "toFixed", "2", "f", "1", "D", "p", "g", "h", "k"]) {
      const at = new RegExp(`\\b${word}\\b`);
      const line = text.split("\n").findIndex((each) => at.test(each));
      const generated = lines[line]!.search(new RegExp(`(?<![\\w"])${word}\\b(?!")`));
      const original = snippet.original(line, generated);
      expect([
        word,
        original?.line,
        text.split("\n")[original!.line]!.slice(original!.column).startsWith(word),
      ]).toEqual([word, line, true]);
    }
  });
});

describe("modules", () => {
  const text = `import def, { answer, double as twice, self, type T } from "./answers"; import * as all from "./answers"; import type { U } from "./none"; import { V } from "./none";
    export const one = 1, { two, three: [four] } = { two: 2, three: [4] }; export let moving = 0; moving = 5; export function f() { return one } export { one as uno, twice, V2 }; class V2 {} export type { T }; export enum E { A }
    export default () => {}; export * from "./answers"; export * as ns from "./answers"; export { answer as reply } from "./answers"; const o = { answer, twice }; let v: V;
    log(def, answer, twice(answer), all.answer, o.answer, self(), o.twice(2)); const d = await import("./answers"); log(d.answer, import.meta.url);
    import eq = require("./answers"); log(eq.answer);`;

  test("imports are live reads, exports are getters", async () => {
    const { output, exported } = await runSnippet(instrument(text, { path: "p.ts" }));
    expect(output).toEqual(["7 42 84 42 42 true 4", "42 'file:///program.ts'", "42"]);
    const module = exported as Record<string, any>;
    expect(Object.keys(module).sort()).toEqual(
      "E V2 answer default double f four moving ns one reply self twice two uno".split(" "),
    );
    expect([module.moving, module.default.name, module.ns.answer, module.twice(3), module.reply]).toEqual([
      5,
      "default",
      42,
      6,
      42,
    ]);
  });

  test("what nobody uses as a value is not loaded, in TypeScript", () => {
    const used = (path: string) =>
      instrument('import { A } from "a"; import "b"; import {} from "c"; let x: A;', { path }).imports.map(
        ({ specifier }) => specifier,
      );
    expect(used("p.ts")).toEqual(["b", "c"]);
    expect(
      instrument('import { A } from "a"; import "b"', { path: "p.js" }).imports.map(({ specifier }) => specifier),
    ).toEqual(["a", "b"]);
  });

  test.each([
    ["export default function () {}", "default"],
    ["export default class {}", "default"],
    ["export default class Named {}", "Named"],
    ["export default async () => {}", "default"],
    ["export default (function () {})", "default"],
    ["export = function () {}", "value"],
  ])("%s", async (source, name) => {
    const { exported } = await runSnippet(instrument(source, { path: "p.ts" }));
    expect((exported.default as { name: string }).name).toBe(name);
  });

  test("names that need no import, only if nobody declares them", () => {
    expect(instrument("torch.x; const nn = F; { let optim; optim }", { path: "p.ts" }).ambient).toEqual(["torch", "F"]);
    expect(instrument('import * as torch from "gradlens"; torch.x; optim', { path: "p.ts" }).ambient).toEqual([
      "optim",
    ]);
  });
});

describe("using", () => {
  test("disposes at the end of its block, in reverse, errors or not", async () => {
    const text = `const r = (n) => ({ n, [Symbol.dispose]() { log("dispose", n) } }); const ar = (n) => ({ n, async [Symbol.asyncDispose]() { log("async", n) } });
      { using a = r(1), b = r(2); using _ = null; log("in", a.n, b.n) }
      function f() { "use strict"; using a = r(3); return a.n } log(f());
      try { using a = r(4); throw new Error("x") } catch (e) { log(e.message) }
      { await using a = ar(5); using b = r(6); log("async in") }
      for (using x of [r(7), r(8)]) { log("loop", x.n) }
      try { using a = { [Symbol.dispose]() { throw new Error("d") } }; throw new Error("first") } catch (e) { log(e.name, e.error.message, e.suppressed.message) }
      try { using a = {} } catch (e) { log(e.message) }
      class S { static { using a = r(9); log("static") } }
      using top = r(0); log("last")`;
    const { output } = await runSnippet(instrument(text, { path: "p.ts" }));
    expect(output.map((line) => line.replaceAll("'", ""))).toEqual([
      ...["in 1 2", "dispose 2", "dispose 1", "dispose 3", "3", "dispose 4", "x", "async in", "dispose 6", "async 5"],
      ...[
        "loop 7",
        "dispose 7",
        "loop 8",
        "dispose 8",
        "SuppressedError d first",
        "Object is not disposable",
        "static",
        "dispose 9",
      ],
      ...["last", "dispose 0"],
    ]);
  });
});

describe("refused, with the place", () => {
  test.each([
    ["@dec class A {}", "@dec", /^Decorators/],
    ["class A { accessor x = 1 }", "accessor x = 1", /^`accessor`/],
    ["const a = <b>x</b>;", "<b>x</b>", /^JSX/],
    ["return 1", "return", /'return' outside of function/],
    ["let x = 08n", "0", /./],
    ["switch (1) { case 1: using x = f() }", "", /^Using declaration/],
  ])("%s", (source, place, message) => {
    try {
      instrument(source, { path: "p.ts" });
      expect.unreachable();
    } catch (error) {
      const { start, end, message: said } = error as Error & { start: number; end: number };
      expect([source.slice(start, end).startsWith(place), message.test(said)], said).toEqual([true, true]);
    }
  });
});
