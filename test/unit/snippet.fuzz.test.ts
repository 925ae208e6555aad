import fc from "fast-check";
import { expect, test } from "vitest";
import { instrument } from "../../src/snippet";
import { runInstrumented, runPlain } from "./snippet.support";

/** Small programs over a few variables; whether they make sense is up to chance, what they do must not change. */
const name = fc.constantFrom("a", "b", "c");
const { expression } = fc.letrec<{ expression: string; simple: string }>((tie) => ({
  simple: fc.oneof(
    name,
    fc.integer({ min: 0, max: 9 }).map(String),
    fc.constant("[1, 2]"),
    fc.constant("{ v: 1, f() { return this.v } }").map((o) => `(${o})`),
  ),
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("simple"),
    fc
      .tuple(tie("expression"), fc.constantFrom("+", "*", "<", "??", "&&", ","), tie("expression"))
      .map(([l, op, r]) => `(${l} ${op} ${r})`),
    tie("expression").map((e) => `id(${e})`),
    tie("expression").map((e) => `id<number>(${e} as any)!`),
    tie("expression").map((e) => `o?.m(${e})`),
    tie("expression").map((e) => `o.m(${e}).self?.().m?.(1)`),
    tie("expression").map((e) => `(await later(${e}))`),
    tie("expression").map((e) => `((x: number, y?: any) => x)(${e})`),
    tie("expression").map((e) => `\`\${${e}}\``),
    fc.tuple(name, tie("expression")).map(([n, e]) => `(${n} = ${e})`),
    fc.tuple(name, tie("expression")).map(([n, e]) => `(${n} += ${e})`),
    fc.tuple(name, name, tie("expression")).map(([n, m, e]) => `([${n}, ${m} = 3] = [${e}])`),
    name.map((n) => `${n}++`),
    name.map((n) => `--${n}`),
    tie("expression").map((e) => `new Box(${e}).value`),
    fc.tuple(tie("expression"), tie("expression"), tie("expression")).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
}));
const end = fc.constantFrom(";\n", "\n");
const { statement } = fc.letrec<{ statement: string }>((tie) => ({
  statement: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.tuple(expression, end).map(([e, n]) => `log(${e})${n}`),
    fc.tuple(name, expression, end).map(([v, e, n]) => `${v} = ${e} as any${n}`),
    fc.tuple(name, end).map(([v, n]) => `${v}++${n}`),
    fc.tuple(expression, end).map(([e, n]) => `{ let a: any = ${e}; log(a)${n} }\n`),
    fc.tuple(expression, tie("statement")).map(([e, s]) => `if (${e}) ${s} else log("else")\n`),
    fc.tuple(name, tie("statement")).map(([v, s]) => `for (const ${v} of [1, 2]) ${s}\n`),
    tie("statement").map((s) => `for (let i = 0, b = 1; i < 2; i++) { ${s} }\n`),
    fc
      .tuple(expression, tie("statement"))
      .map(([e, s]) => `try { ${s} throw ${e} } catch (c) { log(c) } finally { log("f") }\n`),
    tie("statement").map((s) => `await (async function (a?: number) { ${s} })(4)\n`),
    fc.tuple(expression, expression).map(([e, f]) => `{ const { v, f: g = ${e} } = { v: ${f} } as any; log(v, g) }\n`),
    fc.tuple(expression, expression).map(([e, f]) => `switch (${e}) { case ${f}: log(1); break; default: log(2) }\n`),
    fc.constant("{ type T = number\n }"),
    fc.constant("{ interface I { x: string } }\n"),
  ),
}));
const prelude = `let a: any = 1, b: any = 2, c: any = 3; const id = <T,>(x: T) => x; const later = async (x: any) => x;
class Box<T> { constructor(public value: T) {} }
const o = { n: 0, m(x: any) { this.n++; return { x, n: this.n, self: () => this } } };
`;
const program = fc
  .array(statement, { minLength: 1, maxLength: 8 })
  .map((list) => `${prelude}${list.join("")}log(a, b, c, o.n)`);

/** V8 quotes code in its messages, and neither esbuild's nor ours is the program's own. */
const withoutMessage = (line: string) => line.replace(/^(\w*Error): .*/s, "$1");

test("random programs behave the same, instrumented or not", async () => {
  await fc.assert(
    fc.asyncProperty(program, async (source) => {
      const plain = await runPlain(source).catch(() => null);
      fc.pre(plain !== null);
      expect((await runInstrumented(source)).map(withoutMessage)).toEqual(plain!.map(withoutMessage));
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
  );
});

test("lines and their count never change", () => {
  fc.assert(
    fc.property(program, (source) => {
      const { code } = instrument(source, { path: "p.ts" });
      expect(code.split("\n")).toHaveLength(source.split("\n").length + 1);
    }),
    { numRuns: 100 },
  );
});
