/** *Why is this gradient null?* on a tensor that has none. */
import * as vscode from "vscode";
import { whyNull } from "../analysis";
import type { NullGradient } from "../trace/facts";
import type { SourceRange } from "../trace/model";
import { SELECTOR } from "./documents";
import { pageOf } from "./findings";
import { inlineCode } from "./hoverText";
import { contains, isInside } from "./places";
import type { Part, Session } from "./session";

export function registerWhyHovers(session: Session, extensionUri: vscode.Uri): vscode.Disposable {
  return vscode.languages.registerHoverProvider(SELECTOR, {
    provideHover(document, position) {
      const part = session.part(document.uri);
      const why = part && factAt(session, part, position);
      if (!why) return undefined;
      const { code, because, todo } = whyNull(why);
      const page = pageOf(extensionUri, code);
      const text = `**Why is its gradient null?** ${escaped(because)}. ${escaped(todo)} [${code}](${page.toString()})`;
      return new vscode.Hover(new vscode.MarkdownString(text));
    },
  });
}

/** Of the innermost captured place under the pointer, if what it holds has no gradient and might have had one. */
function factAt(session: Session, { run, file }: Part, { line, character }: vscode.Position): NullGradient | undefined {
  const { captures = [], facts } = run.trace ?? {};
  let best: { range: SourceRange; why: NullGradient | undefined } | undefined;
  const whys = new Map(facts?.captures.map(({ capture, why }) => [capture, why]));
  for (const [index, { range, uses, last }] of captures.entries()) {
    if (last.kind !== "tensor") continue;
    for (const original of [range, ...(uses ?? [])]) {
      const at = original.file === file ? session.at(run, original) : undefined;
      if (!at || !contains(at, { line, column: character })) continue;
      if (!best || isInside(at, best.range)) best = { range: at, why: whys.get(index) };
    }
  }
  const why = best?.why;
  return why && (why.requires_grad || why.cut || why.backwards > 0) ? why : undefined;
}

/** Code in quotes becomes code; nothing else of it is markup. */
function escaped(text: string): string {
  return text
    .split(/'([^']*)'/)
    .map((part, i) => (i % 2 === 1 ? inlineCode(part) : part.replace(/[\\`*_{}[\]()#+!<>|~-]/g, "\\$&")))
    .join("");
}
