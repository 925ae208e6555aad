/** What an analysis says: plain data, for the editor and the command line alike. */
import type { SourceRange } from "../trace/model";

export const CODES = [
  "grad-not-leaf",
  "grad-not-required",
  "grad-detached",
  "grad-no-grad",
  "grad-integer",
  "grad-unreached",
  "grad-no-backward",
  "nan-origin",
  "vanishing",
  "exploding",
  "dead-relu",
  "saturated",
  "accumulated-grad",
  "inplace-on-saved",
  "graph-kept",
] as const;

export type Code = (typeof CODES)[number];

export interface Finding {
  /** One of {@link CODES}; of an error without a known cause, the error's class. */
  code: Code | (string & {});
  severity: "warning" | "error";
  /** What, where, why, and what to do. */
  message: string;
  /** The statement at fault; absent where the program's text does not show it. */
  range?: SourceRange;
  related: { range: SourceRange; message: string }[];
  fixes: Fix[];
}

/** A change that a person may choose to make. */
export interface Fix {
  title: string;
  edit: Edit;
}

/**
 * Where a text goes, seen from a range of the program. `after`, `before`: a statement of its own around the one at the range;
 * `end`: right behind it; `operand`: behind what the call at the range works on (`p` of `torch.log(p)` and of `p.log()`);
 * `option`: into the call's trailing object; `unlink`: without the last link of the chain, a call of
 * the name `text`.
 */
export interface Edit {
  place: "after" | "before" | "end" | "operand" | "option" | "unlink";
  range: SourceRange;
  text: string;
}

export function isCode(code: string): code is Code {
  return (CODES as readonly string[]).includes(code);
}
