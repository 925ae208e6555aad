/** Answers the panel's questions: from the run's process, and from the text that ran. */
import * as vscode from "vscode";
import type { HostToPanel, PanelAnswer, PanelQuestion, PanelToHost, SourceExcerpt } from "../../webview/protocol";
import { AnswerError } from "../runner/questions";
import type { SourceRange } from "../trace/model";
import type { Run, Session } from "./session";

type Asked = Extract<PanelToHost, { type: "ask" }>;

/** One for each surface: its numbers are its own. */
export class PanelAnswers {
  private readonly pending = new Map<number, AbortController>();

  constructor(
    private readonly session: Session,
    private readonly post: (message: HostToPanel) => void,
  ) {}

  async ask({ id, run: number, question }: Asked): Promise<void> {
    const stop = new AbortController();
    this.pending.set(id, stop);
    try {
      const run = this.session.latest;
      if (run?.id !== number) throw new AnswerError("gone", "Another run has taken the place of this one.");
      const onProgress = (done: number, total: number): void => this.post({ type: "progress", id, done, total });
      this.post({ type: "answer", id, answer: await this.answer(run, question, { signal: stop.signal, onProgress }) });
    } catch (error) {
      const { reason, message } = error instanceof AnswerError ? error : new AnswerError("failed", String(error));
      this.post({ type: "unanswered", id, reason, message });
    } finally {
      this.pending.delete(id);
    }
  }

  cancel(id: number): void {
    this.pending.get(id)?.abort();
  }

  dispose(): void {
    for (const stop of this.pending.values()) stop.abort();
  }

  private answer(run: Run, question: PanelQuestion, options: Parameters<Session["ask"]>[2]): Promise<PanelAnswer> {
    if (question.type === "source") return excerpt(run, question.range, question.around);
    return this.session.ask(run, question, options);
  }
}

async function excerpt(run: Run, range: SourceRange, around: number): Promise<SourceExcerpt> {
  const path = run.trace?.files[range.file]?.path;
  if (path === undefined) throw new AnswerError("failed", "The run has no such file.");
  const text = range.file === 0 ? run.request.text : await textOf(path);
  const lines = text.split(/\r\n|\r|\n/);
  const first = Math.max(0, range.start.line - around);
  return { first, lines: lines.slice(first, range.end.line + around + 1) };
}

async function textOf(path: string): Promise<string> {
  const uri = /^[a-z][a-z\d+.-]+:/i.test(path) ? vscode.Uri.parse(path) : vscode.Uri.file(path);
  return (await vscode.workspace.openTextDocument(uri)).getText();
}
