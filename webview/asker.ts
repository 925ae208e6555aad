/** The panel's questions to its host, and their answers as promises. */
import { AnswerError } from "../src/runner/questions";
import type { HostToPanel, PanelAnswerTo, PanelQuestion, PanelToHost } from "./protocol";

interface Pending {
  resolve(answer: unknown): void;
  reject(error: AnswerError): void;
  onProgress: AskOptions["onProgress"];
}

export interface AskOptions {
  signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/** Asks about one run; rejects with AnswerError. */
export type Ask = <Q extends PanelQuestion>(question: Q, options?: AskOptions) => Promise<PanelAnswerTo<Q>>;

type Reply = Extract<HostToPanel, { type: "answer" | "progress" | "unanswered" }>;

export class Asker {
  private lastId = 0;
  private readonly pending = new Map<number, Pending>();

  constructor(private readonly post: (message: PanelToHost) => void) {}

  about(run: number): Ask {
    return (question, options = {}) =>
      new Promise((resolve, reject) => {
        const { signal, onProgress } = options;
        const id = ++this.lastId;
        const refuse = (): void => reject(new AnswerError("cancelled", "Cancelled"));
        if (signal?.aborted) return refuse();
        this.pending.set(id, { resolve: resolve as Pending["resolve"], reject, onProgress });
        signal?.addEventListener("abort", () => {
          if (!this.pending.delete(id)) return;
          this.post({ type: "cancel", id });
          refuse();
        });
        this.post({ type: "ask", id, run, question });
      });
  }

  receive(reply: Reply): void {
    const pending = this.pending.get(reply.id);
    if (!pending) return;
    if (reply.type === "progress") {
      pending.onProgress?.(reply.done, reply.total);
      return;
    }
    this.pending.delete(reply.id);
    if (reply.type === "answer") pending.resolve(reply.answer);
    else pending.reject(new AnswerError(reply.reason, reply.message));
  }
}
