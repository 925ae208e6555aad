/** Instrumented text to a function that V8 knows by the text's own path, lines and columns. */
import { Script } from "node:vm";
import { type InstrumentOptions, instrument, type PackedSnippet, type Snippet, SnippetError, unpack } from "../snippet";
import type { Recorder } from "../trace/recorder";

/** The body of a module: resolves when its top level has run. */
export type Main = () => Promise<void>;

/** What only the module itself knows: its imports, exports and `import.meta`. */
export type ModuleRuntime = object;

export interface CompiledSnippet {
  snippet: Snippet;
  bind(recorder: Recorder, runtime: ModuleRuntime, ambient: Record<string, unknown>): Main;
}

/** Throws {@link SnippetError} for text that cannot run. `packed`: what {@link instrumentPacked} made of the same elsewhere. */
export function compile(text: string, options: InstrumentOptions, packed?: PackedSnippet): CompiledSnippet {
  const snippet = packed ? unpack(text, packed) : instrument(text, options);
  const { capture, captureAll, runtime } = snippet.names;
  const head = `(async function(${[capture, captureAll, runtime, ...snippet.ambient].join(",")}){"use strict";`;
  let script: Script;
  try {
    script = new Script(`${head}${snippet.code}})`, { filename: options.path, columnOffset: -head.length });
  } catch (error) {
    throw syntaxError(error as Error, text, snippet, head.length);
  }
  return {
    snippet,
    bind(recorder, moduleRuntime, ambient) {
      const main = script.runInThisContext() as (...values: unknown[]) => Promise<void>;
      const values = snippet.ambient.map((name) => ambient[name]);
      return () => main.call(undefined, recorder.capture, recorder.captureAll, moduleRuntime, ...values);
    },
  };
}

/** What only V8 finds: its message begins with the place, a caret under the column. */
function syntaxError(error: Error, text: string, snippet: Snippet, headLength: number): SnippetError {
  const match = /^.*:(\d+)\n(.*)\n( *)\^/.exec(error.stack ?? "");
  const line = match ? Number(match[1]) - 1 : 0;
  const column = match ? match[3]!.length - (line === 0 && match[2]!.startsWith("(async") ? headLength : 0) : 0;
  const position = snippet.original(line, Math.max(column, 0)) ?? { line, column: 0 };
  const start = snippet.lines.offset(position);
  return new SnippetError(error.message, start, Math.min(start + 1, text.length));
}
