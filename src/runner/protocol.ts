/**
 * What the host and a runner's child process say to each other. No VS Code, no Node, no DOM in here.
 *
 * The host speaks over the fork's IPC channel. The child answers over a pipe of its own, {@link MESSAGE_FD}, a line of JSON for
 * each message, written synchronously: so that what it says arrives in order, even from an endless loop or on its way out.
 */
import type { PackedSnippet } from "../snippet";
import type { ConsoleEntry, Figure, Trace } from "../trace/model";
import type { Answer, Question, Refusal } from "./questions";

export interface RunRequest {
  /** File path (or URI of an untitled document) of the program; relative imports start from it. */
  path: string;
  /** The text as the editor holds it, saved or not. */
  text: string;
  /** UTF-16 offsets of what to run; absent or empty: the whole text. */
  selection?: { start: number; end: number };
  /** Texts of other files, by path, that the editor holds and the disk does not have yet. */
  unsaved?: Record<string, string>;
  /** A panel is, or will be, in sight: keep what it may ask about afterwards. It takes the memory of one more backward pass. */
  live?: boolean;
  /** What runs, instrumented already; absent: the child does it. */
  snippet?: PackedSnippet;
}

export type HostMessage =
  /** A program of the host's own, to go through while nobody waits. */
  | { type: "rehearse"; request: RunRequest }
  | { type: "run"; request: RunRequest }
  /** Once the run is done. */
  | { type: "ask"; id: number; question: Question }
  | { type: "cancel"; id: number };

export type ChildMessage =
  | { type: "ready" }
  /** Sent as it happens, also after `done` (timers, promises). */
  | { type: "console"; entry: ConsoleEntry }
  /** Takes the place of the figure that was at `index`, if one was. */
  | { type: "figure"; figure: Figure; index: number }
  /** How far the program has come, from time to time while it runs, and when the host asks through {@link GUARD_FD}. */
  | { type: "snapshot"; trace: Trace }
  /** The text cannot run, and nothing of it has: the process takes another request. */
  | { type: "refused"; trace: Trace }
  /** The program ended or threw; the process lives on until the host ends it. */
  | { type: "done"; trace: Trace }
  /** What timers and promises did after `done`, once they are through: the trace again, with their part. */
  | { type: "update"; trace: Trace }
  | { type: "answer"; id: number; answer: Answer }
  | { type: "progress"; id: number; done: number; total: number }
  | { type: "unanswered"; id: number; reason: Refusal; message: string };

/** The child's file descriptor for its messages. */
export const MESSAGE_FD = 4;

/**
 * The child's file descriptor on which a thread beside the program listens. A byte asks for a snapshot, which comes from an endless
 * loop too; its end, when the host is gone, ends the process.
 */
export const GUARD_FD = 5;

/** The word on stderr of a process that took more memory than it may. */
export const MEMORY_WORD = "gradlens: memory limit reached";
