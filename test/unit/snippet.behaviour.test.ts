import { describe, expect, test } from "vitest";
import { runInstrumented, runPlain } from "./snippet.support";

/** Each program must say the same, instrumented or not. */
const programs: Record<string, string> = {
  "method calls keep this": `class P { n = 1; inc() { this.n++; return this; } }
    const p = new P(); p.inc().inc(); log(p.n, p["inc"]().n, (p.inc)().n);`,
  "function names are inferred": `const f = () => {}; let g = function () {}; let h; h = async () => {}; const C = class {}; var k = (() => {});
    const o = { m: () => {}, ["n" + 1]: () => {} }; log(f, g, h, C, k, o.m, o.n1); let d = (class {} as any); log(d);
    let q; q ??= () => {}; log(q); const { z = () => {} } = {} as any; log(z)`,
  "optional chains stay whole": `const a: any = null; const b: any = { c() { return this.d; }, d: { e: (x) => x } };
    log(a?.b().c.d(), b?.c().e(3), b.c?.()!.e(4), a?.[0](), b?.c()?.e?.(5), (a?.b)?.c, delete b?.d.e, typeof a?.f());`,
  "await and yield": `async function f(x) { return x; } function* g() { const x = yield 1; log(x); const y = yield* [2, 3]; let z = (yield) as any; return z; }
    const it = g(); log(it.next().value, it.next("a").value, it.next().value, it.next().value, it.next("end")); log(await f(1) + (await f(2)));
    const v = await f(await f(3)); log(v); for await (const w of [f(4), f(5)]) log(w); log([...(function* () { yield* [1, 2] })()])`,
  "update and compound assignment": `let i = 0; log(i++, ++i, i--, --i, i += 5, i **= 2, i ||= 3, i &&= 7, i ??= 1); const o = { n: 1 }; log(o.n++, ++o.n, o["n"] += 2, o.n);
    let a, b; a = b = 3; log(a, b); [a, b] = [b + 1, a]; log(a, b); log(({ a, b } = { a: 8, b: 9 }).a, a, b); [o.n, ...a] = [1, 2, 3]; log(o.n, a)`,
  "for loops": `for (let i = 0, n = 3; i < n; i++) log(i); const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i); log(fs.map((f) => f()));
    for (const k in { a: 1, b: 2 }) log(k); for (const [k, v] of Object.entries({ a: 1 })) log(k, v); let x; for (x of [1, 2]) log(x); for (var y of [3]); log(x, y)
    for (const z of [1, 2, 3]) if (z == 2) continue; else log(z)
    outer: for (const a of [1, 2]) { for (const b of [1, 2]) { if (b == 2) continue outer; log(a, b) } } var w = 3; do w--; while (w > 0) log(w)
    for (const f of [1]) for (const g of [2]) log(f, g); for (;;) { break } let q = 2; while (q--) log(q)`,
  "statements without semicolons": `let a = 1
let b = a as number
;[a, b] = [b, a]
const c = [1, 2, 3] as number[]
;(() => log(a, b, c))()
let i = 0
i++
log(i)
const f = () => {}
log(f)
var g = f
;\`x\`
if (i) i++
else i--
log(i)`,
  "as at the line end": `const x = { y: 1 } as any
(log)(x)
let z = x as any
[1, 2].forEach((n) => log(n))
z = x satisfies any
\`template\`.length
log(z)
type T = number
(log)("after type")
interface I { a: string }
[3].map((n) => log(n))
declare const foo: number
(log)("after declare")`,
  "return with type parameters": `function f() { return <T,
>(x: T) => x }
    function g(x) { return <
      any>x }
    log(f()(1), g(2)); const h = async <
      T
    >
    (x: T) => x; log(await h(3)); const k = (a: number):
      number => a + 1; log(k(1)); const m = (a): a is
      string => true; log(m(1)); const n = async (x: number)
      : Promise<number> => x; log(await n(9))`,
  classes: `abstract class A<T> { private readonly x?: number = 1; protected static s: string = "s"; declare z: number; w!: number; [key: string]: any
      constructor(public y: number, protected readonly q = 2, r?: string) { log(this.y, this.q, r) }
      abstract foo(): void; abstract get bar(): number; public get v(): number { return this.x! } set v(n: number) { (this as any).x = n } static { log(this.s) } m?(): void; m2<U>(this: A<T>, u: U): u is U { return true }
      overloaded(a: string): void; overloaded(a: number): void; overloaded(a: any) { log(a) } #p = 3; has(o: any) { return #p in o } async *gen(): AsyncGenerator<number> { yield this.#p } override toString(): string { return "A" } }
    class B extends A<string> implements I, J<number> { constructor(private k: number) { super(k + 1); log(this.k, this.y) } foo() {} get bar() { return 1 } }
    interface I {} interface J<T> {} const b = new B(1); log(Object.keys(b), b.v, b.has(b), b.has({})); b.v = 5; log(b.v, b.m2(3), String(b)); b.overloaded("o"); for await (const x of b.gen()) log(x); log("w" in b, "z" in b)`,
  "class member hazards": `class A { a = 1
  private *gen() { yield 1 }
  b = 2
  public ["c"] = 3
  d: any
  readonly ["e"] = 4
  f = 5 as any
  ["g"]() { return 6 }
  get: number
  h() { return 7 }
  static: any
  private static readonly async = 8
  abs = 9
  declare foo: string
  [Symbol.iterator]() { return this.gen() }
}
    const a: any = new A(); log(Object.keys(a), a.c, a.e, a.g(), a.h(), (A as any).async, [...a])`,
  enums: `enum Color { Red, Green = 5, Blue, "dash-ed" = 9, Str = "s" } log(Color, Color.Red, Color[5], Color.Blue, Color["dash-ed"]); const enum Bits { A = 1 << 0, B = 1 << 1, AB = A | B, C = "abc".length } log(Bits.AB, Bits.C);
    enum Color { More = 100 } log(Color.More, Color.Red); function f() { enum Inner { X = -1, Y } return Inner.Y } log(f()); declare enum Not { A } enum Empty {} log(Empty); enum Neg { A = -2, B, C = A * 2, default = 7, class } log(Neg.B, Neg.C, Neg.class, Neg[7])
    enum Lined {
      A, // first
      B = 2, /* second */
      C
    }
    log(Lined)`,
  namespaces: `namespace N { export const a = 1; const hidden = 2; export function f() { return a + hidden } export let m = 1; export class K { v = a } export enum E { X } export namespace Inner { export const deep = a + 1 } export type T = number; export interface I {} }
    log(N.a, N.f(), N.m, new N.K().v, N.E.X, N.Inner.deep, (N as any).hidden); N.m = 9; log(N.m); namespace A.B.C { export const x = 3; export const [p, { q }] = [1, { q: 2 }] } log(A.B.C.x, A.B.C.p, A.B.C.q); namespace OnlyTypes { export type X = 1; interface Y {} } declare namespace D { const z: number }
    class M {} namespace M { export const s = 5 } log((M as any).s, typeof M); function fn() {} namespace fn { export const t = 6 } log(fn.t); module Old { export const u = 1 } log(Old.u); import al = A.B.C; log(al.x); import unused = D.z`,
  "generics and assertions": `function id<T>(x: T): T { return x } log(id<number>(1), id<Array<Array<number>>>([[2]]), new Map<string, number>([["a", 1]]), id?.<string>("x")); const f = id<string>; log(f("i")); const t = <T,>(x: T) => x; log(t(1)); log(<number>(<any>"c"), (1 as any) + 2, ((3 as any) satisfies any)!, 1! + 2!);
    const tag = <T>(s: TemplateStringsArray, ...x: T[]) => s.join("|") + x; log(tag\`a\${1}b\${2}\`, tag<number>\`c\`); const o: { a?: { b: number } } = { a: { b: 1 } }; log(o.a!.b, o!.a!["b"]!); let u!: number; u = 1; log(u); let v: unique symbol; (u as number)++; (u as any) = (u as number) + 1; log(u); (<any>u) += 1; log(u)
    const a1 = 4, b1 = 2; log(a1 < b1, a1 > b1); log(id < (1 as any))`,
  "parameters and overloads": `function f(this: any, a: number, b?: string, ...rest: number[]): void { log(this, a, b, rest) } f.call(1, 2, "x", 3, 4); function g(this: void) { log("g") } g(); function h(this: any,) { log(arguments.length) } h();
    function o(a: string): void; function o(a: number): void; function o(a: any = 5, { b, c: [d = 7] }: any = { b: 6, c: [] }) { log(a, b, d, arguments.length) } o(undefined as any); const arrow = (a, { b }) => ({ a, b }); log(arrow(1, { b: 2 })); const one = async x => await x; log(await one(3)); const k = ({ a }: { a: number }) => a; log(k({ a: 4 })); log(((a?: number, [b]?: number[]) => a)(1, []));
    function dir() { "use strict"; return this } log(dir()); function s(x) { 'a'; 'b'
      ;return x } log(s(1)); const self = function me(n) { return n ? me(n - 1) : me.name }; log(self(2)); log((function (a, b) {}).length)`,
  "declarations for the checker only": `type A = { [K in keyof any]?: string } & Record<string, \`a\${string}\`>; interface B extends A { new (x: number): B; (y: string): void; readonly [z: string]: any } declare function df(x: number): void; declare let dl: string, dm: number; declare class DC { x: number } declare module "m" { export const x: number } declare global { interface Window {} } abstract class AC { abstract x: number; private constructor() {} }
    export type { A }; export interface E {} let x: typeof log extends (...a: infer P) => any ? P : never = [] as any; log(x); asserts(1); function asserts(v: any): asserts v is number {} function isN(v: any): v is number { return typeof v == "number" } log(isN(1)); type X = import("fs").Stats; let y: abstract new () => void, z: [a: string, b?: number, ...c: any[]]`,
  errors: `function f() { throw new TypeError("deep") } try { f() } catch (e) { log(e.message, e instanceof TypeError) } try { null.x } catch { log("null") } finally { log("finally") } const c: number = 1; try { (c as any) = 2 } catch (e) { log(e.message) } try { tdz; let tdz = 1 } catch (e) { log(e.message) } log(typeof nothing); throw new RangeError("end")`,
  "switch, label, comma, delete, void":
    `function s(x) { switch (x) { case 1: let y = x; log(y); case 2: { const z = x; log(z); break } default: log("d") } } s(1); s(2); s(3); let a = (log(1), log(2), 3); log(a); a = (1, 2); log(a, void 0, typeof a, !a, -a, +"3", ~a); const o = { a: 1 }; log(delete o.a, o); l: { log("l"); break l } log(new.target === undefined ? 1 : 0)`.replace(
      "new.target === undefined ? 1 : 0",
      "1",
    ),
  "getters, spread, templates, regex": `const o = { get x() { return 1 }, set x(v) { log("set", v) }, async *g() { yield 1 }, ["c" + 1]: 2, f() { return super.toString === Object.prototype.toString } }; o.x = 5; log(o.x, o.f(), { ...o, y: 1 }.y, [...[1, 2], 3], Math.max(...[1, 5])); log(\`a\${o.x}b\${\`n\${1}\`}\`, /a\\/b/g.test("a/b"), "x".replace(/x/, () => "y")); class S extends Array { first() { return super.at(0) } static of2(...a) { return super.of(...a) } } log(S.of2(4, 5).first(), new S().concat([1]).length)`,
  "new and calls of calls": `class K { constructor(public v = 1) {} static make() { return K } m() { return () => this.v } } log(new K().v, new K, new (K.make())(2).v, new K(3).m()(), (() => (x) => x)()(4), new Date(0).getTime()); function F() { if (!new.target) return "called"; this.a = 1 } log(new F(), F()); const bound = Math.max.bind(null, 3); log(bound(1))`,
  "indirect eval and arguments": `function f() { return [...arguments].length } log(f(1, 2, 3), (0, eval)("1 + 1")); function g(a, b = a, c = () => a + b) { return c() } log(g(1)); const h = (...[a, b]) => a + b; log(h(1, 2)); var v = 1; { var v = 2 } log(v); hoisted(); function hoisted() { log("hoisted") }`,
  shadowing: `let x = 1; { let x = 2; x++; log(x) } log(x); function f(x) { x = 5; return x } log(f(1), x); for (let x = 7; x < 8; x++) log(x); try { throw 9 } catch (x) { log(x) } const g = (log) => log(1); g((y) => y); (function x() { log(typeof x) })(); class x2 { static x = x }; log(x2.x)`,
  "comments in types": `let a /* one */ : /* two */ number /* three */ = /* four */ 1 // five
    /* six */ as any // seven
    log(a) // eight`.replace("1 // five\n    /* six */ as any", "1 /* six */ as any"),
  "long chains": `let s = 0; const o = { add(n) { s += n; return this } }; o${".add(1)".repeat(300)}; log(s); log(${"1+".repeat(500)}1)`,
  "empty and odd": `;;; {} if (1); for (;0;); function e() {} log(e(), (() => {})(), (() => ({}))(), [,, 1].length, ((a, b) => a)()); export {}; "not a directive"; log(0b11, 1_000, 1n, .5, 0xff, "\\u0041", \`\\n\`)
    var \\u0061b = 3; log(ab); let $ = 1, _ = 2, __c = 3, __g = 4; log($, _, __c, __g); let ümlaut: number = 5; ümlaut++; log(ümlaut)`,
};

describe("instrumented code behaves as the plain code", () => {
  test.each(Object.entries(programs))("%s", async (_, source) => {
    const expected = await runPlain(source);
    expect(expected.length).toBeGreaterThan(0);
    expect(await runInstrumented(source)).toEqual(expected);
  });
});
