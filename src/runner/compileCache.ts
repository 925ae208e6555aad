/**
 * V8's code of the runner's bundle, kept on disk: a process that finds it there starts in half the time. Node does it all; before
 * Node 22 it does nothing.
 */
import nodeModule from "node:module";

/** Names the folder to a process of Node; it must not reach the programs that run there. */
const VARIABLE = "NODE_COMPILE_CACHE";

/** For the environment of a process that is to use `folder`. */
export function compileCache(folder: string | undefined): Record<string, string> {
  return folder ? { [VARIABLE]: folder } : {};
}

/** To be called once in such a process, before a program sees its environment. */
export function hideCompileCache(): void {
  delete process.env[VARIABLE];
}

/** Writes what has been compiled so far, unless it came from there. */
export function keepCompiledCode(): void {
  (nodeModule as { flushCompileCache?(): void }).flushCompileCache?.();
}
