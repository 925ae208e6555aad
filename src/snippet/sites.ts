/** The side table of captured places: what `__c(id, value)` in the generated code refers to. */
import type { Position } from "../trace/model";
import type { AstNode, Span } from "./ast";
import type { Lines } from "./lines";
import type { Analysis, Binding } from "./scope";

/** A range of one text. */
export interface TextRange {
  start: Position;
  end: Position;
}

/** A place of the program whose values are captured. */
export interface Site {
  kind: "variable" | "expression";
  /** The variable's name, or the expression's text on one line, shortened. */
  name: string;
  range: TextRange;
  /** Reads of the variable that see what was captured here. */
  uses: TextRange[];
}

const LONGEST_NAME = 60;

interface Draft extends Span {
  kind: Site["kind"];
  name: string;
  binding?: Binding;
  /** From this offset on, a read sees the value captured here. */
  holdsFrom: number;
}

/** Collects sites while the text is rewritten; ids count from `first`, so that modules share one table. */
export class SiteTable {
  private readonly drafts: Draft[] = [];

  constructor(
    private readonly text: string,
    private readonly analysis: Analysis,
    private readonly first: number,
  ) {}

  expression(node: AstNode): number {
    return this.add({
      kind: "expression",
      name: this.shortened(node),
      start: node.start,
      end: node.end,
      holdsFrom: node.end,
    });
  }

  /** A variable at its declaration or assignment. */
  variable(identifier: AstNode, holdsFrom: number): number {
    const binding = this.analysis.bindingOf.get(identifier) ?? this.analysis.referenceOf.get(identifier)?.binding;
    const { name, start } = identifier;
    return this.add({ kind: "variable", name, start, end: identifierEnd(this.text, start), binding, holdsFrom });
  }

  /** `this.weight = …` names a value as a variable does. */
  member(node: AstNode): number {
    return this.add({
      kind: "variable",
      name: this.shortened(node),
      start: node.start,
      end: node.end,
      holdsFrom: node.end,
    });
  }

  finish(lines: Lines): Site[] {
    const uses = this.uses();
    return this.drafts.map((draft) => ({
      kind: draft.kind,
      name: draft.name,
      range: range(lines, draft),
      uses: (uses.get(draft) ?? []).map((span) => range(lines, span)),
    }));
  }

  private add(draft: Draft): number {
    return this.first + this.drafts.push(draft) - 1;
  }

  /** A read belongs to the last capture of its variable before it in the text; one before all of them, to the first. */
  private uses(): Map<Draft, Span[]> {
    const byBinding = new Map<Binding, Draft[]>();
    for (const draft of this.drafts) {
      if (!draft.binding) continue;
      const known = byBinding.get(draft.binding);
      if (known) known.push(draft);
      else byBinding.set(draft.binding, [draft]);
    }
    const uses = new Map<Draft, Span[]>();
    for (const [binding, drafts] of byBinding) {
      drafts.sort((a, b) => a.holdsFrom - b.holdsFrom);
      const own = new Set(drafts.map((draft) => draft.start));
      const reads = binding.references
        .filter(({ node }) => !own.has(node.start))
        .map(({ node }) => node.start as number);
      for (const start of reads.sort((a, b) => a - b)) {
        const holder = drafts.findLast((draft) => draft.holdsFrom <= start) ?? drafts[0]!;
        const span = { start, end: identifierEnd(this.text, start) };
        const known = uses.get(holder);
        if (known) known.push(span);
        else uses.set(holder, [span]);
      }
    }
    return uses;
  }

  private shortened({ start, end }: Span): string {
    const line = this.text.slice(start, Math.min(end, start + 4 * LONGEST_NAME)).replace(/\s+/g, " ");
    return line.length > LONGEST_NAME ? `${line.slice(0, LONGEST_NAME - 1)}…` : line;
  }
}

/** Where the identifier that starts at an offset ends: a node's own end may include its type. */
export function identifierEnd(text: string, start: number): number {
  const name = /(?:[\p{ID_Continue}$_\u200c\u200d]|\\u(?:[\da-f]{4}|\{[\da-f]+\}))+/iuy;
  name.lastIndex = start;
  return name.test(text) ? name.lastIndex : start;
}

export function range(lines: Lines, { start, end }: Span): TextRange {
  return { start: lines.position(start), end: lines.position(end) };
}
