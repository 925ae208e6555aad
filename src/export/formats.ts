/** What the graph can be saved as. */

export interface FormatInfo {
  /** How a file of it ends, without the dot. */
  ending: string;
  title: string;
  detail: string;
}

export const FORMATS = {
  svg: { ending: "svg", title: "SVG", detail: "A picture that stays sharp at any size" },
  png: { ending: "png", title: "PNG", detail: "A picture made of pixels" },
  html: {
    ending: "html",
    title: "HTML",
    detail: "The interactive panel in one file, for any browser, without a network",
  },
  dot: { ending: "dot", title: "DOT", detail: "For Graphviz" },
  mermaid: { ending: "mmd", title: "Mermaid", detail: "For Markdown and wikis" },
  json: { ending: "json", title: "JSON", detail: "Nodes, edges and their places" },
} as const satisfies Record<string, FormatInfo>;

export type ExportFormat = keyof typeof FORMATS;
export const EXPORT_FORMATS = Object.keys(FORMATS) as ExportFormat[];

/** The format of a file by its ending; undefined for any other. */
export function formatOf(path: string): ExportFormat | undefined {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  return EXPORT_FORMATS.find((format) => FORMATS[format].ending === ending);
}
