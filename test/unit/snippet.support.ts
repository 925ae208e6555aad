import { inspect } from "node:util";
import { transformSync } from "esbuild";
import { type InstrumentOptions, instrument, runtime, type Snippet } from "../../src/snippet";

/** One line for each `log`. */
type Output = string[];
const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>;

const modules: Record<string, unknown> = {
  "./answers": {
    default: 7,
    answer: 42,
    double: (x: number) => 2 * x,
    self() {
      return this === undefined;
    },
  },
};

/** Runs a program that calls `log`, after esbuild has made JavaScript of it: what it is meant to do. */
export async function runPlain(source: string): Promise<Output> {
  const { code } = transformSync(`export {};${source}`, {
    loader: "ts",
    target: "node20",
    format: "esm",
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  return outputOf(code.replace(/^export \{\s*\};?/gm, ""), ["log"], (log) => [log]);
}

/** Runs the same program instrumented. */
export async function runInstrumented(source: string, options?: Partial<InstrumentOptions>): Promise<Output> {
  return (await runSnippet(instrument(source, { path: "program.ts", ...options }))).output;
}

export async function runSnippet({ code, names }: Snippet) {
  const captured = new Map<number, unknown>();
  const capture = (id: number, value: unknown) => {
    captured.set(id, value);
    return value;
  };
  const captureAll = (result: unknown, ...pairs: unknown[]) => {
    for (let i = 0; i < pairs.length; i += 2) capture(pairs[i] as number, pairs[i + 1]);
    return result;
  };
  const exported: Record<string, unknown> = {};
  const helpers = {
    ...runtime,
    meta: { url: "file:///program.ts" },
    load: async (_: number, specifier: string) => modules[specifier],
    import: async (specifier: string) => modules[specifier],
    required: (module: unknown) => module,
    thrown: (_: number, error: unknown) => error,
    export: (getters: Record<string, () => unknown>) => {
      for (const [name, get] of Object.entries(getters))
        Object.defineProperty(exported, name, { get, enumerable: true });
    },
    star: (module: object) => {
      for (const [name, value] of Object.entries(module)) if (!(name in exported)) exported[name] = value;
    },
  };
  const output = await outputOf(code, [names.capture, names.captureAll, names.runtime, "log"], (log) => [
    capture,
    captureAll,
    helpers,
    log,
  ]);
  return { output, captured, exported };
}

async function outputOf(
  code: string,
  names: string[],
  values: (log: (...args: unknown[]) => void) => unknown[],
): Promise<Output> {
  const output: Output = [];
  const show = (value: unknown) => {
    if (typeof value === "function") return `function ${value.name}`;
    return value instanceof Error ? String(value) : inspect(value, { depth: 9 });
  };
  const log = (...args: unknown[]) => output.push(args.map(show).join(" "));
  try {
    await new AsyncFunction(...names, `"use strict";${code}\n`)(...values(log));
  } catch (error) {
    output.push(String(error));
  }
  return output;
}
