/** `console` and the standard streams of a program, told as entries with their place. */
import { Console } from "node:console";
import type { Writable } from "node:stream";
import type { ConsoleEntry, SourceRange } from "../trace/model";

type Level = ConsoleEntry["level"];
/** `raw` is what went to the stream, line ends included. */
export type Emit = (entry: ConsoleEntry, raw: string, stream: "stdout" | "stderr") => void;

/** Characters of one entry. */
const TEXT_MAX = 100_000;
const DEFAULT_LEVEL = { stdout: "log", stderr: "error" } as const;
const LEVELS: Level[] = ["log", "info", "warn", "error", "debug"];

/**
 * Replaces the methods of the global console: Node formats, `emit` gets the text. `where` is asked for the place.
 * Returns what puts them back.
 */
export function captureConsole(emit: Emit, where: () => SourceRange | undefined): () => void {
  let level: Level | undefined;
  const sink = (stream: "stdout" | "stderr") =>
    streamOf((text) => emit(entry(level ?? DEFAULT_LEVEL[stream], text, where()), text, stream));
  const inner = new Console({ stdout: sink("stdout"), stderr: sink("stderr"), colorMode: false });
  const methods = inner as unknown as Record<string, unknown>;
  const target = globalThis.console as unknown as Record<string, unknown>;
  const saved: Record<string, unknown> = {};
  for (const name of Object.keys(methods)) {
    const method = methods[name];
    if (typeof method !== "function" || typeof target[name] !== "function") continue;
    saved[name] = target[name];
    const own = LEVELS.includes(name as Level) ? (name as Level) : undefined;
    target[name] = (...args: unknown[]) => {
      const outer = level;
      level = own ?? level;
      try {
        return method.apply(inner, args);
      } finally {
        level = outer;
      }
    };
  }
  return () => void Object.assign(target, saved);
}

/** Makes the writes of `process.stdout` and `process.stderr` entries as well. Returns what puts them back. */
export function captureStreams(emit: Emit, where: () => SourceRange | undefined): () => void {
  const { stdout, stderr } = process;
  const saved = [stdout.write, stderr.write] as const;
  stdout.write = writeOf((text) => emit(entry(DEFAULT_LEVEL.stdout, text, where()), text, "stdout"));
  stderr.write = writeOf((text) => emit(entry(DEFAULT_LEVEL.stderr, text, where()), text, "stderr"));
  return () => {
    [stdout.write, stderr.write] = saved;
  };
}

/** A line's own end is not part of its text, and of a very long one only the beginning is told. */
function entry(level: Level, text: string, range: SourceRange | undefined): ConsoleEntry {
  const line = text.endsWith("\n") ? text.length - 1 : text.length;
  const told =
    line > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}… (${line - TEXT_MAX} more characters)` : text.slice(0, line);
  return { level, text: told, ...(range ? { range } : {}) };
}

function writeOf(take: (text: string) => void): Writable["write"] {
  return (chunk: unknown, encoding?: unknown, done?: unknown) => {
    take(typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("utf8"));
    const callback = typeof encoding === "function" ? encoding : done;
    if (typeof callback === "function") queueMicrotask(() => callback());
    return true;
  };
}

/** The part of a stream that Console uses. */
function streamOf(take: (text: string) => void): Writable {
  const none = () => {};
  return {
    write: (text: string) => take(text),
    on: none,
    once: none,
    removeListener: none,
    listenerCount: () => 0,
  } as never;
}
