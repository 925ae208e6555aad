/** A run in this process that answers the panel's questions, as the runner's process does behind the editor. */
import { Program } from "../../src/runner/execute";
import type { AnswerError } from "../../src/runner/questions";
import type { Trace } from "../../src/trace/model";
import type { PanelToHost } from "../../webview/protocol";
import type { Panel } from "./panel";

export class LiveHost {
  private constructor(
    private readonly panel: Panel,
    private readonly program: Program,
    readonly trace: Trace,
    private readonly lines: readonly string[],
  ) {}

  /** Runs `text`, shows its trace and answers from then on. `live: false`: the run has kept nothing. */
  static async show(panel: Panel, text: string, { live = true } = {}): Promise<LiveHost> {
    const program = new Program({ path: "/program.ts", text, live }, { onConsole: () => {} });
    await program.main();
    const trace = JSON.parse(JSON.stringify(program.trace())) as Trace;
    if (trace.error) throw new Error(trace.error.message);
    const host = new LiveHost(panel, program, trace, text.split("\n"));
    panel.onMessage = (message) => void host.receive(message);
    await panel.show(trace);
    return host;
  }

  dispose(): void {
    this.program.dispose();
  }

  private async receive(message: PanelToHost): Promise<void> {
    if (message.type !== "ask") return;
    const { id, question } = message;
    try {
      if (question.type === "source") {
        const first = Math.max(0, question.range.start.line - question.around);
        const lines = this.lines.slice(first, question.range.end.line + question.around + 1);
        return await this.panel.send({ type: "answer", id, answer: { first, lines } });
      }
      const answer = await this.program.answer(question, async () => {});
      await this.panel.send({ type: "answer", id, answer: JSON.parse(JSON.stringify(answer)) });
    } catch (error) {
      // The test is over before its last question is answered.
      if (this.panel.page.isClosed()) return;
      const { reason, message } = error as AnswerError;
      await this.panel.send({ type: "unanswered", id, reason: reason ?? "failed", message });
    }
  }

  node(name: string): number {
    const index = this.trace.nodes.findLastIndex((each) => each.variable === name);
    if (index < 0) throw new Error(`${name} is not among ${this.trace.nodes.map(({ variable }) => variable)}`);
    return index;
  }
}
