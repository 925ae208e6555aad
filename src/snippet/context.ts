/** What the passes over one text share. */
import MagicString from "magic-string";
import type { AstNode, Span } from "./ast";
import { blanked, type Token } from "./parse";
import type { Analysis } from "./scope";
import type { SiteTable } from "./sites";

/** Names of the generated code that the text itself does not use. */
export interface HelperNames {
  /** `capture(id, value)` returns the value. */
  capture: string;
  /** `captureAll(result, id, value, …)` returns the result. */
  captureAll: string;
  /** The module's {@link ModuleRuntime}: imports, exports, enums. */
  runtime: string;
  /** Prefix of local names. */
  local: string;
}

export class Context {
  readonly out: MagicString;
  private locals = 0;

  constructor(
    readonly text: string,
    private readonly tokens: readonly Token[],
    readonly analysis: Analysis,
    readonly sites: SiteTable,
    readonly names: HelperNames,
    readonly typescript: boolean,
  ) {
    this.out = new MagicString(text);
  }

  /** A fresh local name. */
  local(): string {
    return `${this.names.local}${this.locals++}`;
  }

  /** Replaces a range by spaces of the same length, line ends kept; `head` takes the place of the first of them. */
  blank(start: number, end: number, head = ""): void {
    if (start >= end) return;
    const spaces = blanked(this.text.slice(start, end));
    const firstLine = /^ */.exec(spaces)![0].length;
    this.out.update(start, end, head + spaces.slice(Math.min(head.length, firstLine)));
  }

  /** Blanks a statement or class member; the `;` keeps its neighbours from joining. */
  blankStatement({ start, end }: Span): void {
    this.blank(start, end, ";");
  }

  /** Puts text after a `{`, a directive or any other sign that ends at `offset`. */
  insertAfter(offset: number, text: string): void {
    if (text) this.out.appendLeft(offset, text);
  }

  insertBefore(offset: number, text: string): void {
    if (text) this.out.appendRight(offset, text);
  }

  /** Index of the first token that starts at or after an offset. */
  tokenFrom(offset: number): number {
    let low = 0;
    let high = this.tokens.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tokens[middle]!.start < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first token that starts at or after an offset. */
  after(offset: number): Token {
    return this.tokens[this.tokenFrom(offset)] ?? { label: "eof", start: this.text.length, end: this.text.length };
  }

  /** The last token that ends at or before an offset. */
  before(offset: number): Token {
    let index = this.tokenFrom(offset) - 1;
    while (index >= 0 && this.tokens[index]!.end > offset) index--;
    return this.tokens[index] ?? { label: "bof", start: 0, end: 0 };
  }

  /** The tokens that lie in `[start, end)`. */
  within(start: number, end: number): Token[] {
    const found: Token[] = [];
    for (let i = this.tokenFrom(start); i < this.tokens.length && this.tokens[i]!.start < end; i++)
      found.push(this.tokens[i]!);
    return found;
  }

  source({ start, end }: Span): string {
    return this.text.slice(start, end);
  }

  is(token: Token, sign: string): boolean {
    return this.text.startsWith(sign, token.start) && token.end - token.start === sign.length;
  }

  hasLineBreak(start: number, end: number): boolean {
    return /[\r\n\u2028\u2029]/.test(this.text.slice(start, end));
  }
}

/** Where the first statement of a block may be preceded by others: after `{` and the directives. */
export function bodyStart(block: AstNode, context: Context): { offset: number; separator: string } {
  const directive: AstNode | undefined = block.directives?.at(-1);
  if (directive) return { offset: directive.end, separator: ";" };
  const open = block.type === "StaticBlock" ? context.after(block.start + 1) : context.after(block.start);
  return { offset: open.end, separator: "" };
}
