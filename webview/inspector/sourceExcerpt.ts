/** The lines that made the node, as they ran; a click leads there. */
import type { SourceRange } from "../../src/trace/model";
import type { Ask } from "../asker";
import { element } from "../dom";

const AROUND = 1;

export function sourceExcerpt(range: SourceRange, label: string, ask: Ask, open: () => void): HTMLElement {
  const button = element("button", { class: "excerpt", title: `Go to ${label}`, hidden: "" });
  button.addEventListener("click", open);
  ask({ type: "source", range, around: AROUND }).then(
    ({ first, lines }) => {
      const indent = Math.min(
        ...lines.filter((text) => text.trim() !== "").map((text) => text.length - text.trimStart().length),
      );
      button.append(
        ...lines.map((text, i) => {
          const number = first + i;
          const row = element("span", { class: "excerpt-line" }, [
            element("span", { class: "line-number" }, [String(number + 1)]),
            ...marked(text, number, range, Number.isFinite(indent) ? indent : 0),
          ]);
          return row;
        }),
      );
      button.hidden = lines.length === 0;
    },
    // Without its text the link to the source remains.
    () => button.remove(),
  );
  return button;
}

/** The part of a line that the range covers, marked. */
function marked(text: string, line: number, { start, end }: SourceRange, indent: number): (HTMLElement | string)[] {
  if (line < start.line || line > end.line) return [text.slice(indent)];
  const from = Math.max(indent, line === start.line ? start.column : indent);
  const to = line === end.line ? end.column : text.length;
  return [text.slice(indent, from), element("mark", {}, [text.slice(from, to)]), text.slice(to)];
}
