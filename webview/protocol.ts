/**
 * What the host and the panel say to each other. The host owns the model: the panel says `ready`, the host replays.
 * No VS Code and no DOM in here.
 */
import type { Answer, AnswerTo, Question, Refusal } from "../src/runner/questions";
import type { Figure, SourceRange, Trace } from "../src/trace/model";

/** What of a trace the panel needs; the console stays in the editor. */
export type PanelTrace = Omit<Trace, "console">;

export type HostToPanel =
  /** How the panel was seen when the window was last open; first of all, and only to a panel that begins. */
  | { type: "state"; state: unknown }
  /** Nothing has run; in an untrusted workspace nothing can. */
  | { type: "empty"; trusted: boolean }
  | { type: "running"; program: string }
  | { type: "trace"; run: number; program: string; trace: PanelTrace }
  /** A figure of a run that goes on; takes the place of the one at `index`, if one is there. */
  | { type: "figure"; run: number; index: number; figure: Figure }
  /** The text has changed since the run (or is again as it was). */
  | { type: "edited"; run: number; edited: boolean }
  /** The cursor stands in the source of `node`. `focus`: the person asked to see it. */
  | { type: "select"; run: number; node: number; focus: boolean }
  | { type: "answer"; id: number; answer: PanelAnswer }
  | { type: "progress"; id: number; done: number; total: number }
  | { type: "unanswered"; id: number; reason: Refusal; message: string }
  /** Asks for what is on screen as a file; answered by `exported`. */
  | { type: "export"; id: number; format: PanelFormat };

/** Of `html` the panel gives its state; the host puts the page together. */
export type PanelFormat = "svg" | "png" | "html" | "dot" | "mermaid" | "json";

/** Of a file. */
export interface Content {
  content: string;
  encoding: "utf8" | "base64";
}

/** The text around a place: whole lines, as they were when they ran. */
export interface SourceQuestion {
  type: "source";
  range: SourceRange;
  /** Lines above and below. */
  around: number;
}
export interface SourceExcerpt {
  /** Number of the first line, from 0. */
  first: number;
  lines: string[];
}

/** What the panel asks: of the run's process, or of the editor. */
export type PanelQuestion = Question | SourceQuestion;
export type PanelAnswer = Answer | SourceExcerpt;
export type PanelAnswerTo<Q extends PanelQuestion> = Q extends Question ? AnswerTo<Q> : SourceExcerpt;

/** What of a run has a place in the source. */
export type RevealTarget = { kind: "node"; index: number } | { kind: "figure"; index: number } | { kind: "error" };

export type PanelCommand =
  | "gradlens.runSelection"
  | "gradlens.runFile"
  | "gradlens.stop"
  | "gradlens.runAgain"
  | "gradlens.exportGraph"
  | "workbench.trust.manage";

export type PanelToHost =
  | { type: "ready" }
  /** How it is seen now, for the next window. */
  | { type: "state"; state: unknown }
  /** `focus`: the editor takes the keyboard. */
  | { type: "reveal"; run: number; target: RevealTarget; focus: boolean }
  | { type: "command"; command: PanelCommand }
  | ({ type: "exported"; id: number } & (Content | { error: string }))
  /** A figure to keep; the person says where. */
  | ({ type: "save"; name: string } & Content)
  | { type: "ask"; id: number; run: number; question: PanelQuestion }
  | { type: "cancel"; id: number }
  /** The graph of `run` is on screen, so long after its trace arrived. */
  | { type: "drawn"; run: number; nodes: number; milliseconds: number };

/** `document.body.dataset.state`. */
export type PanelState = "empty" | "running" | "ready" | "error";
