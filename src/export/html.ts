/** The panel itself as one file: its own code, the trace inside, nothing from elsewhere. */
import type { Trace } from "../trace/model";

/** The files of `dist/standalone`. */
export interface PageParts {
  /** The panel's elements. */
  main: string;
  script: string;
  style: string;
  layoutWorker: string;
  /** Draws figures; left out of a page that has none. */
  vega: string;
}

/** What the page shows. */
export interface PageContent {
  program: string;
  trace: Omit<Trace, "console">;
  /** The program's text, shown beside the graph. */
  source?: string | undefined;
  /** The panel's own memory: selection, what is collapsed, what part is in sight. */
  state?: unknown;
}

/** Files of `dist/standalone`, in the order that {@link partsOf} takes their texts. */
export const PAGE_FILES = ["main.js", "main.css", "layoutWorker.js", "vega.js"] as const;

export function partsOf(main: string, texts: readonly string[]): PageParts {
  const [script, style, layoutWorker, vega] = texts;
  return { main, script: script!, style: style!, layoutWorker: layoutWorker!, vega: vega! };
}

/** A page that a browser may run nothing in but its own scripts, which carry `nonce`. */
export function toHtml(content: PageContent, parts: PageParts, nonce: string): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src data: blob:",
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const scripts = content.trace.figures.length > 0 ? [parts.vega, parts.script] : [parts.script];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Gradlens">
<title>${escapeHtml(content.program)}: grad_fn graph</title>
<style nonce="${nonce}" id="__________cytoscape_stylesheet">.__________cytoscape_container { position: relative; }</style>
<style nonce="${nonce}">${inStyle(parts.style)}</style>
</head>
<body class="vscode-light" data-state="empty" data-place="page">
${parts.main}
<script type="application/json" id="page-content">${JSON.stringify(content).replace(/</g, "\\u003c")}</script>
<script type="text/plain" id="layout-worker">${inScript(parts.layoutWorker)}</script>
${scripts.map((script) => `<script nonce="${nonce}">${inScript(script)}</script>`).join("\n")}
</body>
</html>
`;
}

/** JavaScript that no HTML parser takes for its end: these characters stand in its strings, templates and regular expressions. */
function inScript(text: string): string {
  return text.replace(/<(?=\/script|!--)/gi, "\\u003c");
}

function inStyle(css: string): string {
  return css.replace(/<\/(?=style)/gi, "<\\/");
}

function escapeHtml(text: string): string {
  return text.replace(/[^\t\n\r\P{Cc}]/gu, "").replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
