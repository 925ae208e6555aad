/** What the host and a runner's child process say to each other. No VS Code, no Node, no DOM in here. */
import type { ConsoleEntry, Figure, Trace } from "../trace/model";

export interface RunRequest {
  /** File path (or URI of an untitled document) of the program; relative imports start from it. */
  path: string;
  /** The text as the editor holds it, saved or not. */
  text: string;
  /** UTF-16 offsets of what to run; absent or empty: the whole text. */
  selection?: { start: number; end: number };
}

export type HostMessage = { type: "run"; request: RunRequest };

export type ChildMessage =
  | { type: "ready" }
  /** Sent as it happens, also after `done` (timers, promises). */
  | { type: "console"; entry: ConsoleEntry }
  | { type: "figure"; figure: Figure }
  /** The program ended or threw; the process lives on until the host ends it. */
  | { type: "done"; trace: Trace };
