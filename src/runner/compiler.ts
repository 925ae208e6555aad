/** A thread that instruments programs, one after the other: what compiles as fast as people type has been at it for a while. */
import { parentPort } from "node:worker_threads";
import { type InstrumentOptions, instrumentPacked, Lines, type PackedSnippet, SnippetError } from "../snippet";
import type { TraceError } from "../trace/model";

export interface CompileRequest {
  id: number;
  text: string;
  options: InstrumentOptions;
}

/** One of the two; neither where the process that runs it has to see for itself. */
export interface Compiled {
  snippet?: PackedSnippet;
  /** Why the text cannot run. */
  refusal?: TraceError;
}

export interface CompileAnswer extends Compiled {
  id: number;
}

/** V8 compiles a function well when it has been called often. */
const REHEARSALS = 20;
const SAMPLE = `import * as t from "gradlens"; import { readFileSync as read } from "node:fs";
type Row = { values: number[] }; interface Shape<T> { of: T }
class Box<T extends Row> { private x?: T; constructor(readonly n = 2) {} get size(): number { return this.n as number; } }
function* count(to: number, step?: number): Generator<number> { for (let i = 0; i < to; i += step ?? 1) yield i * 0.5e-3; }
const [a, { b = 1 }] = [t.tensor([[1, -2.5], [3, 4]]), {} as any]; let loss = a.mul(2).add(b!, { alpha: 1 }).sum();
for (const i of count(3)) { loss = loss.mul(i > 1 ? i : -i) as t.Tensor; loss.backward(); a.grad = null; }
while (loss) { try { await read("x"); break; } catch (error) { throw new Error(\`no \${error}\`); } }
export const total = (row: Row): number => row.values.reduce((x, y) => x + y, 0); console.log(total({ values: [1, 2] }), new Box());`;

for (let i = 0; i < REHEARSALS; i++) instrumentPacked(SAMPLE, { path: "sample.ts" });

parentPort?.on("message", ({ id, text, options }: CompileRequest) => {
  let answer: CompileAnswer = { id };
  try {
    answer = { id, snippet: instrumentPacked(text, options) };
  } catch (error) {
    if (error instanceof SnippetError) answer = { id, refusal: refusal(error, new Lines(text)) };
  }
  parentPort?.postMessage(answer);
});

function refusal({ name, message, start, end }: SnippetError, lines: Lines): TraceError {
  const range = { file: 0, start: lines.position(start), end: lines.position(end) };
  return { name, message, range, stack: [{ range }] };
}
