/** A registry of tests that needs nothing but Node: it runs inside VS Code's extension host, on desktop and on the server. */
import { appendFileSync } from "node:fs";

const LIMIT_MS = 30_000;
/** Where the outcome goes, a JSON object per line; the other side of {@link runAll} reads it as it grows. */
const EVENTS = process.env.GRADLENS_TEST_EVENTS;

/** Runs only the tests whose name contains it. */
const ONLY = process.env.GRADLENS_TEST_ONLY ?? "";

interface Test {
  name: string;
  limitMs: number;
  body: () => Promise<void> | void;
}

const tests: Test[] = [];

export function test(name: string, body: Test["body"], limitMs = LIMIT_MS): void {
  if (name.includes(ONLY)) tests.push({ name, body, limitMs });
}

let remark: string | undefined;

/** Shows a measurement beside the running test's name. */
export function note(text: string): void {
  remark = text;
}

/** Runs every registered test, in order. Rejects when one failed, as VS Code expects of a test module. */
export async function runAll(): Promise<void> {
  let failed = 0;
  for (const { name, body, limitMs } of tests) {
    const start = performance.now();
    let error: string | undefined;
    remark = undefined;
    try {
      await withLimit(body, limitMs);
    } catch (thrown) {
      failed++;
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    report({
      name,
      status: error === undefined ? "passed" : "failed",
      ms: Math.round(performance.now() - start),
      note: remark,
      error,
    });
  }
  report({ end: true });
  if (failed > 0) throw new Error(`${failed} of ${tests.length} integration tests failed`);
}

function report(event: Record<string, unknown>): void {
  if (EVENTS) appendFileSync(EVENTS, `${JSON.stringify(event)}\n`);
}

async function withLimit(body: Test["body"], limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    await Promise.race([body(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
