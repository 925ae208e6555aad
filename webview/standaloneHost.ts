/** The host's side of the panel's protocol in a page without one; must be there before the panel starts. */
import type { PageContent } from "../src/export/html";
import type { SourceRange } from "../src/trace/model";
import { byId } from "./dom";
import type { HostToPanel, PanelToHost } from "./protocol";

/** The only run of the page. */
const RUN = 1;

export const pageContent: { content: PageContent } = {
  content: JSON.parse(byId("page-content").textContent!) as PageContent,
};

/** Where the panel's clicks lead. */
export interface SourceView {
  reveal(range: SourceRange): void;
}

class PageHost {
  private source: SourceView | null = null;

  showSource(source: SourceView): void {
    this.source = source;
  }

  /** A click into the source. */
  select(node: number): void {
    this.send({ type: "select", run: RUN, node, focus: false });
  }

  receive(message: PanelToHost): void {
    const { program, trace } = pageContent.content;
    if (message.type === "ready") this.send({ type: "trace", run: RUN, program, trace });
    else if (message.type === "ask") this.answer(message);
    else if (message.type === "save") download(message.name, message.content, message.encoding);
    else if (message.type === "reveal") {
      const { target } = message;
      const range =
        target.kind === "error"
          ? trace.error?.range
          : (target.kind === "node" ? trace.nodes : trace.figures)[target.index]?.range;
      if (range) this.source?.reveal(range);
    }
  }

  /** There is the program's text here, but no process that ran it. */
  private answer({ id, question }: Extract<PanelToHost, { type: "ask" }>): void {
    const { source } = pageContent.content;
    if (question.type === "source" && question.range.file === 0 && source !== undefined) {
      const first = Math.max(0, question.range.start.line - question.around);
      const lines = source.split(/\r\n|\r|\n/).slice(first, question.range.end.line + question.around + 1);
      this.send({ type: "answer", id, answer: { first, lines } });
    } else {
      const message = "This page shows a finished run; open its program in VS Code to ask for more.";
      this.send({ type: "unanswered", id, reason: "gone", message });
    }
  }

  private send(data: HostToPanel): void {
    setTimeout(() => window.dispatchEvent(new MessageEvent("message", { data })));
  }
}

export const pageHost = new PageHost();

function download(name: string, content: string, encoding: "utf8" | "base64"): void {
  const bytes =
    encoding === "utf8"
      ? new TextEncoder().encode(content)
      : Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

let state: unknown = pageContent.content.state;
Object.assign(window, {
  acquireVsCodeApi: () => ({
    postMessage: (message: PanelToHost) => pageHost.receive(message),
    getState: () => state,
    setState: (next: unknown) => {
      state = next;
    },
  }),
});

/** Follows the reader's light or dark and contrast preference, as VS Code would mark it. */
const [dark, contrast] = [matchMedia("(prefers-color-scheme: dark)"), matchMedia("(prefers-contrast: more)")];
function markTheme(): void {
  const kind = contrast.matches
    ? dark.matches
      ? "vscode-high-contrast"
      : "vscode-high-contrast vscode-high-contrast-light"
    : dark.matches
      ? "vscode-dark"
      : "vscode-light";
  document.body.className = kind;
}
markTheme();
for (const query of [dark, contrast]) query.addEventListener("change", markTheme);
