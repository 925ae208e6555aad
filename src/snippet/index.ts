/** TypeScript text in, instrumented JavaScript out. */

import type { Span } from "./ast";
import { type Block, blocksOf } from "./blocks";
import { Context, type HelperNames } from "./context";
import { Lines } from "./lines";
import { mappingsOf, type OriginalPosition, originalFrom } from "./map";
import { ModuleRewriter, type StaticImport } from "./modules";
import { blanked, parseModule, SnippetError } from "./parse";
import { type CallPlace, type GradRead, Rewriter } from "./rewrite";
import { analyse } from "./scope";
import { select } from "./select";
import { range, type Site, SiteTable, type TextRange } from "./sites";

export { tokenAround } from "./parse";
export * as runtime from "./runtime";
export type { CallPlace, GradRead, HelperNames, Site, StaticImport, TextRange };
export { Lines, SnippetError };

export interface InstrumentOptions {
  /** Decides between TypeScript and JavaScript by its ending; need not exist. */
  path: string;
  /** UTF-16 offsets of what to run; absent or empty: the whole text. */
  selection?: Span;
  /** The number of the first captured place, so that several modules share one table. */
  firstSite?: number;
}

/** What another process needs of a {@link Snippet}, as plain data. */
export interface PackedSnippet {
  /** Line for line the text; columns map back by {@link original}. */
  code: string;
  names: HelperNames;
  sites: Site[];
  /** Functions and loops. */
  blocks: (Omit<Block, "span"> & { range: TextRange })[];
  /** What runs, in the order of the text; absent for the whole text. */
  ran?: TextRange[];
  /** Names among {@link AMBIENT} that the code uses and nobody declares. */
  ambient: string[];
  imports: StaticImport[];
  throws: Span[];
  reads: GradRead[];
  calls: CallPlace[];
  /** Of a source map. */
  mappings: string;
}

/** Instrumented code: the body of an async function that is given the names of `names` and `ambient`. */
export interface Snippet extends Omit<PackedSnippet, "mappings"> {
  lines: Lines;
  /** Where a place of the generated code comes from; all counts from 0. */
  original(line: number, column: number): OriginalPosition | undefined;
}

/** Names that need no import. */
export const AMBIENT = ["torch", "nn", "F", "optim", "plt", "require", "__filename", "__dirname"] as const;

/**
 * Instruments a program or the selected part of it; see `select.ts` for what a selection runs.
 * Throws {@link SnippetError}, with its range, for text that cannot run.
 */
export function instrument(text: string, options: InstrumentOptions): Snippet {
  const { snippet, lines, mappings } = instrumented(text, options);
  return withPlaces(snippet, lines, mappings);
}

function instrumented(text: string, { path, selection, firstSite = 0 }: InstrumentOptions) {
  const selected = selection && selection.start < selection.end ? select(text, path, selection) : undefined;
  const { body, tokens } = selected ?? parseModule(text, path);
  const analysis = analyse(body);
  const lines = new Lines(text);
  const sites = new SiteTable(text, analysis, firstSite);
  const names = helperNames(text);
  const context = new Context(text, tokens, analysis, sites, names, !/\.(?:js|mjs|cjs|jsx)$/i.test(path));

  const modules = new ModuleRewriter(context);
  modules.collectImports(body);
  const rewriter = new Rewriter(context, modules);
  const disposables = rewriter.disposables(body);
  if (selected) blankGaps(text, context, body);
  else context.blank(0, /^(?:#!.*)?/.exec(text)![0].length);
  rewriter.program(body);
  context.out.prepend((disposables?.head ?? "") + modules.header());
  context.out.append(`\n${disposables?.tail ?? ""}`);

  const snippet: Omit<PackedSnippet, "mappings"> = {
    code: context.out.toString(),
    names,
    sites: sites.finish(lines),
    blocks: blocksOf(body).map(({ span, ...block }) => ({ ...block, range: range(lines, span) })),
    ran: selected && body.map((statement) => range(lines, statement)),
    ambient: AMBIENT.filter((name) => analysis.free.has(name)),
    imports: modules.loads.map(({ specifier, start, end }) => ({ specifier, start, end })),
    calls: rewriter.calls,
    throws: rewriter.throws,
    reads: rewriter.reads,
  };
  return { snippet, lines, mappings: () => mappingsOf(context.out) };
}

/** {@link instrument}, for another process to {@link unpack}. */
export function instrumentPacked(text: string, options: InstrumentOptions): PackedSnippet {
  const { snippet, mappings } = instrumented(text, options);
  return { ...snippet, mappings: mappings() };
}

/** The snippet of `text` that another process instrumented. */
export function unpack(text: string, { mappings, ...snippet }: PackedSnippet): Snippet {
  return withPlaces(snippet, new Lines(text), () => mappings);
}

function withPlaces(snippet: Omit<PackedSnippet, "mappings">, lines: Lines, mappings: () => string): Snippet {
  let toOriginal: ReturnType<typeof originalFrom> | undefined;
  return {
    ...snippet,
    lines,
    original(line, column) {
      toOriginal ??= originalFrom(mappings());
      return toOriginal(line, column);
    },
  };
}

/** What lies between the statements that run becomes spaces: comments and what was not chosen. */
function blankGaps(text: string, context: Context, kept: readonly Span[]): void {
  let from = 0;
  for (const { start, end } of [...kept, { start: text.length, end: text.length }]) {
    const gap = text.slice(from, start);
    if (blanked(gap) !== gap) context.blank(from, start, from > 0 ? ";" : "");
    from = Math.max(from, end);
  }
}

/** Names of one prefix that the text does not contain. */
function helperNames(text: string): HelperNames {
  let prefix = "__";
  while (text.includes(prefix)) prefix += "_";
  return { capture: `${prefix}c`, captureAll: `${prefix}d`, runtime: `${prefix}g`, local: `${prefix}l` };
}
