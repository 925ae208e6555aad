import { expect } from "vitest";
import { Program } from "../../src/runner/execute";
import type { Trace } from "../../src/trace/model";

/** The trace of a program that runs in this process; the names of the ambient modules need no import. Throws its error. */
export async function record(text: string): Promise<Trace> {
  const program = new Program({ path: "/program.ts", text }, { onConsole: () => {} });
  try {
    await program.main();
    const trace = program.trace();
    if (trace.error) throw new Error(`${trace.error.name}: ${trace.error.message}`);
    expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
    return trace;
  } finally {
    program.dispose();
  }
}
