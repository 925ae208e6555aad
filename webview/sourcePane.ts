/** The program beside its graph, in a page without an editor: a click on a node marks its code, a click on a line its node. */
import type { SourceRange, Trace } from "../src/trace/model";
import { byId, element } from "./dom";
import type { SourceView } from "./standaloneHost";

export class SourcePane implements SourceView {
  private readonly lines: HTMLElement[];

  constructor(
    source: string,
    private readonly trace: Pick<Trace, "nodes">,
    private readonly panel: { select(node: number): void },
  ) {
    const texts = source.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
    this.lines = texts.map((text) => element("code", {}, [text]));
    const pane = element("section", { id: "source-pane", "aria-label": "Program", tabindex: "0" }, [
      element(
        "ol",
        {},
        this.lines.map((line) => element("li", {}, [line])),
      ),
    ]);
    pane.addEventListener("click", (event) => {
      const line = this.lines.findIndex((code) => code.parentElement!.contains(event.target as Node));
      if (line >= 0) this.pick(line);
    });
    byId("app").before(pane);
    document.body.dataset.source = "true";
  }

  reveal(range: SourceRange): void {
    if (range.file !== 0) return;
    for (const mark of document.querySelectorAll("#source-pane mark")) mark.replaceWith(...mark.childNodes);
    for (const line of this.lines) line.normalize();
    const { start, end } = range;
    for (let i = start.line; i <= end.line && i < this.lines.length; i++) {
      const line = this.lines[i]!;
      const text = line.textContent!;
      const from = i === start.line ? start.column : text.length - text.trimStart().length;
      const to = i === end.line ? end.column : text.length;
      line.replaceChildren(text.slice(0, from), element("mark", {}, [text.slice(from, to)]), text.slice(to));
    }
    this.lines[start.line]?.scrollIntoView({ block: "nearest" });
  }

  /** The last node that a line made: its result. */
  private pick(line: number): void {
    const { nodes } = this.trace;
    let best = -1;
    for (const [index, { range, sequence }] of nodes.entries()) {
      if (range?.file !== 0 || range.start.line !== line) continue;
      if (best < 0 || sequence > nodes[best]!.sequence) best = index;
    }
    const range = nodes[best]?.range;
    if (!range) return;
    this.panel.select(best);
    this.reveal(range);
  }
}
